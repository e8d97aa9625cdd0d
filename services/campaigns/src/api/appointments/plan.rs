//! `GET /v1/appointments/{id}/plan`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::AppointmentId;
use contract::accounts::Caller;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{self, Reminder};
use crate::app::App;
use crate::appointment::combine::{Item, leaders};
use crate::appointment::model::{
    Appointment, Reminder as Row, ReminderState, Telling, TellingKind, TellingState,
};
use crate::appointment::read::Ref;
use crate::appointment::rules::Combine;
use crate::db;

/// Every reminder with its time and the reason for it, and what the person was told.
#[derive(Debug, Serialize, ToSchema)]
pub struct Plan {
    #[schema(value_type = String)]
    pub id: AppointmentId,
    pub version: u32,
    pub starts_at: view::Local,
    /// Of this version.
    pub reminders: Vec<Reminder>,
    /// Of versions before: what of them was sent, and what was superseded.
    pub former: Vec<Reminder>,
    /// Texts about it, the first first.
    pub told: Vec<Told>,
}

/// What a text told.
#[derive(Debug, Serialize, ToSchema)]
pub struct Told {
    /// `GET /v1/messages/{id}`.
    pub message: String,
    pub kind: TellingKind,
    pub state: TellingState,
    pub version: u32,
    /// The start that it named.
    pub starts_at: view::Local,
}

/// Why each reminder is due when it is, or is not.
#[utoipa::path(get, path = "/v1/appointments/{id}/plan", tag = "appointments",
    params(("id" = String, Path, description = "`apt_…` or `ext:…`")),
    responses((status = 200, body = Plan), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(target): PathId<Ref>,
) -> Result<Json<Plan>, Problem> {
    let of = view::get(&app, caller, &target).await?;
    let read = app.cx.db.read();
    let rows = db::reminder::of_appointment(read, of.id).await?;
    let (mut current, former): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| row.version == of.version);
    foretell(&app, caller, &of, &mut current).await?;
    let tellings = db::telling::of_appointment(read, of.id).await?;
    let shown = |rows: Vec<Row>| {
        rows.into_iter()
            .map(|row| view::reminder(&of, row))
            .collect()
    };
    Ok(Json(Plan {
        id: of.id,
        version: of.version,
        starts_at: local(of.agreed.local, of.agreed.timezone.name()),
        reminders: shown(current),
        former: shown(former),
        told: tellings.iter().map(|telling| told(telling, &of)).collect(),
    }))
}

fn local(at: chrono::NaiveDateTime, timezone: &str) -> view::Local {
    view::Local {
        local: at.format(crate::appointment::model::LOCAL).to_string(),
        timezone: timezone.to_string(),
    }
}

fn told(telling: &Telling, of: &Appointment) -> Told {
    Told {
        message: telling.message.to_string(),
        kind: telling.kind,
        state: telling.state,
        version: telling.version,
        starts_at: local(telling.local, of.agreed.timezone.name()),
    }
}

/// Names the appointment whose text will speak for a planned reminder, as things stand now.
async fn foretell(
    app: &App,
    caller: Caller,
    of: &Appointment,
    rows: &mut [Row],
) -> Result<(), Problem> {
    let read = app.cx.db.read();
    let rules = db::reminder_plan::rules(read, of.plan, of.plan_version).await?;
    if rules.combine == Combine::None || !of.is_open(app.cx.clock.millis()) {
        return Ok(());
    }
    let (now, contact) = (app.cx.clock.millis(), of.agreed.contact);
    let theirs =
        db::appointment::of_contact(read, caller.tenant, caller.mode, contact, now).await?;
    let mut planned: Vec<(Appointment, Row)> = Vec::new();
    for other in theirs.into_iter().filter(|other| other.plan == of.plan) {
        for row in db::reminder::of_appointment(read, other.id).await? {
            if row.version == other.version && row.state == ReminderState::Planned {
                planned.push((other.clone(), row));
            }
        }
    }
    let items: Vec<Item<'_>> = planned
        .iter()
        .map(|(one, row)| Item {
            day: one.agreed.local.date(),
            location: &one.agreed.location,
            step: &row.step,
            starts: one.starts_at.to_utc(),
            due: row.due_at.unwrap_or(one.starts_at).to_utc(),
        })
        .collect();
    for (leader, (one, planned_row)) in leaders(&items).into_iter().zip(&planned) {
        let Some((first, _)) = planned.get(leader) else {
            continue;
        };
        if one.id == of.id && first.id != of.id {
            let own = rows.iter_mut().find(|row| row.step == planned_row.step);
            if let Some(own) = own {
                own.with = Some(first.id);
            }
        }
    }
    Ok(())
}

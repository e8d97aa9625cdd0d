//! What appointments look like on the wire.

use chassis::http::Problem;
use chrono::{DateTime, Utc};
use contract::accounts::Caller;
use contract::{AppointmentId, ContactId, MessageId, ReminderPlanId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::appointment::change::{self, Effect, NoticeDecision};
use crate::appointment::combine::is_twin;
use crate::appointment::model::{
    Appointment as Row, Attention, Confirmation, LOCAL, Reminder as ReminderRow, ReminderState,
    Status, Telling,
};
use crate::appointment::read::Ref;
use crate::db;
use crate::schedule::zone;

#[derive(Debug, Serialize, ToSchema)]
pub struct Appointment {
    #[schema(value_type = String)]
    pub id: AppointmentId,
    pub external_id: Option<String>,
    pub source_version: Option<i64>,
    /// Grows with each change of what is agreed.
    pub version: u32,
    #[schema(value_type = String)]
    pub contact: ContactId,
    pub starts_at: Local,
    /// The instant, by the zone data in use.
    pub starts_at_utc: DateTime<Utc>,
    pub duration_minutes: Option<u32>,
    pub subject: String,
    pub location: String,
    pub for_person: String,
    pub status: Status,
    pub confirmation: Confirmation,
    pub confirmed_version: Option<u32>,
    pub confirmed_at: Option<DateTime<Utc>>,
    /// What the confirmation answered: the step of a reminder, `moved`, `desk` or `journey`.
    pub confirmed_by: Option<String>,
    /// How often its time or place was changed.
    pub moves: u32,
    /// What a human is wanted for, and why.
    pub attention: Option<Attention>,
    pub attention_reason: Option<String>,
    /// When it is decided whether the person gets a notice of a change.
    pub notice_at: Option<DateTime<Utc>>,
    #[schema(value_type = Option<String>)]
    pub replaced_by: Option<AppointmentId>,
    #[schema(value_type = String)]
    pub reminder_plan: ReminderPlanId,
    pub reminder_plan_version: u32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A time on the clocks of a zone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Local {
    pub local: String,
    pub timezone: String,
}

impl From<Row> for Appointment {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            external_id: row.external_id,
            source_version: row.source_version,
            version: row.version,
            contact: row.agreed.contact,
            starts_at: Local {
                local: row.agreed.local.format(LOCAL).to_string(),
                timezone: row.agreed.timezone.name().to_string(),
            },
            starts_at_utc: row.starts_at.to_utc(),
            duration_minutes: row.agreed.minutes,
            subject: row.agreed.subject,
            location: row.agreed.location,
            for_person: row.agreed.for_person,
            status: row.status,
            confirmation: row.confirmation,
            confirmed_version: row.confirmed_version,
            confirmed_at: row.confirmed_at.map(UnixMillis::to_utc),
            confirmed_by: row.confirmed_by,
            moves: row.moves,
            attention: row.attention,
            attention_reason: row.attention_reason,
            notice_at: row.notice_at.map(UnixMillis::to_utc),
            replaced_by: row.replaced_by,
            reminder_plan: row.plan,
            reminder_plan_version: row.plan_version,
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}

/// One step of the plan, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reminder {
    pub step: String,
    /// The version of the appointment that it reminds of.
    pub version: u32,
    /// When it is due; absent where it is skipped.
    pub at: Option<DateTime<Utc>>,
    /// The same on the contact's clock.
    pub local: Option<Local>,
    /// What the offset alone says.
    pub target: DateTime<Utc>,
    pub state: ReminderState,
    /// Why it is due when it is, or why it is not; `docs/reasons.md` has them all.
    pub reason: String,
    /// Its text: `GET /v1/messages/{id}`.
    #[schema(value_type = Option<String>)]
    pub message: Option<MessageId>,
    /// The appointment with which it shares a text.
    #[schema(value_type = Option<String>)]
    pub combined_with: Option<AppointmentId>,
}

pub fn reminder(of: &Row, row: ReminderRow) -> Reminder {
    let zone = of.quiet_zone();
    let at = row.due_at.map(UnixMillis::to_utc);
    Reminder {
        step: row.step,
        version: row.version,
        at,
        local: at.map(|at| Local {
            local: zone::local(at, zone).format(LOCAL).to_string(),
            timezone: zone.name().to_string(),
        }),
        target: row.target_at.to_utc(),
        state: row.state,
        reason: row.reason,
        message: row.message,
        combined_with: row.with,
    }
}

/// What a request came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changed {
    #[schema(value_type = String)]
    pub id: AppointmentId,
    pub version: u32,
    pub effect: Effect,
    pub notice: NoticeDecision,
    pub notice_at: Option<DateTime<Utc>>,
    /// Another appointment of the contact is the same under another id: the same time, place, subject, person and plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub possible_duplicate: Option<AppointmentId>,
    pub appointment: Appointment,
    /// The reminders of this version.
    pub plan: Vec<Reminder>,
}

/// The answer to a request that did this.
pub async fn changed(app: &App, effect: Effect, row: Row) -> Result<Changed, Problem> {
    let (read, now) = (app.cx.db.read(), app.cx.clock.millis());
    let tellings = db::telling::of_appointment(read, row.id).await?;
    let plan = db::reminder::of_appointment(read, row.id)
        .await?
        .into_iter()
        .filter(|reminder| reminder.version == row.version)
        .map(|reminder| self::reminder(&row, reminder))
        .collect();
    let contact = row.agreed.contact;
    let others = db::appointment::of_contact(read, row.tenant, row.mode, contact, now).await?;
    let twin = |other: &&Row| is_twin(&row, other);
    let open = row.status == Status::Scheduled;
    Ok(Changed {
        id: row.id,
        version: row.version,
        effect,
        notice: notice(&row, &tellings, now),
        notice_at: row.notice_at.map(UnixMillis::to_utc),
        possible_duplicate: others
            .iter()
            .find(twin)
            .filter(|_| open)
            .map(|other| other.id),
        plan,
        appointment: row.into(),
    })
}

fn notice(row: &Row, tellings: &[Telling], now: UnixMillis) -> NoticeDecision {
    match (change::decision(row, tellings, now), row.notice_at) {
        (NoticeDecision::NotNeeded, _) => NoticeDecision::NotNeeded,
        // One that was decided on has a time; without one there are no words for it, or it has been sent.
        (_, None) if row.attention_reason.as_deref() == Some("no_template") => {
            NoticeDecision::NoTemplate
        }
        (_, None) => NoticeDecision::NotNeeded,
        (decision, Some(_)) => decision,
    }
}

pub async fn find(app: &App, caller: Caller, target: &Ref) -> Result<Option<Row>, Problem> {
    let (read, tenant, mode) = (app.cx.db.read(), caller.tenant, caller.mode);
    let found = match target {
        Ref::Id(id) => db::appointment::by_id(read, tenant, mode, *id).await?,
        Ref::ExternalId(id) => db::appointment::by_external_id(read, tenant, mode, id).await?,
    };
    Ok(found)
}

pub async fn get(app: &App, caller: Caller, target: &Ref) -> Result<Row, Problem> {
    find(app, caller, target)
        .await?
        .ok_or_else(|| Problem::not_found("appointment"))
}

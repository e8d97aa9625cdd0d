//! `POST /v1/appointments/import`

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::cancel;
use super::prepare::{Ready, prepare};
use super::write::carry_out;
use crate::app::App;
use crate::appointment::change::Effect;
use crate::appointment::faults::Faults;
use crate::appointment::put::Request;
use crate::appointment::sheet::{self, Line};

/// Faults told in one answer.
const MOST_FAULTS: usize = 100;
/// Appointments in one transaction.
const AT_ONCE: usize = 100;

/// What an import came to.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Imported {
    pub lines: usize,
    pub scheduled: usize,
    pub rescheduled: usize,
    pub updated: usize,
    pub cancelled: usize,
    pub unchanged: usize,
    pub ignored_stale: usize,
}

impl Imported {
    fn add(&mut self, effect: Effect) {
        *match effect {
            Effect::Scheduled => &mut self.scheduled,
            Effect::Rescheduled => &mut self.rescheduled,
            Effect::Updated => &mut self.updated,
            Effect::Unchanged => &mut self.unchanged,
            Effect::IgnoredStale => &mut self.ignored_stale,
            Effect::Cancelled => &mut self.cancelled,
        } += 1;
    }
}

/// Makes, moves and cancels appointments from CSV with a header: `external_id`, `contact`, `starts_at` (local),
/// `timezone`, and if wanted `duration`, `subject`, `location`, `for_person`, `source_version`, `replaces`,
/// `reminder_plan`, `status`. If a line cannot be taken, none is. Sending the same file again changes nothing.
#[utoipa::path(post, path = "/v1/appointments/import", tag = "appointments",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), (status = 422, description = "appointment.import")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<Json<Imported>, Problem> {
    let lines = sheet::read(&body).map_err(|faults| refused(&faults))?;
    let (gone, lines): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| line.cancelled);
    let asked: Vec<_> = lines
        .iter()
        .map(|line| (line.target.clone(), line.body.clone()))
        .collect();
    let mut imported = Imported {
        lines: lines.len() + gone.len(),
        ..Imported::default()
    };
    let (mut faults, mut requests): (Faults, Vec<Request>) = (Faults::default(), Vec::new());
    let prepared = prepare(&app, caller, &asked).await?;
    for (line, ready) in lines.iter().zip(prepared) {
        match ready {
            Err(of_body) => faults.0.extend(sheet::of_line(line.number, of_body).0),
            Ok(Ready::Nothing(effect, _)) => imported.add(effect),
            Ok(Ready::Do(request)) => requests.push(*request),
        }
    }
    if !faults.0.is_empty() {
        return Err(refused(&faults));
    }
    // From here on each line is made whole or not at all; after a failure the same file goes on where it ended.
    while !requests.is_empty() {
        let rest = requests.split_off(requests.len().min(AT_ONCE));
        for done in carry_out(&app, requests).await? {
            imported.add(done.effect);
        }
        requests = rest;
    }
    for line in gone {
        imported.add(cancel::by_source(&app, caller, line.target, line.body.source_version).await?);
    }
    Ok(Json(imported))
}

fn refused(faults: &Faults) -> Problem {
    let detail = format!(
        "{} faults; nothing was imported, errors[] names line and column of the first {MOST_FAULTS}",
        faults.0.len()
    );
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let problem = Problem::new(status, "appointment.import", detail);
    faults
        .0
        .iter()
        .take(MOST_FAULTS)
        .fold(problem, |problem, fault| {
            problem.error(&fault.pointer, fault.code, fault.detail.clone())
        })
}

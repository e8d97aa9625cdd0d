//! `POST /v1/appointments/import`

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Params, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::cancel;
use super::prepare::{Ready, prepare};
use super::write::carry_out;
use crate::app::App;
use crate::appointment::change::Effect;
use crate::appointment::faults::{Fault, Faults};
use crate::appointment::put::{Done, Request};
use crate::appointment::sheet::{self, Line};

/// Faults told in one answer.
const MOST_FAULTS: usize = 500;
/// Appointments in one transaction.
const AT_ONCE: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// If a line cannot be taken, none is.
    #[serde(default)]
    pub strict: bool,
}

/// What an import came to.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Imported {
    /// Without the header.
    pub lines: usize,
    pub scheduled: usize,
    pub rescheduled: usize,
    pub updated: usize,
    pub cancelled: usize,
    pub unchanged: usize,
    pub ignored_stale: usize,
    /// Lines that do not count, because a later one is about the same appointment.
    pub repeated: usize,
    /// Lines that were not taken; `errors` says why.
    pub rejected: usize,
    /// The first 500 faults.
    pub errors: Vec<LineFault>,
}

/// One fault of a line.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineFault {
    /// In the file; the header is line 1.
    pub line: u64,
    /// Absent where it is about the whole line.
    pub column: Option<String>,
    pub code: &'static str,
    /// What is wrong, and how to mend it.
    pub detail: String,
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

    /// Tells of lines that were not taken, in the order of the file.
    fn reject(&mut self, faults: Faults) {
        let mut of_lines: Vec<LineFault> = faults.0.into_iter().map(line_fault).collect();
        of_lines.sort_by_key(|fault| fault.line);
        let lines: BTreeSet<u64> = of_lines.iter().map(|fault| fault.line).collect();
        self.rejected = lines.len();
        of_lines.truncate(MOST_FAULTS);
        self.errors = of_lines;
    }
}

/// From `/3/timezone` to line and column.
fn line_fault(fault: Fault) -> LineFault {
    let mut parts = fault.pointer.trim_start_matches('/').splitn(2, '/');
    let line = parts.next().and_then(|line| line.parse().ok());
    LineFault {
        line: line.unwrap_or_default(),
        column: parts.next().map(str::to_string),
        code: fault.code,
        detail: fault.detail,
    }
}

/// Makes, moves and cancels appointments from CSV with a header: `external_id`, `contact`, `starts_at` (local),
/// `timezone`, and if wanted `duration`, `subject`, `location`, `for_person`, `source_version`, `replaces`,
/// `reminder_plan`, `status`. Lines that cannot be taken are told in `errors`; the others are. Sending the same file again
/// changes nothing.
#[utoipa::path(post, path = "/v1/appointments/import", tag = "appointments", params(Asked),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), (status = 400, description = "query.invalid"),
        (status = 422, description = "appointment.import")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(asked): Params<Asked>,
    body: Bytes,
) -> Result<Json<Imported>, Problem> {
    let sheet = sheet::read(&body).map_err(|faults| refused(&faults))?;
    let mut faults = sheet.faults;
    if asked.strict {
        for (line, counts) in &sheet.repeated {
            let detail = format!("Line {counts} is about the same appointment.");
            faults.add(format!("/{line}/external_id"), "import.repeated", detail);
        }
    }
    let (gone, lines): (Vec<Line>, Vec<Line>) =
        sheet.lines.into_iter().partition(|line| line.cancelled);
    let named: Vec<_> = lines
        .iter()
        .map(|line| (line.target.clone(), line.body.clone()))
        .collect();
    let mut imported = Imported {
        lines: sheet.count,
        repeated: sheet.repeated.len(),
        ..Imported::default()
    };
    let mut requests: Vec<(u64, Request)> = Vec::new();
    let prepared = prepare(&app, caller, &named).await?;
    for (line, ready) in lines.iter().zip(prepared) {
        match ready {
            Err(of_body) => faults.0.extend(sheet::of_line(line.number, of_body).0),
            Ok(Ready::NoSuch) => {
                let place = format!("/{}/external_id", line.number);
                let detail = "There is no such appointment; your own id makes a new one.";
                faults.add(place, "appointment.unknown", detail);
            }
            Ok(Ready::Nothing(effect, _)) => imported.add(effect),
            Ok(Ready::Do(request)) => requests.push((line.number, *request)),
        }
    }
    if asked.strict && !faults.0.is_empty() {
        return Err(refused(&faults));
    }
    // From here on each line is made whole or not at all; after a failure the same file goes on where it ended.
    while !requests.is_empty() {
        let rest = requests.split_off(requests.len().min(AT_ONCE));
        for done in some(&app, requests, asked.strict, &mut faults).await? {
            imported.add(done.effect);
        }
        requests = rest;
    }
    for line in gone {
        imported.add(cancel::by_source(&app, caller, line.target, line.body.source_version).await?);
    }
    imported.reject(faults);
    Ok(Json(imported))
}

/// Together, or each alone where somebody else has changed one of them just now.
async fn some(
    app: &App,
    requests: Vec<(u64, Request)>,
    strict: bool,
    faults: &mut Faults,
) -> Result<Vec<Done>, Problem> {
    let all = requests.iter().map(|(_, request)| request.clone());
    match carry_out(app, all.collect()).await {
        Err(problem) if problem.status() == StatusCode::CONFLICT && !strict => {}
        done => return done,
    }
    let mut done = Vec::with_capacity(requests.len());
    for (number, request) in requests {
        match carry_out(app, vec![request]).await {
            Ok(one) => done.extend(one),
            Err(problem) if problem.status() == StatusCode::CONFLICT => {
                let detail = "Somebody else changed it just now; send the file again.";
                faults.add(format!("/{number}"), "appointment.changed", detail);
            }
            Err(problem) => return Err(problem),
        }
    }
    Ok(done)
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

//! `POST /v1/consents/import`: opt-ins and opt-outs from elsewhere, as CSV with columns of evidence.

use std::sync::Arc;

use ahash::AHashMap;
use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Problem};
use chrono::{DateTime, Utc};
use contract::Mode;
use sha2::{Digest, Sha256};

use super::csv_body::{CsvBody, Imported, Row, Rows};
use super::intake::{self, Evidence, Fault, NewAction, NewConsent};
use crate::app::App;
use crate::record::{NewEntry, Recorded, record};
use crate::standing::Action;

const COLUMNS: &[&str] = &[
    "phone",
    "action",
    "programme",
    "level",
    "purpose",
    "method",
    "at",
    "expires_at",
    "basis",
    "disclosure_text",
    "source",
    "form_url",
    "ip",
    "user_agent",
    "language",
    "affirmative_action",
    "actor",
    "reference",
    "note",
];

/// Import consents with their evidence. The same file again records nothing twice; a row that is refused keeps
/// no other from being recorded.
#[utoipa::path(post, path = "/v1/consents/import", tag = "consent",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), (status = 422, description = "import.*")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    body: CsvBody,
) -> Result<Json<Imported>, Problem> {
    let mut rows = Rows::open(body, COLUMNS)?;
    let mut told = Imported::default();
    while let Some(judged) = rows.judge(&mut told, |row| entry(&app, row, caller.mode)) {
        let (lines, entries): (Vec<u64>, Vec<_>) = judged.into_iter().unzip();
        let shared = app.clone();
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { record(&shared, tx, caller.tenant, &entries).await })
        });
        for (line, recorded) in lines.into_iter().zip(write.await?) {
            match recorded {
                Recorded::Added(_) => told.recorded += 1,
                Recorded::Already(_) => told.already += 1,
                Recorded::Refused(refused) => told.reject(line, refused.into()),
            }
        }
        app.opt_out_recorded();
    }
    told.answer()
}

fn entry(app: &App, row: &Row, mode: Mode) -> Result<NewEntry, Fault> {
    let now = app.cx.clock.millis().0;
    let mut entry = intake::entry(app, &consent(row)?, &AHashMap::new(), mode, now)?;
    if entry.change.action == Action::OptIn {
        entry.change.action = Action::Import;
    }
    Ok(entry)
}

fn consent(row: &Row) -> Result<NewConsent, Fault> {
    let action = match row.get("action") {
        Some("opt_in") => NewAction::OptIn,
        Some("opt_out") => NewAction::OptOut,
        Some(_) => {
            let detail = "an action is opt_in or opt_out";
            return Err(Fault::new("field.invalid", "/action", detail));
        }
        None => {
            let detail = "say opt_in or opt_out";
            return Err(Fault::new("field.required", "/action", detail));
        }
    };
    let evidence = Evidence {
        disclosure_text: row.owned("disclosure_text"),
        source: row.owned("source"),
        ip: row.owned("ip"),
        user_agent: row.owned("user_agent"),
        form_url: row.owned("form_url"),
        language: row.owned("language"),
        affirmative_action: row.owned("affirmative_action"),
        actor: row.owned("actor"),
        note: row.owned("note"),
        ..Evidence::default()
    };
    Ok(NewConsent {
        phone: Some(row.owned("phone").unwrap_or_default()),
        contact: None,
        action,
        programme: row.owned("programme"),
        scope: None,
        level: row.owned("level"),
        purpose: row.owned("purpose"),
        channel: None,
        method: row.owned("method"),
        at: instant(row, "at", "/at")?,
        expires_at: instant(row, "expires_at", "/expires_at")?,
        basis: row.owned("basis"),
        double_opt_in: false,
        sender: None,
        reference: Some(row.owned("reference").unwrap_or_else(|| by_content(row))),
        evidence: Some(evidence),
    })
}

fn instant(row: &Row, column: &str, pointer: &'static str) -> Result<Option<DateTime<Utc>>, Fault> {
    let parsed = row
        .get(column)
        .map(DateTime::parse_from_rfc3339)
        .transpose();
    parsed.map(|at| at.map(Into::into)).map_err(|_| {
        let detail = "not an instant such as 2026-11-20T15:02:11Z";
        Fault::new("field.invalid", pointer, detail)
    })
}

/// A reference for a row without one: the same content is the same act.
fn by_content(row: &Row) -> String {
    let mut cells: Vec<_> = row.cells().to_vec();
    cells.sort_unstable();
    let mut hash = Sha256::new();
    for (name, text) in cells {
        hash.update(format!("{name}\0{text}\0"));
    }
    format!("row {}", hex::encode(hash.finalize()))
}

//! `POST /v1/person-facts/import`: facts of many people as CSV, such as results of the reassigned numbers
//! database, and ZIPs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Problem};
use chrono::NaiveDate;

use super::checked::{NewFacts, NewReassignment};
use super::put::take;
use crate::api::csv_body::{CsvBody, Imported, Row, Rows};
use crate::api::intake::Fault;
use crate::app::App;
use crate::person::Reassignment;

const COLUMNS: &[&str] = &[
    "phone",
    "zip",
    "region",
    "zone",
    "born",
    "purchased_on",
    "inquired_on",
    "reassignment",
    "reassignment_on",
];

/// Import facts of people. A blank cell keeps what was there.
#[utoipa::path(post, path = "/v1/person-facts/import", tag = "consent",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), (status = 422, description = "import.*")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    body: CsvBody,
) -> Result<Json<Imported>, Problem> {
    let mut rows = Rows::open(body, COLUMNS)?;
    let mut told = Imported::default();
    while let Some(judged) = rows.judge(&mut told, facts) {
        let (lines, items): (Vec<u64>, Vec<_>) = judged.into_iter().unzip();
        for (line, fault) in lines.into_iter().zip(take(&app, &caller, &items).await?) {
            match fault {
                None => told.recorded += 1,
                Some(fault) => told.reject(line, fault),
            }
        }
    }
    told.answer()
}

fn day(row: &Row, column: &str, pointer: &'static str) -> Result<Option<Option<NaiveDate>>, Fault> {
    let parsed = row.get(column).map(str::parse).transpose();
    parsed
        .map(|day| day.map(Some))
        .map_err(|_| Fault::new("field.invalid", pointer, "not a day such as 2026-11-20"))
}

fn facts(row: &Row) -> Result<NewFacts, Fault> {
    let on = day(row, "reassignment_on", "/reassignment_on")?.flatten();
    let answer = match row.get("reassignment").map(str::to_lowercase).as_deref() {
        None => None,
        Some("yes") => Some(Reassignment::Yes),
        Some("no") => Some(Reassignment::No),
        Some("no_data" | "no data") => Some(Reassignment::NoData),
        Some(_) => {
            let detail = "an answer is yes, no or no_data";
            return Err(Fault::new("field.invalid", "/reassignment", detail));
        }
    };
    let reassignment = match (answer, on) {
        (None, _) => None,
        (Some(answer), Some(on)) => Some(Some(NewReassignment { answer, on })),
        (Some(_), None) => {
            let detail = "the day of the answer";
            return Err(Fault::new("field.required", "/reassignment_on", detail));
        }
    };
    Ok(NewFacts {
        phone: Some(row.owned("phone").unwrap_or_default()),
        contact: None,
        // Spreadsheets drop the zeros in front.
        zip: row.get("zip").map(|zip| Some(format!("{zip:0>5}"))),
        region: row.owned("region").map(Some),
        zone: row.owned("zone").map(Some),
        born: day(row, "born", "/born")?,
        purchased_on: day(row, "purchased_on", "/purchased_on")?,
        inquired_on: day(row, "inquired_on", "/inquired_on")?,
        reassignment,
    })
}

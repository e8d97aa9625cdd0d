//! `POST /v1/prices/import`

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Problem};

use super::account;
use super::new_price::PriceBody;
use super::prices::{Changed, write};
use crate::app::App;

/// Faults told in one answer.
const MOST_FAULTS: usize = 100;

/// Sets prices from CSV with a header: `provider`, `micros` and `currency`, and if wanted `country`, `prefix`,
/// `operator` and `effective_from`. All or none are taken; faults are told by line.
#[utoipa::path(post, path = "/v1/prices/import", tag = "money", request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Changed), (status = 422, body = Problem)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<Json<Changed>, Problem> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(body);
    let mut problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "price.import",
        "some lines cannot be taken; no price was",
    );
    let (mut checked, mut faults) = (Vec::new(), 0);
    for (n, row) in reader.deserialize::<PriceBody>().enumerate() {
        // The header is line 1.
        let line = n + 2;
        let wrong = match row.map(PriceBody::check) {
            Ok(Ok(price)) => {
                checked.push(price);
                continue;
            }
            Ok(Err((field, how))) => (format!("/{line}/{field}"), how.to_string()),
            Err(error) => (format!("/{line}"), said(&error)),
        };
        faults += 1;
        if faults <= MOST_FAULTS {
            problem = problem.error(&wrong.0, "field.invalid", wrong.1);
        }
    }
    if faults == 0 && checked.is_empty() {
        let detail = "the file has no prices";
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "import.empty",
            detail,
        ));
    }
    if problem.has_errors() {
        return Err(problem);
    }
    write(&app, account(&caller), checked).await.map(Json)
}

fn said(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        csv::ErrorKind::UnequalLengths { .. } => "more or fewer cells than the header".to_string(),
        _ => "the line is not UTF-8".to_string(),
    }
}

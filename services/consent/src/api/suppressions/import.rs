//! `POST /v1/suppressions/import`: many numbers for the suppression list, as CSV.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Problem};

use super::add::{NewSuppression, checked};
use crate::api::csv_body::{CsvBody, Imported, Rows, refused};
use crate::app::App;
use crate::suppress::add;

const COLUMNS: &[&str] = &["phone", "scope", "note"];

/// Import suppressions: columns `phone`, `scope`, `note`. The same file again changes nothing.
#[utoipa::path(post, path = "/v1/suppressions/import", tag = "consent",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), (status = 422, description = "import.*")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    body: CsvBody,
) -> Result<Json<Imported>, Problem> {
    let mut rows = Rows::open(body, COLUMNS)?;
    let mut told = Imported::default();
    loop {
        let batch = rows.batch();
        if batch.is_empty() {
            break;
        }
        let mut wanted = Vec::with_capacity(batch.len());
        for row in batch {
            let judged = row.and_then(|row| {
                let new = NewSuppression {
                    phone: row.owned("phone").unwrap_or_default(),
                    scope: row.owned("scope"),
                    note: row.owned("note"),
                };
                checked(&new, "import").map_err(|fault| (row.line, fault))
            });
            match judged {
                Ok(one) => wanted.push(one),
                Err((line, fault)) => told.reject(line, fault),
            }
        }
        let shared = app.clone();
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { add(&shared, tx, caller.tenant, &wanted, caller.mode).await })
        });
        for (_, fresh) in write.await? {
            *(if fresh {
                &mut told.recorded
            } else {
                &mut told.already
            }) += 1;
        }
        app.opt_out_recorded();
    }
    if told.recorded + told.already + told.rejected == 0 {
        return Err(refused("import.empty", "the file has no rows"));
    }
    Ok(Json(told))
}

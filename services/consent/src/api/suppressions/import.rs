//! `POST /v1/suppressions/import`: many numbers for the suppression list, as CSV.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Problem};

use super::add::{NewSuppression, checked};
use crate::api::csv_body::{CsvBody, Imported, Row, Rows};
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
    let read = |row: &Row| {
        let new = NewSuppression {
            phone: row.owned("phone").unwrap_or_default(),
            scope: row.owned("scope"),
            note: row.owned("note"),
        };
        checked(&new, "import")
    };
    while let Some(judged) = rows.judge(&mut told, read) {
        let wanted: Vec<_> = judged.into_iter().map(|(_, one)| one).collect();
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
    told.answer()
}

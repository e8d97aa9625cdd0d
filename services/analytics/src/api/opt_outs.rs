//! `GET /v1/opt-outs`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::{ConsentId, ContactId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::people::{self, OptOut};

/// One opt-out: when it was recorded, and when it was certain that no text follows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OptOutView {
    /// Its entry in the consent ledger.
    #[schema(value_type = String)]
    pub consent: ConsentId,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    /// `keyword`, `api`, …; absent while its recording has not been heard of.
    pub method: Option<String>,
    /// No permit was granted from here on.
    pub recorded_at: DateTime<Utc>,
    /// No hand-over began from here on; absent until the permits that were open have closed.
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Opt-outs, oldest first.
#[utoipa::path(get, path = "/v1/opt-outs", tag = "analytics", params(Page),
    responses((status = 200, body = Listing<OptOutView>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<OptOutView>>, Problem> {
    let after = cursor(page.cursor.as_deref())?.unwrap_or(ConsentId::from_raw(0));
    let rows = people::opt_outs(&app.db, caller.tenant, after, page.size() + 1).await?;
    let data = rows.into_iter().map(view).collect();
    Ok(Json(Listing::cut(
        data,
        page.size(),
        |last: &OptOutView| last.consent.to_string(),
    )))
}

fn view(row: OptOut) -> OptOutView {
    OptOutView {
        consent: row.consent,
        contact: row.contact,
        method: row.method,
        recorded_at: UnixMillis(row.recorded_at).to_utc(),
        confirmed_at: row.confirmed_at.map(|at| UnixMillis(at).to_utc()),
    }
}

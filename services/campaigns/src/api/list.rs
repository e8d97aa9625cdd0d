//! `GET /v1/campaigns`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use contract::CampaignId;

use super::types::Campaign;
use crate::app::App;
use crate::db;

/// The tenant's campaigns, newest first.
#[utoipa::path(get, path = "/v1/campaigns", tag = "campaigns", params(Page),
    responses((status = 200, body = Listing<Campaign>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<Campaign>>, Problem> {
    let before = cursor::<CampaignId>(page.cursor.as_deref())?;
    let size = page.size();
    let rows = db::campaign::page(app.cx.db.read(), caller.tenant, before, size + 1).await?;
    let rows: Vec<Campaign> = rows.into_iter().map(Campaign::from).collect();
    Ok(Json(Listing::cut(rows, size, |campaign| {
        campaign.id.to_string()
    })))
}

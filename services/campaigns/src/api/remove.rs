//! `DELETE /v1/campaigns/{id}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::CampaignId;

use super::transition::{find_for, settled_by};
use crate::app::App;
use crate::db;
use crate::lifecycle::Action;

/// Deletes a draft. What was launched stays, because its record is evidence.
#[utoipa::path(delete, path = "/v1/campaigns/{id}", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 204), (status = 409, description = "campaign.state")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<StatusCode, Problem> {
    let campaign = find_for(&app, caller, id, Action::Delete).await?;
    let tenant = caller.tenant;
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let won = db::campaign::delete_draft(tx, tenant, id).await?;
                if won {
                    db::preflight::forget(tx, id).await?;
                }
                Ok(won)
            })
        })
        .await?;
    if !won {
        settled_by(&app, &campaign, false, Action::Delete).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

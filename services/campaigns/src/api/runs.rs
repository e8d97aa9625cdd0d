//! `GET /v1/campaigns/{id}/runs`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, Listing, Page, Params, PathId, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::{CampaignId, RunId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use super::transition::find;
use crate::app::App;
use crate::db;
use crate::db::run::RunState;
use crate::progress::Sums;

/// Runs on one page, at most: each is counted.
const MOST: u64 = 50;

/// One run of a campaign.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunSums {
    #[schema(value_type = String)]
    pub run: RunId,
    /// The run whose failed recipients it texts again.
    #[schema(value_type = Option<String>)]
    pub retry_of: Option<RunId>,
    pub state: RunState,
    pub template_version: u32,
    pub started_at: DateTime<Utc>,
    /// When nothing of it was pending any more.
    pub closed_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    pub sums: Sums,
}

/// The runs of a campaign with their sums, the last first: its launches, and retries of failed recipients. Whoever is
/// retried stands in both runs.
#[utoipa::path(get, path = "/v1/campaigns/{id}/runs", tag = "campaigns", params(("id" = String, Path), Page),
    responses((status = 200, body = Listing<RunSums>), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<RunSums>>, Problem> {
    let campaign = find(&app, caller, id).await?;
    let before = cursor::<RunId>(page.cursor.as_deref())?;
    let (db, size) = (app.cx.db.read(), page.size().min(MOST));
    let mut rows = Vec::new();
    for run in db::run::of_campaign(db, campaign.id, before, size + 1).await? {
        rows.push(RunSums {
            sums: db::progress::sums(db, run.id).await?,
            run: run.id,
            retry_of: run.retry_of,
            state: run.state,
            template_version: run.template_version,
            started_at: run.started_at.to_utc(),
            closed_at: run.closed_at.map(UnixMillis::to_utc),
        });
    }
    Ok(Json(Listing::cut(rows, size, |run| run.run.to_string())))
}

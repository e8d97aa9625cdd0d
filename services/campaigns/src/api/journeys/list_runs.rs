//! `GET /v1/journeys/{id}/runs`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Params, PathId, Problem, cursor};
use contract::{JourneyId, JourneyRunId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::transition::find;
use super::types::RunView;
use crate::app::App;
use crate::db;

/// Runs in a page, at most.
const MOST: u64 = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// 1 to 200; 50 where absent.
    pub limit: Option<u64>,
    /// Only runs that have not ended.
    #[serde(default)]
    pub live: bool,
}

/// Runs of a journey, newest first.
#[utoipa::path(get, path = "/v1/journeys/{id}/runs", tag = "journeys", params(("id" = String, Path), Which),
    responses((status = 200, body = Listing<RunView>), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<JourneyId>,
    Params(which): Params<Which>,
) -> Result<Json<Listing<RunView>>, Problem> {
    find(&app, caller, id).await?;
    let before = cursor::<JourneyRunId>(which.cursor.as_deref())?;
    let size = which.limit.unwrap_or(50).clamp(1, MOST);
    let rows = db::journey_run::page(app.cx.db.read(), id, before, which.live, size + 1).await?;
    let views: Vec<RunView> = rows.iter().map(RunView::short).collect();
    Ok(Json(Listing::cut(views, size, |run| run.id.to_string())))
}

//! `POST /v1/journeys/{id}/migrate`

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::JourneyId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::transition::find;
use crate::app::App;
use crate::journeys::migrate::to_version;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// New ids of steps by their old ones, where they were renamed.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, String>)]
    pub renamed: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Moved {
    /// Runs that are on the published version now.
    pub moved: u64,
    /// Runs that stay on theirs, by the step they stand at that the published version does not have.
    #[schema(value_type = std::collections::HashMap<String, u64>)]
    pub stayed: BTreeMap<String, u64>,
}

/// Moves live runs to the published version, by the ids of the steps they stand at.
#[utoipa::path(post, path = "/v1/journeys/{id}/migrate", tag = "journeys", params(("id" = String, Path)), request_body = Move,
    responses((status = 200, body = Moved), (status = 409, description = "journey.state")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<JourneyId>,
    Body(given): Body<Move>,
) -> Result<Json<Moved>, Problem> {
    let journey = find(&app, caller, id).await?;
    if journey.version == 0 {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "journey.state",
            "nothing of this journey is published yet",
        ));
    }
    let done = to_version(&app, id, journey.version, &given.renamed).await?;
    Ok(Json(Moved {
        moved: done.moved,
        stayed: done.lost,
    }))
}

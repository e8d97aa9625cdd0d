//! `POST /v1/journey-runs/{id}/stop`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::JourneyRunId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::types::RunView;
use crate::app::App;
use crate::db;
use crate::db::journey_input::{Body as Arrived, NewInput};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// Why; kept and shown.
    #[serde(default)]
    pub reason: String,
}

/// Ends a run; its texts that have not left are withdrawn. It is noted, and done at once after that.
#[utoipa::path(post, path = "/v1/journey-runs/{id}/stop", tag = "journeys", params(("id" = String, Path)), request_body = Stop,
    responses((status = 202, body = RunView), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<JourneyRunId>,
    Body(stop): Body<Stop>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    let row = db::journey_run::by_id(app.cx.db.read(), caller.tenant, id).await?;
    let row = row
        .filter(|row| row.mode == caller.mode)
        .ok_or_else(|| Problem::not_found("run"))?;
    if row.run.end.is_none() {
        let why: String = if stop.reason.trim().is_empty() {
            "stopped by hand".to_string()
        } else {
            stop.reason.chars().take(200).collect()
        };
        let input = NewInput {
            tenant: caller.tenant,
            mode: caller.mode,
            contact: None,
            run: Some(id),
            held_by: None,
            body: Arrived::Stop { why },
            hops: 0,
        };
        let engine = app.cx.db.engine();
        app.cx
            .db
            .write(move |tx| {
                Box::pin(async move { db::journey_input::insert(tx, engine, &[input]).await })
            })
            .await?;
        app.journeys_rung.notify_one();
    }
    Ok((StatusCode::ACCEPTED, Json(RunView::short(&row))))
}

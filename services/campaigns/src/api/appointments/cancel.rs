//! `DELETE /v1/appointments/{id}` and `POST /v1/appointments/{id}/cancel`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::accounts::Caller;

use super::view::{Changed, changed, find};
use super::write::{change, settle};
use crate::app::App;
use crate::appointment::change::Effect;
use crate::appointment::model::Status;
use crate::appointment::put;
use crate::appointment::read::Ref;

/// Cancels an appointment: no reminder leaves any more, and who knows of it gets one notice.
#[utoipa::path(delete, path = "/v1/appointments/{id}", tag = "appointments",
    params(("id" = String, Path, description = "`apt_…` or `ext:…`")),
    responses((status = 200, body = Changed), (status = 404, description = "not_found")))]
pub async fn remove(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(target): PathId<Ref>,
) -> Result<Json<Changed>, Problem> {
    cancel(&app, caller, target, None).await
}

/// The same.
#[utoipa::path(post, path = "/v1/appointments/{id}/cancel", tag = "appointments",
    params(("id" = String, Path, description = "`apt_…` or `ext:…`")),
    responses((status = 200, body = Changed), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(target): PathId<Ref>,
) -> Result<Json<Changed>, Problem> {
    cancel(&app, caller, target, None).await
}

async fn cancel(
    app: &App,
    caller: Caller,
    target: Ref,
    source_version: Option<i64>,
) -> Result<Json<Changed>, Problem> {
    let waits = app.config.waits();
    let cancelled = change(app, caller, target, move |tx, hands, found| {
        Box::pin(put::cancel(tx, hands, found, source_version, waits))
    });
    let done = settle(app, vec![cancelled.await?]).await?;
    let Some(done) = done.into_iter().next() else {
        return Err(Problem::not_found("appointment"));
    };
    Ok(Json(changed(app, done.effect, done.appointment).await?))
}

/// As a source says it: what is unknown or newer stays as it is.
pub async fn by_source(
    app: &App,
    caller: Caller,
    target: Ref,
    source_version: Option<i64>,
) -> Result<Effect, Problem> {
    let Some(known) = find(app, caller, &target).await? else {
        return Ok(Effect::Unchanged);
    };
    match (known.source_version, source_version) {
        (Some(known), Some(told)) if told < known => Ok(Effect::IgnoredStale),
        (Some(known), Some(told)) if told == known => Ok(Effect::Unchanged),
        _ if known.status != Status::Scheduled => Ok(Effect::Unchanged),
        _ => Ok(cancel(app, caller, target, source_version).await?.0.effect),
    }
}

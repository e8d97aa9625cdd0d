use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::{KeyId, Mode};

use super::key_view::KeyView;
use crate::app::App;
use crate::db;

/// Revokes a key. It stops working within seconds, and stays in the list.
#[utoipa::path(
    delete,
    path = "/v1/api-keys/{id}",
    tag = "accounts",
    params(("id" = String, Path)),
    responses((status = 200, body = KeyView))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<KeyId>,
) -> Result<Json<KeyView>, Problem> {
    let (engine, tenant, now) = (app.db.engine(), caller.tenant, app.clock.millis().0);
    let revoked = app.db.write(move |tx| {
        Box::pin(async move {
            let key = db::keys::by_id(tx, engine, tenant, id).await?;
            let key = key.ok_or_else(|| Problem::not_found("API key"))?;
            if caller.mode == Mode::Test && key.mode == Mode::Live {
                let detail = "a test key cannot revoke a live key";
                return Err(Problem::new(StatusCode::FORBIDDEN, "auth.test_key", detail).into());
            }
            db::keys::revoke(tx, engine, tenant, id, now).await?;
            db::keys::by_id(tx, engine, tenant, id).await
        })
    });
    let key = revoked
        .await?
        .ok_or_else(|| Problem::not_found("API key"))?;
    Ok(Json(key.into()))
}

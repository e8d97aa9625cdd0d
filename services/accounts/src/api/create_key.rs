use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::Mode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::key_view::KeyView;
use crate::app::App;
use crate::bootstrap::make_key;
use crate::key::may_make;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// Says what the key is for; at most 200 characters.
    name: String,
    /// `test` or `live`
    #[schema(value_type = String)]
    mode: Mode,
}

#[derive(Serialize, ToSchema)]
pub struct CreatedKey {
    #[serde(flatten)]
    shown: KeyView,
    /// The key itself; it cannot be shown again.
    key: String,
}

/// Makes an API key. A test key can make test keys only.
#[utoipa::path(post, path = "/v1/api-keys", tag = "accounts", request_body = NewKey, responses((status = 201, body = CreatedKey)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewKey>,
) -> Result<(StatusCode, Json<CreatedKey>), Problem> {
    if !may_make(caller.mode, new.mode) {
        let detail = "a test key can make test keys only";
        return Err(Problem::new(StatusCode::FORBIDDEN, "auth.test_key", detail));
    }
    let name = new.name.trim().to_string();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        let detail = "a key needs a name of 1 to 200 characters";
        return Err(Problem::invalid(detail).error("/name", "field.invalid", detail));
    }
    let (engine, now) = (app.db.engine(), app.clock.now());
    let made = app.db.write(move |tx| {
        Box::pin(async move { make_key(tx, engine, caller.tenant, new.mode, &name, now).await })
    });
    let (key, text) = made.await?;
    Ok((
        StatusCode::CREATED,
        Json(CreatedKey {
            shown: key.into(),
            key: text.text,
        }),
    ))
}

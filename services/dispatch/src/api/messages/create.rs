//! `POST /v1/messages`

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chassis::http::{Auth, Body, Params, Problem};
use contract::TenantId;
use contract::chunk::Outcome;
use contract::ids::MessageId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::types::ApiMessage;
use crate::app::App;
use crate::db::api_message;
use crate::sends::Send;
use crate::sends::accept::{Accepted, Ready, accept, not_accepted, ready};
use crate::sends::request::NewMessage;

/// Marks the answer to a request that was made before.
const REPLAYED: &str = "idempotent-replayed";
const KEY: &str = "idempotency-key";
/// With `strict` the caller wants the verdict, so it is waited for longer.
const STRICT_WAIT: Duration = Duration::from_secs(5);

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct How {
    /// A text that may not be sent is answered with 403 instead of 201.
    #[serde(default)]
    pub strict: bool,
}

/// Sends one text. 202: it is ours, durably; 201: it may not be sent, and why; 200: the same was asked before.
#[utoipa::path(post, path = "/v1/messages", tag = "messages", request_body = NewMessage, params(How),
    responses((status = 202, body = ApiMessage), (status = 201, body = ApiMessage), (status = 200, body = ApiMessage),
        (status = 403, description = "message.suppressed"), (status = 409, description = "message.dedup_conflict"),
        (status = 422, description = "message.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(how): Params<How>,
    headers: HeaderMap,
    Body(new): Body<NewMessage>,
) -> Result<Response, Problem> {
    let key = key_of(&headers)?;
    let id = match ready(&app, caller, &new, key).await? {
        Ready::Known(known) => return known_one(*known, how.strict),
        Ready::New(row) => match accept(&app, vec![*row]).await {
            Ok(mut accepted) => match accepted.pop() {
                Some(Ok(Accepted::New(id))) => id,
                Some(Ok(Accepted::Known(known))) => {
                    return known_one(*known, how.strict);
                }
                Some(Err(problem)) => return Err(problem),
                None => return Err(not_accepted(&anyhow::anyhow!("nothing was accepted"))),
            },
            Err(error) => return Err(not_accepted(&error)),
        },
    };
    let wait = if how.strict {
        STRICT_WAIT
    } else {
        app.config.sends.answer_within()
    };
    // Whatever is not known by then is told by `GET /v1/messages/{id}`.
    let _known = tokio::time::timeout(wait, app.sends.ended(id)).await;
    let send = stored(&app, caller.tenant, id).await?;
    answer(send, how.strict, StatusCode::ACCEPTED)
}

fn key_of(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(KEY) else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) => Ok(Some(key)),
        _ => Err(Problem::invalid(
            "Idempotency-Key has 1 to 255 ASCII characters",
        )),
    }
}

pub async fn stored(app: &App, tenant: TenantId, id: MessageId) -> Result<Send, Problem> {
    let found = api_message::find(app.cx.db.engine(), app.cx.db.read(), tenant, id).await?;
    found.ok_or_else(|| Problem::not_found("message of the API"))
}

pub(super) fn known_one(known: Send, strict: bool) -> Result<Response, Problem> {
    let mut response = answer(known, strict, StatusCode::OK)?;
    let yes = HeaderValue::from_static("true");
    response.headers_mut().insert(REPLAYED, yes);
    Ok(response)
}

pub(super) fn answer(send: Send, strict: bool, status: StatusCode) -> Result<Response, Problem> {
    let suppressed = send.outcome == Outcome::Suppressed;
    if suppressed && strict {
        let detail = format!("{} may not be sent: {}", send.id, send.reason);
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "message.suppressed",
            detail,
        ));
    }
    let status = match status {
        StatusCode::ACCEPTED if suppressed => StatusCode::CREATED,
        status => status,
    };
    Ok((status, Json(ApiMessage::from(send))).into_response())
}

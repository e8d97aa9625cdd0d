//! `POST /v1/messages/batch`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::create::stored;
use super::types::ApiMessage;
use crate::app::App;
use crate::sends::accept::{Accepted, Ready, accept, not_accepted, ready};
use crate::sends::request::NewMessage;

const MOST: usize = 500;
/// Texts resolved at once.
const AT_ONCE: usize = 16;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// At most 500.
    pub messages: Vec<NewMessage>,
}

/// Of one item, in the order of the request. One of the two is there.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<ApiMessage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BatchResult {
    pub data: Vec<ItemResult>,
}

/// Accepts many texts in one commit, each by itself: one that is refused stops no other.
#[utoipa::path(post, path = "/v1/messages/batch", tag = "messages", request_body = Batch,
    responses((status = 202, body = BatchResult), (status = 413, description = "body.too_large"),
        (status = 503, description = "message.not_accepted")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(batch): Body<Batch>,
) -> Result<(StatusCode, Json<BatchResult>), Problem> {
    if batch.messages.len() > MOST {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        let detail = format!("at most {MOST} messages in one request");
        return Err(Problem::new(status, "body.too_large", detail));
    }
    let asked: Vec<_> = batch
        .messages
        .iter()
        .map(|new| ready(&app, caller, new, None))
        .collect();
    let ready: Vec<Result<Ready, Problem>> = futures::stream::iter(asked)
        .buffered(AT_ONCE)
        .collect()
        .await;
    let (mut results, mut rows, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (place, one) in ready.into_iter().enumerate() {
        results.push(match one {
            Ok(Ready::Known(known)) => Some(Ok(*known)),
            Ok(Ready::New(row)) => {
                rows.push(*row);
                places.push(place);
                None
            }
            Err(problem) => Some(Err(problem)),
        });
    }
    let accepted = accept(&app, rows)
        .await
        .map_err(|error| not_accepted(&error))?;
    for (place, one) in places.into_iter().zip(accepted) {
        results[place] = Some(match one {
            Ok(Accepted::New(id)) => stored(&app, caller.tenant, id).await,
            Ok(Accepted::Known(known)) => Ok(*known),
            Err(problem) => Err(problem),
        });
    }
    let data = results.into_iter().flatten().map(|one| match one {
        Ok(send) => ItemResult {
            message: Some(send.into()),
            problem: None,
        },
        Err(problem) => ItemResult {
            message: None,
            problem: Some(problem),
        },
    });
    let data = data.collect();
    Ok((StatusCode::ACCEPTED, Json(BatchResult { data })))
}

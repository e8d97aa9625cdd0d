//! `POST /v1/webhooks/{provider}`: a provider brings receipts or replies.
//!
//! No API key: each provider shows who it is in its own way, and nothing of a call is looked at before that.
//! Calls are repeated, reordered and forged, so everything behind this is keyed or ranked.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use channels::webhook::{Call, Refused, Webhook};
use channels::{Fault, FromCarrier, Receipt};
use chassis::http::Problem;
use contract::UnixMillis;
use contract::dispatch::{ProviderBlock, ProviderReceipt, TakeReply};

use crate::app::App;
use crate::db::spool;
use crate::tasks;

/// A long text in a form has some kilobytes; a batch of receipts may have more.
const LONGEST_BODY: usize = 256 * 1024;
/// For the body to arrive, and again for its content to be kept. Providers wait 10 to 15 seconds.
const PATIENCE: Duration = Duration::from_secs(8);

/// A call of a provider, in the provider's own form.
#[utoipa::path(post, path = "/v1/webhooks/{provider}", tag = "inbound",
    params(("provider" = String, Path, description = "as in `inbound.webhooks`")),
    responses((status = 200), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub async fn post(
    State(app): State<Arc<App>>,
    Path(provider): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    take(&app, &provider, request).await
}

/// The same, for providers that put everything into the URL.
#[utoipa::path(get, path = "/v1/webhooks/{provider}", tag = "inbound",
    params(("provider" = String, Path, description = "as in `inbound.webhooks`")),
    responses((status = 200), (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Path(provider): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    take(&app, &provider, request).await
}

async fn take(app: &App, provider: &str, request: Request) -> Result<Response, Problem> {
    let Some(webhook) = app.config.webhooks.get(provider) else {
        return Err(Problem::not_found("webhook"));
    };
    let (parts, body) = request.into_parts();
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let result = taken(app, provider, webhook, (target, &parts.headers), body).await;
    let word = match &result {
        Ok(()) => "kept",
        Err(Failed::Refused(Refused::Signature)) => "forged",
        Err(Failed::Refused(Refused::OtherAccount)) => "other_account",
        Err(Failed::Refused(Refused::Malformed) | Failed::Body) => "malformed",
        Err(Failed::NotKept) => "not_kept",
    };
    metrics::counter!("webhook_calls_total", "provider" => provider.to_owned(), "result" => word)
        .increment(1);
    result.map_err(Problem::from)?;
    let (kind, text) = webhook.thanks();
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

enum Failed {
    Refused(Refused),
    /// Too long, or it did not arrive in time.
    Body,
    NotKept,
}

async fn taken(
    app: &App,
    provider: &str,
    webhook: &Webhook,
    (target, headers): (&str, &HeaderMap),
    body: Body,
) -> Result<(), Failed> {
    let body = tokio::time::timeout(PATIENCE, to_bytes(body, LONGEST_BODY)).await;
    let Ok(Ok(body)) = body else {
        return Err(Failed::Body);
    };
    let brought = read(webhook, (target, headers, &body), app.clock.millis())?;
    let kept = tokio::time::timeout(PATIENCE, keep(app, provider, brought)).await;
    kept.unwrap_or(Err(Failed::NotKept))
}

fn read(
    webhook: &Webhook,
    (target, headers, body): (&str, &HeaderMap, &[u8]),
    now: UnixMillis,
) -> Result<Vec<FromCarrier>, Failed> {
    let call = Call {
        target,
        header: &|name| headers.get(name).and_then(|value| value.to_str().ok()),
        body,
        now,
    };
    webhook.read(&call).map_err(Failed::Refused)
}

async fn keep(app: &App, provider: &str, brought: Vec<FromCarrier>) -> Result<(), Failed> {
    let (mut receipts, mut replies) = (Vec::new(), Vec::new());
    for item in brought {
        match item {
            FromCarrier::Receipt(receipt) => receipts.push(told(receipt)),
            FromCarrier::Reply {
                provider_message_id,
                from,
                to,
                text,
            } => replies.push(TakeReply {
                provider: provider.to_owned(),
                provider_message_id,
                from,
                to,
                text: text.chars().filter(|c| *c != '\0').collect(),
            }),
        }
    }
    if !receipts.is_empty() {
        let kept = app.receipts.keep(provider, receipts).await;
        kept.map_err(|_| Failed::NotKept)?;
    }
    for reply in replies {
        keep_reply(app, reply).await?;
    }
    Ok(())
}

/// Kept first, then brought on while the provider waits: it hears yes only once an opt-out is recorded. If
/// that fails, the provider hears no and may come again, and what is kept is brought on in any case.
async fn keep_reply(app: &App, mut reply: TakeReply) -> Result<(), Failed> {
    let Ok(_room) = app.replies.try_acquire() else {
        return Err(Failed::NotKept);
    };
    if reply.provider_message_id.is_empty() {
        // Without a name of its own it cannot be kept twice; dispatch derives one from its content.
        let asked = tasks::ask(app, &reply).await;
        return asked.map_err(|_| Failed::NotKept);
    }
    reply.to.truncate(reply.to.floor_char_boundary(64));
    let brought = async {
        spool::keep(&app.db, reply.clone(), app.clock.millis().0).await?;
        tasks::bring(app, reply).await
    };
    brought.await.map_err(|error| {
        tracing::warn!(
            error = format!("{error:#}"),
            "a reply by webhook could not be recorded yet"
        );
        Failed::NotKept
    })
}

fn told(receipt: Receipt) -> ProviderReceipt {
    let blocked = receipt.fault == Some(Fault::Blocked);
    let block = receipt
        .to
        .zip(receipt.from)
        .filter(|_| blocked)
        .map(|(phone, sender)| ProviderBlock { phone, sender });
    ProviderReceipt {
        provider_message_id: receipt.provider_message_id,
        reference: receipt.reference,
        outcome: receipt.outcome,
        code: receipt.code,
        fault: receipt.fault.map(|fault| fault.as_str().to_string()),
        block,
        at: receipt.at,
    }
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(Refused::Signature) => Self::new(
                StatusCode::FORBIDDEN,
                "webhook.signature",
                "the signature or token is missing or wrong",
            ),
            Failed::Refused(Refused::OtherAccount) => Self::new(
                StatusCode::FORBIDDEN,
                "webhook.other_account",
                "the call is about an account that is not configured here",
            ),
            Failed::Refused(Refused::Malformed) | Failed::Body => Self::new(
                StatusCode::BAD_REQUEST,
                "webhook.malformed",
                "the call is too long, incomplete or not what its webhook's settings describe",
            ),
            Failed::NotKept => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "webhook.not_kept",
                "the content could not be recorded; call again",
            ),
        }
    }
}

//! `POST /v1/campaigns/{id}/retry`

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, Request, State as Shared};
use axum::http::{StatusCode, header};
use chassis::http::{Auth, Body, PathId, Problem};
use contract::CampaignId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::transition::{find_for, refused, settled_by};
use super::types::Campaign;
use crate::app::App;
use crate::db::run::RunState;
use crate::lifecycle::{Action, State};
use crate::retry::{Text, Words};
use crate::{clearance, db, envelope, retry};

/// Whom to text again besides those whose text failed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryOptions {
    #[serde(default)]
    pub include: Vec<Include>,
    /// `published` (absent): the template as it is published now. `as_sent`: the version that the run before sent.
    #[serde(default)]
    pub template: Words,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Include {
    /// Texts that a carrier took and then did not deliver.
    Undelivered,
}

/// Texts those again whose text failed, in a new run with the template as it is published now, or as it was sent. Never
/// those whose outcome is unknown, who were handed over, or whom consent stopped; consent judges everybody anew. A
/// campaign that was approved keeps to what was approved.
#[utoipa::path(post, path = "/v1/campaigns/{id}/retry", tag = "campaigns", params(("id" = String, Path)),
    request_body = RetryOptions,
    responses((status = 202, body = Campaign), (status = 409, description = "campaign.state, campaign.nothing_to_retry"),
        (status = 403, description = "campaign.preflight_required, campaign.approval_required"),
        (status = 422, description = "template.not_published, campaign.approval_void")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    request: Request,
) -> Result<(StatusCode, Json<Campaign>), Problem> {
    let options = options(request).await?;
    let campaign = find_for(&app, caller, id, Action::Retry).await?;
    let (db, state) = (app.cx.db.read(), campaign.state);
    // What a human cancelled stays cancelled.
    if state == State::Cancelled && !envelope::is_reason(campaign.state_reason.as_deref()) {
        let detail = "A campaign that was cancelled by hand is not retried; one that its envelope stopped can be.";
        return Err(Problem::new(StatusCode::CONFLICT, "campaign.state", detail));
    }
    let last = match campaign.run {
        Some(run) => db::run::by_id(db, run).await?,
        None => None,
    };
    let Some(last) = last else {
        return Err(nothing_to_retry());
    };
    if last.state != RunState::Closed {
        return Err(refused(state, Action::Retry));
    }
    let undelivered = options.include.contains(&Include::Undelivered);
    let sources = retry::sources(db, &last).await?;
    if retry::people(&app, &last, &sources, undelivered, 1).await? == 0 {
        return Err(nothing_to_retry());
    }
    let now = app.cx.clock.millis();
    let Some(text) = Text::of(&app, &campaign, &last, options.template, now).await? else {
        let detail = "the campaign's template does not exist or has no published version";
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "template.not_published",
            detail,
        ));
    };
    clearance::retry::check(&app, &campaign, &text, &last, &sources, undelivered).await?;
    let won = retry::begin(&app, &campaign, text, sources, undelivered, caller.key).await?;
    let campaign = settled_by(&app, &campaign, won, Action::Retry).await?;
    Ok((StatusCode::ACCEPTED, Json(campaign.into())))
}

/// A request without a body asks for nothing beside the failed ones.
async fn options(request: Request) -> Result<RetryOptions, Problem> {
    let headers = request.headers();
    let empty = headers
        .get(header::CONTENT_LENGTH)
        .is_none_or(|length| length == "0");
    if empty && !headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(RetryOptions::default());
    }
    let Body(options) = Body::from_request(request, &()).await?;
    Ok(options)
}

fn nothing_to_retry() -> Problem {
    let detail = "nobody's text has failed who was not texted again since";
    Problem::new(StatusCode::CONFLICT, "campaign.nothing_to_retry", detail)
}

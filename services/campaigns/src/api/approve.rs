//! `POST /v1/campaigns/{id}/approve`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::CampaignId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::launch::published;
use super::transition::{find_for, settled_by};
use super::types::Campaign;
use crate::app::App;
use crate::approval::{Refusal, Verdict, may_approve};
use crate::lifecycle::{Action, State, Step};
use crate::{clearance, db};

/// What is approved; may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// `hash` of `GET …/approval`: refused where something else is to be approved by now.
    pub hash: Option<String>,
}

/// Approves a campaign as it was submitted. Never with the key that submitted it, nor with the one that last changed it.
#[utoipa::path(post, path = "/v1/campaigns/{id}/approve", tag = "campaigns", params(("id" = String, Path)),
    request_body = Option<Approve>,
    responses((status = 200, body = Campaign), (status = 409, description = "campaign.state, campaign.changed"),
        (status = 403, description = "campaign.four_eyes"), (status = 422, description = "campaign.approval_void")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    body: Option<Body<Approve>>,
) -> Result<Json<Campaign>, Problem> {
    let campaign = find_for(&app, caller, id, Action::Approve).await?;
    let read = app.cx.db.read();
    let asked = db::approval::of(read, id).await?;
    // A campaign may need an approval that nobody has asked for since the last question was answered.
    let asked = asked.filter(|asked| asked.verdict == Verdict::Pending);
    let asked = asked.ok_or_else(|| Problem::not_found("question for approval"))?;
    let edited_by = db::approval::edited_by(read, id).await?;
    if !may_approve(caller.key, asked.submitted_by, edited_by) {
        let detail = "approve it with another key than the one that submitted it and the one that last changed it";
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "campaign.four_eyes",
            detail,
        ));
    }
    let named = body.and_then(|Body(approve)| approve.hash);
    if named.is_some_and(|hash| hash != asked.hash) {
        return Err(clearance::refused(&Refusal::ApprovalVoid(Vec::new())));
    }
    let template = published(&app, &campaign).await?;
    let moved = clearance::moved_since(&app, &campaign, &template, &asked).await?;
    if !moved.is_empty() {
        return Err(clearance::refused(&Refusal::ApprovalVoid(moved)));
    }
    let (now, bus, key) = (app.cx.clock.millis(), app.cx.bus.clone(), caller.key);
    let row = campaign.clone();
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let step = Step::asked(Action::Approve, key, State::Approved);
                let from = Action::Approve.from();
                if !db::campaign::move_unchanged(tx, &bus, &row, from, &step, now).await? {
                    return Ok(false);
                }
                let question = (id, asked.hash.as_str());
                let ours =
                    db::approval::decide(tx, question, Verdict::Approved, key, None, now).await?;
                // Another question came in between: nothing of this may stay.
                anyhow::ensure!(ours, "a campaign was submitted again while it was approved");
                Ok(true)
            })
        })
        .await?;
    let campaign = settled_by(&app, &campaign, won, Action::Approve).await?;
    Ok(Json(campaign.into()))
}

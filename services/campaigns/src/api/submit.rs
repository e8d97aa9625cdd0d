//! `POST /v1/campaigns/{id}/submit`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::{CampaignId, PreflightId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::launch::published;
use super::transition::{find_for, settled_by};
use super::types::Campaign;
use crate::app::App;
use crate::approval::Verdict;
use crate::db::approval::Approval;
use crate::lifecycle::{Action, State, Step};
use crate::{clearance, db};

/// What is to be approved; may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// The last preflight that succeeded, if absent.
    #[schema(value_type = Option<String>)]
    pub preflight: Option<PreflightId>,
}

/// Asks somebody else to approve a campaign as a preflight saw it. A new question takes the place of the one before.
#[utoipa::path(post, path = "/v1/campaigns/{id}/submit", tag = "campaigns", params(("id" = String, Path)),
    request_body = Option<Submission>,
    responses((status = 200, body = Campaign), (status = 409, description = "campaign.state, campaign.changed, campaign.preflight_unfinished"),
        (status = 403, description = "campaign.preflight_required"),
        (status = 422, description = "campaign.preflight_stale, template.not_published")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    body: Option<Body<Submission>>,
) -> Result<Json<Campaign>, Problem> {
    let campaign = find_for(&app, caller, id, Action::Submit).await?;
    let template = published(&app, &campaign).await?;
    let named = body.and_then(|Body(submission)| submission.preflight);
    let (preflight, finished) = clearance::to_approve(&app, &campaign, &template, named).await?;
    let (now, bus, row) = (app.cx.clock.millis(), app.cx.bus.clone(), campaign.clone());
    let asked = Approval {
        campaign: id,
        tenant: caller.tenant,
        preflight,
        hash: finished.seen.hash(),
        bound: finished.seen,
        verdict: Verdict::Pending,
        submitted_by: caller.key,
        submitted_at: now,
        decided_by: None,
        decided_at: None,
        note: None,
    };
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let step = Step::asked(Action::Submit, caller.key, State::PendingApproval);
                let from = Action::Submit.from();
                let won = db::campaign::move_unchanged(tx, &bus, &row, from, &step, now).await?;
                if won {
                    db::approval::ask(tx, &asked).await?;
                }
                Ok(won)
            })
        })
        .await?;
    let campaign = settled_by(&app, &campaign, won, Action::Submit).await?;
    Ok(Json(campaign.into()))
}

//! `POST /v1/campaigns/{id}/reject`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::CampaignId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::transition::{find_for, settled_by};
use super::types::Campaign;
use crate::app::App;
use crate::approval::Verdict;
use crate::db;
use crate::lifecycle::{Action, State, Step};

/// Characters of a reason at most.
const LONGEST: usize = 500;

/// Why not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// 1 to 500 characters, for the history.
    pub reason: String,
}

/// Refuses an approval, or takes one back before the launch. The campaign is a draft again.
#[utoipa::path(post, path = "/v1/campaigns/{id}/reject", tag = "campaigns", params(("id" = String, Path)),
    request_body = Rejection,
    responses((status = 200, body = Campaign), (status = 409, description = "campaign.state"),
        (status = 422, description = "field.range")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    Body(rejection): Body<Rejection>,
) -> Result<Json<Campaign>, Problem> {
    let campaign = find_for(&app, caller, id, Action::Reject).await?;
    let reason = rejection.reason.trim().to_string();
    if reason.is_empty() || reason.chars().count() > LONGEST {
        let (code, detail) = ("field.range", "A reason has 1 to 500 characters.");
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
        return Err(problem.error("/reason", code, detail));
    }
    let (now, bus, key) = (app.cx.clock.millis(), app.cx.bus.clone(), caller.key);
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let step = Step::asked(Action::Reject, key, State::Draft)
                    .because(Some("approval.rejected"))
                    .noting(reason.clone());
                let from = Action::Reject.from();
                if !db::campaign::move_on(tx, &bus, id, from, &step, now).await? {
                    return Ok(false);
                }
                if let Some(asked) = db::approval::of(tx, id).await? {
                    let (question, no) = ((id, asked.hash.as_str()), Verdict::Rejected);
                    db::approval::decide(tx, question, no, key, Some(reason), now).await?;
                }
                Ok(true)
            })
        })
        .await?;
    let campaign = settled_by(&app, &campaign, won, Action::Reject).await?;
    Ok(Json(campaign.into()))
}

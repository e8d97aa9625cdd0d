//! `POST /v1/campaigns/{id}/envelope/widen`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::CampaignId;

use super::envelope::{EnvelopeView, view};
use super::transition::find_changeable;
use super::{gated, resume};
use crate::app::App;
use crate::db;
use crate::db::run::RunState;
use crate::envelope::{self, Bound, Decision, Phase};
use crate::lifecycle::State;

/// Lets everybody go: of a campaign that was held, and of one whose canary is still being watched. Bounds that are left
/// by now are set aside for the rest of the run, the others are watched on. Recorded with the key that asked. A campaign
/// that was held is resumed.
#[utoipa::path(post, path = "/v1/campaigns/{id}/envelope/widen", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = EnvelopeView), (status = 404, description = "not_found"),
        (status = 409, description = "envelope.nothing_to_widen"), (status = 503, description = "campaign.resume_unconfirmed")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<EnvelopeView>, Problem> {
    let campaign = find_changeable(&app, caller, id).await?;
    let pace = match campaign.run {
        Some(run) => db::pace::by_run(app.cx.db.read(), run).await?,
        None => None,
    };
    let Some(pace) = pace.filter(|pace| pace.envelope.is_some()) else {
        return Err(nothing_to_widen());
    };
    let figures = envelope::figures_with_spend(&app, &pace).await?;
    let (engine, now, run) = (app.cx.db.engine(), app.cx.clock.millis(), pace.run);
    let held =
        campaign.state == State::Paused && envelope::is_reason(campaign.state_reason.as_deref());
    let widened = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let row = db::run::by_id_for_update(tx, engine, run).await?;
                let open =
                    row.filter(|run| matches!(run.state, RunState::Running | RunState::Paused));
                let pace = db::pace::by_run_for_update(tx, engine, run).await?;
                let (Some(_), Some(mut pace)) = (open, pace) else {
                    return Ok(false);
                };
                let Some(bounds) = pace.envelope.clone() else {
                    return Ok(false);
                };
                if pace.phase == Phase::Wide && !held {
                    return Ok(false);
                }
                let left: Vec<Bound> = envelope::left(&bounds, &figures);
                pace.waived.extend(left);
                pace.waived.sort_unstable();
                pace.waived.dedup();
                pace.phase = Phase::Wide;
                db::pace::save(tx, &pace).await?;
                let decision = (Decision::WidenByHand, None);
                envelope::record(tx, run, decision, &figures, Some(caller.key), now).await?;
                Ok(true)
            })
        })
        .await?;
    if !widened {
        return Err(nothing_to_widen());
    }
    if held {
        let _resumed = gated::carry_out(&app, caller, id, &resume::CHANGE).await?;
    }
    app.runs.wake(run);
    Ok(Json(view(&app, caller, id).await?))
}

fn nothing_to_widen() -> Problem {
    let detail = "the campaign has no run that an envelope keeps to its canary or has held";
    Problem::new(StatusCode::CONFLICT, "envelope.nothing_to_widen", detail)
}

//! Finding the campaign of a request, and refusing what its state does not allow.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::accounts::Caller;
use contract::{CampaignId, Mode};

use crate::app::App;
use crate::db;
use crate::db::campaign::Campaign;
use crate::lifecycle::{Action, State, refusal};

pub async fn find(app: &App, caller: Caller, id: CampaignId) -> Result<Campaign, Problem> {
    let found = db::campaign::by_id(app.cx.db.read(), caller.tenant, id).await?;
    found.ok_or_else(|| Problem::not_found("campaign"))
}

/// The tag of what a campaign is to do: another one after each change, whatever its state.
pub fn tag(campaign: &Campaign) -> String {
    campaign.revision.to_string()
}

/// The campaign, if this caller may change it.
pub async fn find_changeable(
    app: &App,
    caller: Caller,
    id: CampaignId,
) -> Result<Campaign, Problem> {
    let campaign = find(app, caller, id).await?;
    if caller.mode == Mode::Test && campaign.mode == Mode::Live {
        let detail = "a test key cannot change a live campaign";
        return Err(Problem::new(StatusCode::FORBIDDEN, "auth.test_key", detail));
    }
    Ok(campaign)
}

/// The campaign, if `action` may be asked of it by this caller.
pub async fn find_for(
    app: &App,
    caller: Caller,
    id: CampaignId,
    action: Action,
) -> Result<Campaign, Problem> {
    let campaign = find_changeable(app, caller, id).await?;
    if campaign.state.allows(action) {
        Ok(campaign)
    } else {
        Err(refused(campaign.state, action))
    }
}

/// 409 that lists what is allowed.
pub fn refused(state: State, action: Action) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "campaign.state",
        refusal(state, action),
    )
}

/// 409: what was checked is not what stands there.
pub fn changed() -> Problem {
    let detail = "somebody else changed the campaign meanwhile; look at it and try again";
    Problem::new(StatusCode::CONFLICT, "campaign.changed", detail)
}

/// The campaign as it stands now: after a change, or after losing to a rival one.
pub async fn settled_by(
    app: &App,
    before: &Campaign,
    won: bool,
    action: Action,
) -> Result<Campaign, Problem> {
    let now = db::campaign::by_id(app.cx.db.read(), before.tenant, before.id).await?;
    let now = now.ok_or_else(|| Problem::not_found("campaign"))?;
    match won {
        true => Ok(now),
        false if now.state.allows(action) => Err(changed()),
        false => Err(refused(now.state, action)),
    }
}

/// 503: recorded, but consent has not confirmed it yet. The run's worker goes on asking.
pub fn unconfirmed(action: Action) -> Problem {
    let code = format!("campaign.{action}_unconfirmed");
    let detail = format!(
        "the {action} is recorded and nothing more is released, but consent has not confirmed it yet; \
         it will be carried through, look at the campaign's progress"
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, &code, detail)
}

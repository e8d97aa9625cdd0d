//! `POST /v1/campaigns/{id}/preflight`

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::{CampaignId, PreflightId};

use super::view::Preflight;
use crate::api::launch::published;
use crate::api::transition::find_for;
use crate::app::App;
use crate::db;
use crate::db::preflight::{Preflight as Row, PreflightState};
use crate::lifecycle::Action;
use crate::preflight::brief::Brief;
use crate::preflight::tally::Tally;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks at what a campaign would do if it were launched: whom it would text, what that costs and how long it takes.
/// Nothing is sent, recorded or granted. While one is under way, the same one is answered again.
#[utoipa::path(post, path = "/v1/campaigns/{id}/preflight", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 202, body = Preflight), (status = 409, description = "campaign.state"),
        (status = 422, description = "template.not_published")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<(StatusCode, Json<Preflight>), Problem> {
    // Of what can still be launched; a campaign under way has its progress.
    let campaign = find_for(&app, caller, id, Action::Edit).await?;
    let template = published(&app, &campaign).await?;
    let brief = Brief::read(&app, &campaign, template).await?;
    let now = app.cx.clock.now();
    let row = Row {
        id: PreflightId::at(now),
        tenant: caller.tenant,
        campaign: id,
        state: PreflightState::Running,
        reason: None,
        asked_by: caller.key,
        asked_at: now.into(),
        finished_at: None,
        brief,
        cursor: None,
        step: 0,
        attempts: 0,
        tally: Tally::default(),
        report: None,
        samples: None,
    };
    let asked = row.id;
    let begun = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { db::preflight::insert(tx, &row).await }))
        .await?;
    app.preflights.notify_one();
    let running = Some(PreflightState::Running);
    let read = app.cx.db.read();
    let of = match begun {
        true => asked,
        false => db::preflight::latest(read, id, running)
            .await?
            .map_or(asked, |found| found.id),
    };
    let started = Instant::now();
    loop {
        let found = match db::preflight::by_id(read, of).await? {
            Some(found) => found,
            // The one under way ended just now.
            None => db::preflight::latest(read, id, None)
                .await?
                .ok_or_else(|| Problem::not_found("preflight"))?,
        };
        let done = found.state != PreflightState::Running;
        if done || started.elapsed() >= app.config.preflight_wait() {
            return Ok((StatusCode::ACCEPTED, Json(found.into())));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

//! `POST /v1/campaigns/{id}/clone`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, PathId, Problem};
use chrono::{DateTime, Utc};
use contract::{CampaignId, UnixMillis};
use serde::Deserialize;
use utoipa::ToSchema;

use super::audience_parts;
use super::sender_pool;
use super::transition::find;
use super::types::{Campaign, check};
use crate::app::App;
use crate::db;
use crate::db::campaign::Campaign as Row;
use crate::lifecycle::State;
use crate::schedule::Planned;

/// Characters of a name at most.
const LONGEST: usize = 200;
const COPY: &str = " (copy)";

/// What is to be otherwise; may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloneAs {
    /// The old name and `(copy)`, if absent.
    pub name: Option<String>,
}

/// A new draft that says the same. A schedule whose time has passed is left out.
#[utoipa::path(post, path = "/v1/campaigns/{id}/clone", tag = "campaigns", params(("id" = String, Path)),
    request_body = Option<CloneAs>,
    responses((status = 201, body = Campaign), (status = 404, description = "not_found"),
        (status = 422, description = "campaign.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    body: Option<Body<CloneAs>>,
) -> Result<(StatusCode, Json<Campaign>), Problem> {
    let found = find(&app, caller, id).await?;
    let now = app.cx.clock.now();
    let name = body.and_then(|Body(wanted)| wanted.name);
    // The copy belongs to the mode of the key, as everything that a key makes.
    let copy = Row {
        mode: caller.mode,
        ..copied(found, name, now)
    };
    check(&copy, Vec::new())?;
    audience_parts::check(&app, &copy).await?;
    sender_pool::check(&app, &copy).await?;
    let row = copy.clone();
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                db::campaign::insert(tx, &row).await?;
                db::approval::edited(tx, row.id, caller.key).await
            })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(copy.into())))
}

fn copied(of: Row, name: Option<String>, now: DateTime<Utc>) -> Row {
    let name = name.unwrap_or_else(|| {
        let most = LONGEST - COPY.chars().count();
        let kept: String = of.name.chars().take(most).collect();
        kept + COPY
    });
    let over = match of.schedule.as_ref().and_then(Planned::recurrence) {
        Some(recurrence) => recurrence
            .read()
            .map_or(true, |recurring| recurring.next_after(now).is_none()),
        None => of.schedule_at.is_some_and(|at| at <= UnixMillis::from(now)),
    };
    Row {
        id: CampaignId::at(now),
        name,
        schedule_at: of.schedule_at.filter(|_| !over),
        schedule: of.schedule.filter(|_| !over),
        state: State::Draft,
        state_reason: None,
        run: None,
        created_at: now.into(),
        updated_at: now.into(),
        ..of
    }
}

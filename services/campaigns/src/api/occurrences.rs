//! `GET /v1/campaigns/{id}/occurrences`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, Page, Params, PathId, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::{CampaignId, RunId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use super::transition::find;
use crate::app::App;
use crate::db;
use crate::db::occurrence::OccurrenceState;
use crate::lifecycle::State;
use crate::schedule::slots::Slot;
use crate::schedule::zone::{self, Fit};

/// Slots to come that are shown.
const COMING: usize = 10;

/// What became of the slots of a recurring campaign, and those to come.
#[derive(Debug, Serialize, ToSchema)]
pub struct Occurrences {
    /// The last first.
    pub past: Vec<Past>,
    /// Where `past` goes on; absent at its end.
    pub next_cursor: Option<String>,
    /// The next ten, as the rule and the zone data stand now. None once the campaign has ended.
    pub coming: Vec<Coming>,
    /// The release of the zone data in use.
    pub zone_data: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Past {
    /// The idempotency key of the slot.
    pub id: String,
    pub at: DateTime<Utc>,
    /// What the rule says, on the clocks of the schedule's zone.
    pub local: String,
    pub state: OccurrenceState,
    pub reason: Option<String>,
    #[schema(value_type = Option<String>)]
    pub run: Option<RunId>,
    /// How many slots in a row this stands for; more than one only where they were skipped.
    pub slots: u32,
    /// The last of them.
    pub until: DateTime<Utc>,
    /// The release of the zone data that `at` was computed with.
    pub zone_data: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Coming {
    pub at: DateTime<Utc>,
    /// What the rule says.
    pub local: String,
    /// What the clocks show then, where they skip `local`.
    pub moved_to: Option<String>,
}

/// Past and coming slots of a recurring campaign.
#[utoipa::path(get, path = "/v1/campaigns/{id}/occurrences", tag = "campaigns", params(("id" = String, Path), Page),
    responses((status = 200, body = Occurrences), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    Params(page): Params<Page>,
) -> Result<Json<Occurrences>, Problem> {
    let campaign = find(&app, caller, id).await?;
    let before = cursor(page.cursor.as_deref())?.map_or(UnixMillis(i64::MAX), UnixMillis);
    let size = usize::try_from(page.size()).unwrap_or(usize::MAX);
    let mut rows = db::occurrence::page(app.cx.db.read(), id, before, page.size() + 1).await?;
    let more = rows.len() > size;
    rows.truncate(size);
    let next_cursor = rows
        .last()
        .filter(|_| more)
        .map(|last| last.slot_at.0.to_string());
    let over = matches!(
        campaign.state,
        State::Completed | State::Cancelled | State::Expired | State::Failed
    );
    let recurrence = campaign.recurrence();
    let mut coming = Vec::new();
    if let Some(recurrence) = recurrence.filter(|_| !over) {
        let recurring = recurrence.read().map_err(anyhow::Error::from)?;
        let mut at = app.cx.clock.now();
        while let Some(slot) = recurring.next_after(at).filter(|_| coming.len() < COMING) {
            at = slot.at;
            coming.push(Coming::from(slot));
        }
    }
    Ok(Json(Occurrences {
        past: rows.into_iter().map(Past::from).collect(),
        next_cursor,
        coming,
        zone_data: zone::DATA_VERSION,
    }))
}

impl From<Slot> for Coming {
    fn from(slot: Slot) -> Self {
        let form = "%Y-%m-%dT%H:%M";
        Self {
            at: slot.at,
            local: slot.local.format(form).to_string(),
            moved_to: match slot.fit {
                Fit::Never { instead } => Some(instead.format(form).to_string()),
                Fit::Once | Fit::Twice { .. } => None,
            },
        }
    }
}

impl From<db::occurrence::Occurrence> for Past {
    fn from(row: db::occurrence::Occurrence) -> Self {
        Self {
            id: row.id.simple().to_string(),
            at: row.slot_at.to_utc(),
            local: row.local_time,
            state: row.state,
            reason: row.reason,
            run: row.run,
            slots: row.slots,
            until: row.last_slot_at.to_utc(),
            zone_data: row.zone_data,
        }
    }
}

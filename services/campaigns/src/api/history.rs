//! `GET /v1/campaigns/{id}/history`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, Listing, Page, Params, PathId, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::{CampaignId, KeyId};
use serde::Serialize;
use utoipa::ToSchema;

use super::transition::find;
use crate::app::App;
use crate::db;
use crate::db::transition::Transition as Row;
use crate::lifecycle::State;

/// How a campaign went from one state to another.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transition {
    /// From 1, without gaps.
    pub number: u32,
    pub at: DateTime<Utc>,
    pub from: State,
    pub to: State,
    /// What was asked for, or what the service did by itself: `begin`, `freeze`, `close`, `end`.
    pub action: String,
    /// `null`: the service itself.
    #[schema(value_type = Option<String>)]
    pub key: Option<KeyId>,
    /// A code of docs/reasons.md.
    pub reason: Option<String>,
    /// What somebody wrote about it, what has moved since an approval, or how many people made one necessary.
    pub note: Option<String>,
}

impl From<Row> for Transition {
    fn from(row: Row) -> Self {
        Self {
            number: row.number,
            at: row.at.to_utc(),
            from: row.from,
            to: row.to,
            action: row.action,
            key: row.key,
            reason: row.reason,
            note: row.note,
        }
    }
}

/// Every transition of a campaign, the first first.
#[utoipa::path(get, path = "/v1/campaigns/{id}/history", tag = "campaigns", params(("id" = String, Path), Page),
    responses((status = 200, body = Listing<Transition>), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<Transition>>, Problem> {
    let campaign = find(&app, caller, id).await?;
    let after = cursor::<u32>(page.cursor.as_deref())?;
    let (read, size) = (app.cx.db.read(), page.size());
    let rows = db::transition::page(read, campaign.id, after.unwrap_or(0), size + 1).await?;
    let rows: Vec<Transition> = rows.into_iter().map(Transition::from).collect();
    Ok(Json(Listing::cut(rows, size, |one| one.number.to_string())))
}

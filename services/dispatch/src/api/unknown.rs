//! `GET /v1/unknown`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::UnixMillis;
use contract::chunk::Outcome;
use contract::ids::{CampaignId, ContactId, MessageId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::look_up::{self, Count, Open};
use crate::sends::{NO_CAMPAIGN, NOBODY};

/// A text of which nobody can say what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InDoubt {
    #[schema(value_type = String)]
    id: MessageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    campaign: Option<CampaignId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    contact: Option<ContactId>,
    /// Empty where any of them may have had it.
    provider: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    provider_message_id: String,
    /// `unknown`, or `handed_over` without a receipt.
    #[schema(value_type = String)]
    outcome: Outcome,
    #[serde(flatten)]
    tried: LookedUp,
}

/// Why a text is in doubt, and what was done about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LookedUp {
    /// `no_answer`, `permit_lost`, `process_died` or `no_receipt`.
    cause: &'static str,
    /// When it was handed over, or the doubt arose.
    at: DateTime<Utc>,
    /// Look-ups so far.
    tries: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_try_at: Option<DateTime<Utc>>,
    /// What the last one came to.
    #[serde(skip_serializing_if = "String::is_empty")]
    last_result: String,
    /// Absent where there is no way to look it up, or it was tried often enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_try_at: Option<DateTime<Utc>>,
}

impl From<&Open> for LookedUp {
    fn from(open: &Open) -> Self {
        Self {
            cause: open.cause.as_str(),
            at: open.at.to_utc(),
            tries: open.tries,
            last_try_at: open.last_at.map(UnixMillis::to_utc),
            last_result: open.last_result.clone(),
            next_try_at: open.due.map(UnixMillis::to_utc),
        }
    }
}

impl From<Open> for InDoubt {
    fn from(open: Open) -> Self {
        Self {
            id: open.message,
            campaign: Some(open.campaign).filter(|campaign| *campaign != NO_CAMPAIGN),
            contact: Some(open.contact).filter(|contact| *contact != NOBODY),
            tried: LookedUp::from(&open),
            provider: open.provider,
            provider_message_id: open.provider_message_id,
            outcome: open.outcome,
        }
    }
}

/// How many of a kind.
#[derive(Debug, Serialize, ToSchema)]
pub struct Group {
    provider: String,
    cause: String,
    #[schema(value_type = String)]
    outcome: Outcome,
    /// `under_an_hour`, `under_a_day` or `older`.
    age: &'static str,
    /// Whether they are still looked up.
    goes_on: bool,
    texts: i64,
}

impl From<Count> for Group {
    fn from(count: Count) -> Self {
        Self {
            provider: count.provider,
            cause: count.cause,
            outcome: count.outcome,
            age: match count.age {
                0 => "under_an_hour",
                1 => "under_a_day",
                _ => "older",
            },
            goes_on: count.goes_on,
            texts: count.texts,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    /// All of them, counted.
    groups: Vec<Group>,
    #[serde(flatten)]
    page: Listing<InDoubt>,
}

/// Texts of which nobody can say what became of them, in the mode of the key: unknown ones, and those that were handed
/// over and have no receipt for long.
#[utoipa::path(get, path = "/v1/unknown", tag = "dispatch", params(Page), responses((status = 200, body = Report)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Report>, Problem> {
    let after = cursor(page.cursor.as_deref())?;
    let (engine, db, size) = (app.cx.db.engine(), app.cx.db.read(), page.size());
    let who = (caller.tenant, caller.mode);
    let rows = look_up::page(engine, db, who, after, size + 1).await?;
    let counts = look_up::counts(engine, db, who, app.cx.clock.millis().0).await?;
    let rows: Vec<InDoubt> = rows.into_iter().map(InDoubt::from).collect();
    Ok(Json(Report {
        groups: counts.into_iter().map(Group::from).collect(),
        page: Listing::cut(rows, size, |one| one.id.to_string()),
    }))
}

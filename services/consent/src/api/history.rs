//! `GET /v1/consents?phone=`: everything a person ever said, with its evidence.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Params, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::{ConsentId, ContactId, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::whom::phone_of;
use crate::app::App;
use crate::db::ledger::{Entry, history};
use crate::law::Level;
use crate::standing::Change;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// E.164, or absent if `contact` is given.
    pub phone: Option<String>,
    #[param(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    pub cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    pub limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentEntry {
    #[schema(value_type = String)]
    pub id: ConsentId,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    /// Absent: everything (opt-out) or `default` (opt-in).
    pub programme: Option<String>,
    /// `opt_in`, `doi_confirm`, `opt_out`, `restore`, `expire`, `import`, `hold`, `release`, `block`,
    /// `unsuppress`, `reassign`, `restrict`, `unrestrict`, `object` or `erase`.
    pub action: String,
    pub method: String,
    /// How far an opt-out reaches: `global`, `class:…`, `programme:…` or `channel:…`.
    pub scope: Option<String>,
    /// Of an opt-in: `implied`, `soft`, `express` or `written`.
    pub level: Option<&'static str>,
    /// Of an opt-in: `all`, `marketing` or `informational`.
    pub purpose: Option<&'static str>,
    pub channel: Option<String>,
    /// Waits to be confirmed (double opt-in).
    pub pending: bool,
    pub expires_at: Option<DateTime<Utc>>,
    /// Empty after an erasure.
    #[schema(value_type = Object)]
    pub evidence: Value,
    pub at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub revision: i64,
    /// Its place in the ledger; absent for entries from before the ledger was chained.
    pub seq: Option<i64>,
    /// Its hash in the chain.
    pub hash: Option<String>,
}

/// A person's consent history, oldest first.
#[utoipa::path(get, path = "/v1/consents", tag = "consent", params(Filter),
    responses((status = 200, body = Listing<ConsentEntry>), (status = 422, description = "phone.*, field.required, contact.unknown")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(filter): Params<Filter>,
) -> Result<Json<Listing<ConsentEntry>>, Problem> {
    let tenant = caller.tenant;
    let after: i64 = cursor(filter.cursor.as_deref())?.unwrap_or(0);
    let phone = phone_of(&app, tenant, filter.phone.as_deref(), filter.contact).await?;
    let size = filter.limit.unwrap_or(50).clamp(1, 200);
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let rows = history(reader, engine, tenant, phone, after, size + 1).await?;
    let shown = rows.into_iter().map(ConsentEntry::of).collect();
    Ok(Json(Listing::cut(
        shown,
        u64::from(size),
        |entry: &ConsentEntry| entry.revision.to_string(),
    )))
}

impl ConsentEntry {
    pub fn of(entry: Entry) -> Self {
        let utc = |at: i64| UnixMillis(at).to_utc();
        let change: Option<Change> = entry
            .chained
            .as_ref()
            .and_then(|chained| serde_json::from_str(&chained.detail).ok());
        let gives = change
            .as_ref()
            .filter(|change| change.level > Level::None || change.action.brings_texts());
        Self {
            id: entry.id,
            contact: entry.contact,
            scope: change
                .as_ref()
                .and_then(|change| change.scope.as_ref().map(ToString::to_string)),
            level: gives
                .filter(|change| change.level > Level::None)
                .map(|change| change.level.as_str()),
            purpose: gives.map(|change| change.purpose.as_str()),
            channel: change.as_ref().map(|change| change.channel.clone()),
            pending: change.as_ref().is_some_and(|change| change.pending),
            expires_at: change
                .as_ref()
                .and_then(|change| change.expires_at)
                .map(utc),
            evidence: evidence(&entry),
            programme: entry.programme,
            action: entry.action,
            method: entry.method,
            at: utc(entry.acted_at),
            recorded_at: utc(entry.recorded_at),
            revision: entry.revision,
            seq: entry.chained.as_ref().map(|chained| chained.seq),
            hash: entry.chained.map(|chained| hex::encode(chained.hash)),
        }
    }
}

/// A chained entry keeps its evidence beside the number; one from before keeps it alone.
fn evidence(entry: &Entry) -> Value {
    let mut kept: Value = serde_json::from_str(&entry.evidence).unwrap_or_default();
    if entry.chained.is_none() {
        return kept;
    }
    match kept.get_mut("evidence") {
        Some(evidence) => evidence.take(),
        None => Value::Object(serde_json::Map::new()),
    }
}

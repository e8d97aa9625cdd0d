//! `GET /v1/consents?phone=`: everything a person ever said, with its evidence.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Listing, Params, Problem};
use chrono::{DateTime, Utc};
use contract::{ConsentId, ContactId, UnixMillis};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::intake::phone_parameter;
use crate::app::App;
use crate::db::ledger::{Entry, history};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// E.164.
    pub phone: String,
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
    /// `opt_in`, `opt_out` or `restore`.
    pub action: String,
    pub method: String,
    #[schema(value_type = Object)]
    pub evidence: serde_json::Value,
    pub at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub revision: i64,
}

/// A person's consent history, oldest first.
#[utoipa::path(get, path = "/v1/consents", tag = "consent", params(Filter),
    responses((status = 200, body = Listing<ConsentEntry>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(filter): Params<Filter>,
) -> Result<Json<Listing<ConsentEntry>>, Problem> {
    let phone = phone_parameter(&filter.phone)?;
    let after: i64 = filter
        .cursor
        .as_deref()
        .unwrap_or("0")
        .parse()
        .map_err(|_| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "cursor.invalid",
                "the cursor is not one of this list",
            )
        })?;
    let size = filter.limit.unwrap_or(50).clamp(1, 200);
    let rows = history(
        app.cx.db.read(),
        app.engine(),
        caller.tenant,
        phone,
        after,
        size + 1,
    )
    .await?;
    let shown = rows.into_iter().map(shown).collect();
    Ok(Json(Listing::cut(
        shown,
        u64::from(size),
        |entry: &ConsentEntry| entry.revision.to_string(),
    )))
}

fn shown(entry: Entry) -> ConsentEntry {
    ConsentEntry {
        id: entry.id,
        contact: entry.contact,
        programme: entry.programme,
        action: entry.action,
        method: entry.method,
        evidence: serde_json::from_str(&entry.evidence).unwrap_or_default(),
        at: UnixMillis(entry.acted_at).to_utc(),
        recorded_at: UnixMillis(entry.recorded_at).to_utc(),
        revision: entry.revision,
    }
}

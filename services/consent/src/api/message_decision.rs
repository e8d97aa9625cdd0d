//! `GET /v1/messages/{id}/decision`: what one message's permit, or its refusal, rests on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use chrono::{DateTime, Utc};
use contract::{MessageId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use super::decision::{DecisionShown, shown};
use crate::app::App;
use crate::db;

#[derive(Debug, Serialize, ToSchema)]
pub struct MessageDecision {
    #[schema(value_type = String)]
    pub message: MessageId,
    /// It never had a permit: the decision is the one of its screening.
    pub screened_only: bool,
    pub permit: Option<PermitShown>,
    /// When it was screened; absent where a permit tells more.
    pub screened_at: Option<DateTime<Utc>>,
    pub decision: DecisionShown,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PermitShown {
    pub granted_at: DateTime<Utc>,
    /// Ledger entries of the person by then.
    pub revision: i64,
}

/// The decision of one message.
#[utoipa::path(get, path = "/v1/messages/{id}/decision", tag = "consent",
    params(("id" = String, Path, description = "msg_…")),
    responses((status = 200, body = MessageDecision), (status = 404)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(message): PathId<MessageId>,
) -> Result<Json<MessageDecision>, Problem> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let gone = || Problem::not_found("message");
    let about = db::run_about::find(reader, engine, caller.tenant, message.run()).await?;
    about.ok_or_else(gone)?;
    let permit = db::permit::find(reader, engine, message).await?;
    let (id, screened_at) = match &permit {
        Some(permit) => (permit.decision, None),
        None => {
            let found = db::screen::find(reader, engine, message).await?;
            let (id, at) = found.ok_or_else(gone)?;
            (id, Some(UnixMillis(at).to_utc()))
        }
    };
    let stored = db::decision::find(reader, engine, id).await?;
    Ok(Json(MessageDecision {
        message,
        screened_only: permit.is_none(),
        permit: permit.map(|permit| PermitShown {
            granted_at: UnixMillis(permit.granted_at).to_utc(),
            revision: permit.revision,
        }),
        screened_at,
        decision: shown(id, stored.ok_or_else(gone)?),
    }))
}

//! `GET /v1/messages/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use chrono::{DateTime, Utc};
use contract::chunk::Outcome;
use contract::{CampaignId, ContactId, DecisionId, MessageId, RunId, TenantId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::messages::{self, Whole};
use crate::db::runs::{self, Run};

/// One text to one person, as far as it has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    #[schema(value_type = String)]
    pub id: MessageId,
    #[schema(value_type = String)]
    pub run: RunId,
    #[schema(value_type = Option<String>)]
    pub campaign: Option<CampaignId>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    /// The decision that let it pass or stopped it.
    #[schema(value_type = Option<String>)]
    pub decision: Option<DecisionId>,
    pub outcome: &'static str,
    pub reason: String,
    pub segments: u8,
    pub provider: Option<String>,
    pub provider_message_id: Option<String>,
    pub handed_over_at: Option<DateTime<Utc>>,
    pub final_at: Option<DateTime<Utc>>,
}

/// One message. It appears once it is settled or handed over.
#[utoipa::path(get, path = "/v1/messages/{id}", tag = "messages", params(("id" = String, Path)),
    responses((status = 200, body = Message), (status = 404)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<MessageId>,
) -> Result<Json<Message>, Problem> {
    let (run, whole) = find(&app, caller.tenant, id).await?;
    Ok(Json(describe(id, &run, whole)))
}

/// The run comes first, because it knows the tenant.
pub async fn find(app: &App, tenant: TenantId, id: MessageId) -> Result<(Run, Whole), Problem> {
    let missing = || Problem::not_found("message, or it is still on its way");
    let run = runs::find(&app.db, tenant, id.run())
        .await?
        .ok_or_else(missing)?;
    let mid = runs::message_key(run.no, id.chunk(), id.position());
    let whole = messages::find(&app.db, mid).await?.ok_or_else(missing)?;
    Ok((run, whole))
}

fn describe(id: MessageId, run: &Run, whole: Whole) -> Message {
    let standing = whole.message.standing();
    let outcome = standing
        .and_then(|step| Outcome::from_rank(step.rank))
        .unwrap_or(Outcome::Pending);
    let time = |at: i64| UnixMillis(at).to_utc();
    let handed_over = whole
        .message
        .handed
        .as_ref()
        .filter(|step| step.rank >= Outcome::HandedOver.rank());
    Message {
        id,
        run: run.run,
        campaign: run.campaign,
        contact: whole.contact,
        decision: whole.decision,
        outcome: outcome.as_str(),
        reason: standing.map_or_else(String::new, |step| step.reason.to_string()),
        segments: whole.message.segments,
        handed_over_at: handed_over.map(|step| time(step.at)),
        final_at: standing
            .filter(|_| outcome.is_final())
            .map(|step| time(step.at)),
        provider: whole.provider,
        provider_message_id: whole.provider_message_id,
    }
}

//! `GET /v1/messages/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use chrono::{DateTime, Utc};
use contract::chunk::Outcome;
use contract::dispatch::{FindSend, SendFound};
use contract::texts::Origin;
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
    /// What it belongs to, where a flow sent it: its `kind` (`appointment`, `journey`, `campaign_test`) and `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub origin: Option<Origin>,
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

/// One message. One of a campaign appears once it is settled or handed over; one of the API or a flow at once.
#[utoipa::path(get, path = "/v1/messages/{id}", tag = "messages", params(("id" = String, Path)),
    responses((status = 200, body = Message), (status = 404)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<MessageId>,
) -> Result<Json<Message>, Problem> {
    if let Some((run, whole)) = settled(&app, caller.tenant, id).await? {
        let mut message = describe(id, &run, whole);
        if message.campaign.is_none() {
            message.origin = send(&app, caller.tenant, id)
                .await
                .and_then(|sent| sent.origin);
        }
        return Ok(Json(message));
    }
    match send(&app, caller.tenant, id).await {
        Some(sent) => Ok(Json(on_its_way(id, &sent))),
        None => Err(missing()),
    }
}

/// What dispatch knows of a text that came by the API or from a flow; nothing where it does not answer.
pub async fn send(app: &App, tenant: TenantId, id: MessageId) -> Option<SendFound> {
    let question = FindSend { message: id };
    app.bus.ask(tenant, &question).await.ok().flatten()
}

fn missing() -> Problem {
    Problem::not_found("message, or it is still on its way")
}

fn on_its_way(id: MessageId, sent: &SendFound) -> Message {
    Message {
        id,
        run: id.run(),
        campaign: None,
        origin: sent.origin.clone(),
        contact: sent.contact,
        decision: sent.decision,
        outcome: sent.outcome.as_str(),
        reason: sent.reason.to_string(),
        segments: sent.segments,
        provider: None,
        provider_message_id: None,
        handed_over_at: None,
        final_at: None,
    }
}

/// The run comes first, because it knows the tenant.
pub async fn settled(
    app: &App,
    tenant: TenantId,
    id: MessageId,
) -> Result<Option<(Run, Whole)>, Problem> {
    let Some(mut run) = runs::find(&app.db, tenant, id.run()).await? else {
        return Ok(None);
    };
    let mid = runs::message_key(run.no, id.chunk(), id.position());
    let Some(mut whole) = messages::find(&app.db, mid).await? else {
        return Ok(None);
    };
    // Texts of no campaign, to nobody we know, with no decision carry zeros.
    run.campaign = run.campaign.filter(|campaign| campaign.raw() != 0);
    whole.contact = whole.contact.filter(|contact| contact.raw() != 0);
    whole.decision = whole.decision.filter(|decision| decision.raw() != 0);
    Ok(Some((run, whole)))
}

/// The same, or 404.
pub async fn find(app: &App, tenant: TenantId, id: MessageId) -> Result<(Run, Whole), Problem> {
    settled(app, tenant, id).await?.ok_or_else(missing)
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
        origin: None,
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

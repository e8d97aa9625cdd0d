//! `GET /v1/explain`: why somebody may be texted or not, at any instant, and what would change it.

mod load;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Params, Problem};
use chrono::{DateTime, Utc};
use contract::{CampaignId, Class, ContactId, DecisionId, MessageId, TemplateId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::explain::{Explanation, explain};

/// Exactly one of `phone`, `contact` and `message`.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// E.164.
    pub phone: Option<String>,
    #[param(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    /// A text that left: it is judged again as of its permit, unless `at` says otherwise.
    #[param(value_type = Option<String>)]
    pub message: Option<MessageId>,
    /// `marketing` if absent, or that of the campaign or message.
    #[param(value_type = Option<String>)]
    pub class: Option<Class>,
    /// `default` if absent, or that of the campaign or message.
    pub programme: Option<String>,
    /// Its class, programme, sender and papers count, as far as it has begun.
    #[param(value_type = Option<String>)]
    pub campaign: Option<CampaignId>,
    pub sender: Option<String>,
    #[param(value_type = Option<String>)]
    pub template: Option<TemplateId>,
    /// In the past: the standing and the law of then. In the future: today's standing by that clock.
    pub at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Explained {
    pub phone: String,
    pub class: &'static str,
    pub programme: String,
    pub sender: String,
    pub at: DateTime<Utc>,
    /// The tenant's policy version that judged; 0 is the pack alone.
    pub version: i64,
    /// Of the policy set.
    pub policy_set: String,
    /// The decision that the message got when it was permitted.
    #[schema(value_type = Option<String>)]
    pub decision: Option<DecisionId>,
    /// What could not be asked, such as the contact's zone.
    pub notes: Vec<String>,
    #[serde(flatten)]
    pub explanation: Explanation,
}

/// Explain one text to one person.
#[utoipa::path(get, path = "/v1/explain", tag = "consent", params(Question),
    responses((status = 200, body = Explained), (status = 404, description = "no such contact or message"),
    (status = 422, description = "explain.no_number, query.invalid, phone.*")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(question): Params<Question>,
) -> Result<Json<Explained>, Problem> {
    let named = [
        question.phone.is_some(),
        question.contact.is_some(),
        question.message.is_some(),
    ];
    if named.iter().filter(|there| **there).count() != 1 {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "query.invalid",
            "give exactly one of phone, contact and message",
        ));
    }
    let loaded = load::load(&app, caller, question).await?;
    let rules = loaded.memo.rules();
    let explanation = explain(rules, &app.places, &loaded.scene, &loaded.entries);
    Ok(Json(Explained {
        phone: loaded.phone.to_string(),
        class: loaded.scene.class.as_str(),
        programme: loaded.scene.programme,
        sender: loaded.scene.sender,
        at: loaded.scene.now,
        version: loaded.version,
        policy_set: hex::encode(rules.hash()),
        decision: loaded.decision,
        notes: loaded.notes,
        explanation,
    }))
}

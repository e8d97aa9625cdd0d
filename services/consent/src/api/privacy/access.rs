//! `GET /v1/privacy/access?phone=`: all that this service holds about a person (GDPR art 15).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Params, Problem};
use chrono::{DateTime, Utc};
use contract::{Class, ContactId, InboundId, ReviewId, SuppressionId, TenantId, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::retention::{Keeping, schedule};
use crate::api::evidence::gather::{self, Gathered, MOST};
use crate::api::history::ConsentEntry;
use crate::api::standing::{PersonStanding, shown};
use crate::api::whom::phone_of;
use crate::app::App;
use crate::db::standing::Hold;
use crate::db::{self};
use crate::people::People;
use crate::person::PersonFacts;
use crate::tenants::person_hash;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// E.164, or absent if `contact` is given.
    pub phone: Option<String>,
    #[param(value_type = Option<String>)]
    pub contact: Option<ContactId>,
}

#[derive(Serialize, ToSchema)]
pub struct Access {
    pub phone: String,
    pub made_at: DateTime<Utc>,
    pub standing: PersonStanding,
    /// Every entry of the ledger about this number; found after an erasure too, then without evidence.
    pub consents: Vec<ConsentEntry>,
    /// What the sender told us of the person.
    #[schema(value_type = Object)]
    pub facts: PersonFacts,
    /// Replies a human had to look at.
    pub reviews: Vec<ReviewShown>,
    pub suppressions: Vec<SuppressionShown>,
    /// Do-not-call lists with this number.
    pub do_not_call_lists: Vec<String>,
    /// What was permitted to be sent, each with the decision it points at.
    #[schema(value_type = Vec<Object>)]
    pub messages: Vec<Value>,
    #[schema(value_type = Vec<Object>)]
    pub decisions: Vec<Value>,
    /// When they texted whom; what they wrote stands at inbound.
    pub texted: Vec<TextedShown>,
    pub retention: Vec<Keeping>,
}

#[derive(Serialize, ToSchema)]
pub struct ReviewShown {
    #[schema(value_type = String)]
    pub id: ReviewId,
    pub text: String,
    pub why: String,
    pub received_at: DateTime<Utc>,
    pub decision: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct TextedShown {
    #[schema(value_type = String)]
    pub inbound: InboundId,
    pub sender: String,
    pub at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
pub struct SuppressionShown {
    #[schema(value_type = String)]
    pub id: SuppressionId,
    pub scope: String,
    pub source: String,
    pub note: String,
    pub created_at: DateTime<Utc>,
}

/// Everything held about a person, for the person.
#[utoipa::path(get, path = "/v1/privacy/access", tag = "privacy", params(Filter),
    responses((status = 200, body = Access), (status = 422, description = "phone.*, field.*, contact.unknown, evidence.too_large")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(filter): Params<Filter>,
) -> Result<Json<Access>, Problem> {
    let tenant = caller.tenant;
    let phone = phone_of(&app, tenant, filter.phone.as_deref(), filter.contact).await?;
    let (reader, engine, now) = (app.cx.db.read(), app.engine(), app.cx.clock.now());
    let about = (Class::Informational, &[phone][..]);
    let people = People::load(&app, reader, tenant, about, Hold::None).await?;
    let known = people.known(phone);
    let standing = known.standing.clone().unwrap_or_default();
    let consents = match app.tenants.known_keys(tenant).await? {
        Some(keys) => {
            let person = person_hash(&keys, phone);
            db::ledger::of_person(reader, engine, tenant, &person).await?
        }
        None => Vec::new(),
    };
    let always = (i64::MIN, i64::MAX);
    let sent = gather::of_person(&app, tenant, phone, always, MOST).await?;
    let Gathered {
        messages,
        decisions,
        ..
    } = gather::written(&app, &sent).await?;
    let listed = db::dnc::among(reader, engine, tenant, std::iter::once(phone)).await?;
    let (reviews, suppressions) = written_about(&app, tenant, phone).await?;
    Ok(Json(Access {
        phone: phone.to_string(),
        made_at: now,
        standing: shown(phone.to_string(), &standing, now),
        consents: consents.into_iter().map(ConsentEntry::of).collect(),
        facts: known.facts.clone(),
        reviews,
        suppressions,
        do_not_call_lists: listed.into_values().flatten().collect(),
        messages,
        decisions,
        texted: texted(&app, tenant, phone).await?,
        retention: schedule(&app).await?,
    }))
}

async fn texted(
    app: &App,
    tenant: TenantId,
    phone: contract::Phone,
) -> anyhow::Result<Vec<TextedShown>> {
    let (reader, engine, phones) = (app.cx.db.read(), app.engine(), std::iter::once(phone));
    let heard = db::heard::load(reader, engine, tenant, phones, i64::MIN).await?;
    let shown = heard.into_values().flatten().map(|one| TextedShown {
        inbound: one.inbound,
        sender: one.sender,
        at: UnixMillis(one.at).to_utc(),
    });
    Ok(shown.collect())
}

async fn written_about(
    app: &App,
    tenant: TenantId,
    phone: contract::Phone,
) -> anyhow::Result<(Vec<ReviewShown>, Vec<SuppressionShown>)> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let utc = |at: i64| UnixMillis(at).to_utc();
    let reviews = db::review::of_person(reader, engine, tenant, phone).await?;
    let reviews = reviews.into_iter().map(|review| ReviewShown {
        id: review.id,
        text: review.text,
        why: review.why,
        received_at: utc(review.received_at),
        decision: review.decision,
    });
    let listed = db::suppression::of_person(reader, engine, tenant, phone).await?;
    let listed = listed.into_iter().map(|one| SuppressionShown {
        id: one.id,
        scope: one.scope,
        source: one.source,
        note: one.note,
        created_at: utc(one.created_at),
    });
    Ok((reviews.collect(), listed.collect()))
}

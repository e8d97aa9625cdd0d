//! `POST /v1/routes/explain`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, Problem};
use contract::ids::ContactId;
use contract::{Class, Phone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::db::sticky_sender;
use crate::route::choose::{Health, WhyNot, choose, why_not};
use crate::route::pool::pick;
use crate::route::{cost, country, draw};
use crate::routing::pool_body;
use crate::routing::snapshot::Tenant;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// E.164.
    #[schema(value_type = String)]
    pub to: Phone,
    /// A sender, or `pool:<name>`.
    pub sender: String,
    #[schema(value_type = String)]
    pub class: Class,
    /// Whose draw it is; without one the number stands for the person.
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    pub country: Option<String>,
    pub operator: Option<String>,
    /// What the text would leave from; absent where there is no such pool.
    pub sender: Option<String>,
    /// The first that would be tried; absent: `NO_ROUTE`.
    pub chosen: Option<Chosen>,
    /// Every other route.
    pub candidates: Vec<Other>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Chosen {
    pub route: String,
    pub provider: String,
    /// Of a segment, such as `0.0075 USD`.
    pub cost: Option<String>,
    /// Tried in this order where the one before surely sent nothing.
    pub then: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Other {
    pub route: String,
    pub provider: Option<String>,
    pub cost: Option<String>,
    #[schema(value_type = String)]
    pub why_not: WhyNot,
}

/// Which way a text would go now, and why no other. Nothing is sent or remembered.
#[utoipa::path(post, path = "/v1/routes/explain", tag = "dispatch", request_body = Question,
    responses((status = 200, body = Explanation)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(question): Body<Question>,
) -> Result<Json<Explanation>, Problem> {
    let own = app.routing.of(caller.tenant, caller.mode);
    let own = own.unwrap_or_default();
    let person = question
        .contact
        .map_or(u128::from(question.to.digits()), ContactId::raw);
    let sender = sender(&app, &own, &question, person).await?;
    let named = sender.as_deref().unwrap_or(&question.sender);
    let ask = own.ask(question.to, question.class, named, person);
    let mut explanation = Explanation {
        country: country::of(question.to.digits()).map(|country| country.to_string()),
        operator: ask.operator.map(ToString::to_string),
        sender: sender.clone(),
        chosen: None,
        candidates: Vec::new(),
    };
    if sender.is_none() {
        return Ok(Json(explanation));
    }
    let provider = |link: usize| app.links.get(link).map(|link| link.name.to_string());
    if own.routes.is_empty() {
        explanation.chosen = app.routing.plain(caller.mode).and_then(|plan| {
            let name = provider(plan.first_link())?;
            Some(Chosen {
                route: name.clone(),
                provider: name,
                cost: None,
                then: Vec::new(),
            })
        });
        return Ok(Json(explanation));
    }
    let health = |link: usize| -> Health { app.links.health(link) };
    let prefer = app.routing.prefer();
    let choice = choose(&own.routes, &ask, prefer, health);
    let price = |route: usize| {
        cost::of_country(&own.routes[route].costs, ask.country).map(|cost| cost.to_string())
    };
    let name = |route: usize| own.routes[route].name.to_string();
    let mut order = choice.order.iter();
    explanation.chosen = order.next().and_then(|(route, link)| {
        Some(Chosen {
            route: name(*route),
            provider: provider(*link)?,
            cost: price(*route),
            then: choice.order[1..]
                .iter()
                .map(|(route, _)| name(*route))
                .collect(),
        })
    });
    explanation.candidates = why_not(&own.routes, &ask, prefer, health, &choice)
        .into_iter()
        .map(|(route, why_not)| Other {
            route: name(route),
            provider: own.routes[route].link.and_then(provider),
            cost: price(route),
            why_not,
        })
        .collect();
    Ok(Json(explanation))
}

/// The sender itself, or the one that its pool would give.
async fn sender(
    app: &App,
    own: &Tenant,
    question: &Question,
    person: u128,
) -> anyhow::Result<Option<String>> {
    let Some(name) = question.sender.strip_prefix(pool_body::PREFIX) else {
        return Ok(Some(question.sender.clone()));
    };
    let Some(pool) = own.pools.get(name) else {
        return Ok(None);
    };
    let known = match question.contact {
        Some(contact) => {
            let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
            let mut known = sticky_sender::of(engine, db, pool.id, &[contact]).await?;
            known.remove(&contact)
        }
        None => None,
    };
    let drawn = draw::of_id(person);
    let (members, known) = (&pool.members, known.as_deref());
    let member = pick(members, pool.strategy, known, question.to, drawn);
    Ok(member.map(|member| member.sender.clone()))
}

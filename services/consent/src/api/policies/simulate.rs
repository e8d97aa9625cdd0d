//! `POST /v1/policies/simulate`: what another policy set would change, over an audience or over real sends.

mod audience;
mod history;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use chrono::{DateTime, Utc};
use contract::{Class, ListId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::proposal::{Proposal, chosen, refused};
use crate::app::App;
use crate::decision::Effect;
use crate::memo::Memo;
use crate::simulate::{Change, Outcome, Tally, Totals};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimulationAsked {
    pub candidate: Candidate,
    pub audience: Audience,
    /// For lists and phones; `marketing` if absent.
    #[schema(value_type = Option<String>)]
    pub class: Option<Class>,
    /// For lists and phones; `default` if absent.
    pub programme: Option<String>,
    /// For lists and phones: the instant of the texts; now if absent.
    pub at: Option<DateTime<Utc>>,
}

/// A stored version, or parameters and forbids.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    pub version: Option<i64>,
    pub parameters: Option<crate::parameters::Parameters>,
    pub forbids: Option<String>,
}

/// Exactly one of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Contacts on any of these lists; empty means every contact. 200,000 at most.
    #[schema(value_type = Option<Vec<String>>)]
    pub lists: Option<Vec<ListId>>,
    /// E.164.
    pub phones: Option<Vec<String>>,
    /// What really left in the last so many days; 1 to 366.
    pub sent_days: Option<u16>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Simulated {
    pub evaluated: u64,
    /// Sends whose stored facts cannot be read any more.
    pub unreadable: u64,
    /// Under what is in force.
    pub before: TotalsShown,
    /// Under the candidate.
    pub after: TotalsShown,
    /// By reasons, the most frequent first.
    pub changes: Vec<ChangeShown>,
    pub before_hash: String,
    pub after_hash: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TotalsShown {
    pub allow: u64,
    pub deny: u64,
    pub defer: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeShown {
    /// `allow`, `deny` or `defer`.
    pub effect: &'static str,
    pub reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeShown {
    pub before: OutcomeShown,
    pub after: OutcomeShown,
    pub count: u64,
    /// Up to ten ids: contacts of lists, messages of sends; for phones their places in the question.
    pub samples: Vec<String>,
}

/// Compare a candidate with what is in force. Nothing is stored and nobody is texted.
#[utoipa::path(post, path = "/v1/policies/simulate", tag = "policies", request_body = SimulationAsked,
    responses((status = 200, body = Simulated), (status = 404),
    (status = 422, description = "policy.invalid, simulation.too_large, audience.unclear, field.*")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(asked): Body<SimulationAsked>,
) -> Result<Json<Simulated>, Problem> {
    let Candidate {
        version,
        parameters,
        forbids,
    } = asked.candidate;
    if version.is_none() && parameters.is_none() && forbids.is_none() {
        let detail = "give a version, or parameters and forbids";
        return Err(Problem::invalid(detail).error("/candidate", "field.required", detail));
    }
    let proposal = Proposal {
        parameters,
        forbids,
    };
    let own = chosen(&app, caller.tenant, version, proposal).await?;
    let rules = app.tenants.compile(own).map_err(refused)?;
    let after = Arc::new(Memo::new(Arc::new(rules)));
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let before = app.tenants.active(reader, engine, caller.tenant).await?;
    let both = (before, after);
    let (tally, unreadable) = match (
        asked.audience.lists,
        asked.audience.phones,
        asked.audience.sent_days,
    ) {
        (None, None, Some(days)) => history::run(&app, caller.tenant, &both, days).await?,
        (lists, phones, None) if lists.is_some() != phones.is_some() => {
            let text = audience::Text {
                class: asked.class.unwrap_or(Class::Marketing),
                programme: asked.programme.unwrap_or_else(|| "default".to_string()),
                at: asked.at.unwrap_or_else(|| app.cx.clock.now()),
                live: caller.mode == contract::Mode::Live,
            };
            let tally = match (lists, phones) {
                (Some(lists), _) => {
                    audience::of_lists(&app, caller.tenant, &both, &text, lists).await?
                }
                (_, phones) => {
                    let phones = phones.unwrap_or_default();
                    audience::of_phones(&app, caller.tenant, &both, &text, &phones).await?
                }
            };
            (tally, 0)
        }
        _ => {
            let detail = "give exactly one of lists, phones and sent_days";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Problem::new(status, "audience.unclear", detail).error(
                "/audience",
                "audience.unclear",
                detail,
            ));
        }
    };
    Ok(Json(shown(&tally, unreadable, &both)))
}

fn too_large(most: usize, what: &str) -> Problem {
    let detail = format!("over {most} {what}; take fewer");
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, "simulation.too_large", &detail).error(
        "/audience",
        "simulation.too_large",
        detail,
    )
}

fn shown(tally: &Tally, unreadable: u64, (before, after): &(Arc<Memo>, Arc<Memo>)) -> Simulated {
    let hash = |memo: &Memo| hex::encode(memo.rules().hash());
    Simulated {
        evaluated: tally.evaluated,
        unreadable,
        before: totals(tally.before),
        after: totals(tally.after),
        changes: tally.changes().into_iter().map(change).collect(),
        before_hash: hash(before),
        after_hash: hash(after),
    }
}

const fn totals(totals: Totals) -> TotalsShown {
    TotalsShown {
        allow: totals.allow,
        deny: totals.deny,
        defer: totals.defer,
    }
}

fn change(change: Change) -> ChangeShown {
    let outcome = |(effect, reason): Outcome| OutcomeShown {
        effect: Effect::as_str(effect),
        reason: reason.to_string(),
    };
    ChangeShown {
        before: outcome(change.before),
        after: outcome(change.after),
        count: change.count,
        samples: change.samples,
    }
}

//! `GET /v1/standing?phone=&at=`: where a person stands, now or at any past instant.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Params, Problem};
use chrono::{DateTime, Utc};
use contract::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::intake::phone_parameter;
use crate::app::App;
use crate::db;
use crate::db::standing::Hold;
use crate::people::People;
use crate::standing::{Change, Standing};
use crate::tenants::person_hash;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// E.164.
    pub phone: String,
    /// What was recorded by then; now if absent.
    pub at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PersonStanding {
    pub phone: String,
    pub as_of: DateTime<Utc>,
    /// Programmes opted in to, as they count for marketing; empty after an opt-out.
    pub programmes: Vec<String>,
    /// Out of everything.
    pub opted_out: bool,
    pub opted_out_at: Option<DateTime<Utc>>,
    pub consents: Vec<GrantShown>,
    pub revocations: Vec<RevocationShown>,
    /// A reply that may be an opt-out waits for a human.
    pub under_review: bool,
    pub restricted: bool,
    pub objected: bool,
    pub erased: bool,
    pub reassigned: bool,
    /// Senders whose carrier blocks this person.
    pub blocked_senders: Vec<String>,
    /// Entries recorded so far; 0 when nothing is known.
    pub revision: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GrantShown {
    pub programme: String,
    pub channel: String,
    pub level: &'static str,
    pub purpose: &'static str,
    /// `active`, `pending`, `ended` or `expired`.
    pub state: &'static str,
    pub at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RevocationShown {
    pub scope: String,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// A person's consent, now or as of any past instant.
#[utoipa::path(get, path = "/v1/standing", tag = "consent", params(Filter),
    responses((status = 200, body = PersonStanding), (status = 422, description = "field.range: `at` lies in the future")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(filter): Params<Filter>,
) -> Result<Json<PersonStanding>, Problem> {
    let phone = phone_parameter(&filter.phone)?;
    let now = app.cx.clock.now();
    let as_of = filter.at.unwrap_or(now);
    if as_of > now {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "field.range",
            "`at` lies in the future",
        ));
    }
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let standing = if filter.at.is_some() {
        let keys = app.tenants.known_keys(caller.tenant).await?;
        let person = keys.map(|keys| person_hash(&keys, phone));
        match person {
            Some(person) => {
                let entries = db::ledger::of_person(reader, engine, caller.tenant, &person).await?;
                folded(&entries, as_of.timestamp_millis())
            }
            None => Standing::default(),
        }
    } else {
        let class = contract::Class::Informational;
        let people =
            People::load(&app, reader, caller.tenant, (class, &[phone]), Hold::None).await?;
        people.known(phone).standing.clone().unwrap_or_default()
    };
    Ok(Json(shown(phone.to_string(), &standing, as_of)))
}

/// What the entries recorded until `at` come to.
pub fn folded(entries: &[db::ledger::Entry], at: i64) -> Standing {
    let mut standing = Standing::default();
    for entry in entries.iter().filter(|entry| entry.recorded_at <= at) {
        let change = entry
            .chained
            .as_ref()
            .and_then(|chained| serde_json::from_str::<Change>(&chained.detail).ok());
        if let Some(change) = change {
            // It was taken up when it was recorded, so it is now.
            let _taken = standing.apply(&change);
        }
    }
    standing
}

/// For the API.
pub fn shown(phone: String, standing: &Standing, as_of: DateTime<Utc>) -> PersonStanding {
    let now = as_of.timestamp_millis();
    let utc = |at: i64| UnixMillis(at).to_utc();
    PersonStanding {
        phone,
        as_of,
        programmes: standing
            .opted_in_programmes(now)
            .into_iter()
            .map(str::to_string)
            .collect(),
        opted_out: standing.opted_out_at().is_some(),
        opted_out_at: standing.opted_out_at().map(utc),
        consents: standing
            .grants
            .iter()
            .map(|grant| GrantShown {
                programme: grant.programme.clone(),
                channel: grant.channel.clone(),
                level: grant.level.as_str(),
                purpose: grant.purpose.as_str(),
                state: match grant {
                    grant if grant.ended => "ended",
                    grant if grant.pending => "pending",
                    grant if grant.expires_at.is_some_and(|at| at <= now) => "expired",
                    _ => "active",
                },
                at: utc(grant.at),
                expires_at: grant.expires_at.map(utc),
            })
            .collect(),
        revocations: standing
            .revocations
            .iter()
            .map(|one| RevocationShown {
                scope: one.scope.to_string(),
                by: one.by.clone(),
                at: utc(one.at),
            })
            .collect(),
        under_review: standing.review_since.is_some(),
        restricted: standing.restricted,
        objected: standing.objected,
        erased: standing.erased,
        reassigned: standing.reassigned,
        blocked_senders: standing.blocked_senders.clone(),
        revision: standing.revision,
    }
}

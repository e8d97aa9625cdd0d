//! `PUT /v1/person-facts` and `POST /v1/person-facts/batch`: facts of one person, and of up to a thousand.

use std::sync::Arc;

use ahash::AHashMap;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::accounts::Caller;
use contract::{ContactId, Phone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::checked::{NewFacts, checked};
use crate::api::intake::{self, Fault};
use crate::app::App;
use crate::person_facts::{Update, store};

/// People in one request.
const MAX_ITEMS: usize = 1000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManyFacts {
    /// 1 to 1,000.
    pub items: Vec<NewFacts>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FactsStored {
    pub stored: usize,
    pub rejected: usize,
    /// One per item, in their order; `null` where it was stored.
    pub results: Vec<Option<FactsFault>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FactsFault {
    pub code: &'static str,
    pub pointer: &'static str,
    pub detail: String,
}

/// Tell facts of one person. What is absent stays, `null` clears.
#[utoipa::path(put, path = "/v1/person-facts", tag = "consent", request_body = NewFacts,
    responses((status = 204), (status = 409, description = "consent.erased"),
    (status = 422, description = "facts.*, timezone.unknown, phone.*, contact.unknown")))]
pub async fn one(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewFacts>,
) -> Result<StatusCode, Problem> {
    match take(&app, &caller, &[new]).await?.pop() {
        Some(Some(fault)) => Err(fault.problem()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// Tell facts of many people. A bad item keeps no other from being stored.
#[utoipa::path(post, path = "/v1/person-facts/batch", tag = "consent", request_body = ManyFacts,
    responses((status = 200, body = FactsStored), (status = 422, description = "field.range: no items, or over 1,000")))]
pub async fn batch(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<ManyFacts>,
) -> Result<Json<FactsStored>, Problem> {
    if new.items.is_empty() || new.items.len() > MAX_ITEMS {
        let detail = format!("{} items; 1 to {MAX_ITEMS} are allowed", new.items.len());
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "field.range",
            detail,
        ));
    }
    let faults = take(&app, &caller, &new.items).await?;
    let rejected = faults.iter().flatten().count();
    let shown = |fault: Fault| FactsFault {
        code: fault.code,
        pointer: fault.pointer,
        detail: fault.detail,
    };
    Ok(Json(FactsStored {
        stored: faults.len() - rejected,
        rejected,
        results: faults.into_iter().map(|fault| fault.map(shown)).collect(),
    }))
}

/// Stores what is good; for each item its fault, if it has one.
pub async fn take(
    app: &Arc<App>,
    caller: &Caller,
    items: &[NewFacts],
) -> Result<Vec<Option<Fault>>, Problem> {
    let contacts = items.iter().filter(|one| one.phone.is_none());
    let contacts: Vec<ContactId> = contacts.filter_map(|one| one.contact).collect();
    let phones = intake::phones_of_contacts(app, caller.tenant, &contacts).await?;
    let judged: Vec<Result<(Phone, Update), Fault>> = items
        .iter()
        .map(|one| Ok((phone(one, &phones)?, checked(app, one)?)))
        .collect();
    let updates: Vec<(Phone, Update)> = judged
        .iter()
        .filter_map(|one| one.as_ref().ok().cloned())
        .collect();
    let (shared, caller) = (app.clone(), *caller);
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { store(&shared, tx, caller.tenant, &updates, caller.mode).await })
    });
    let mut kept = write.await?.into_iter();
    app.opt_out_recorded();
    let outcome = judged.into_iter().map(|one| match one {
        Err(fault) => Some(fault),
        Ok(_) if kept.next().unwrap_or(false) => None,
        Ok(_) => {
            let detail = "the person was erased; nothing is kept of them";
            Some(Fault::new("consent.erased", "/phone", detail))
        }
    });
    Ok(outcome.collect())
}

fn phone(one: &NewFacts, phones: &AHashMap<ContactId, Phone>) -> Result<Phone, Fault> {
    intake::phone_given(one.phone.as_deref(), one.contact, phones)
}

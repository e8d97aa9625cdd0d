use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use chassis::{Engine, Tx};
use contract::{ContactId, Phone, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::contact_body::{Checks, two_people};
use super::contact_view::ContactView;
use crate::app::App;
use crate::db;
use crate::import_plan::Contact;
use crate::person::{Attributes, Person};
use crate::upsert::upsert;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// As people write it; may be left out where `external_id` is known.
    phone: Option<String>,
    /// Two-letter country that numbers without a country code belong to.
    default_region: Option<String>,
    external_id: Option<String>,
    /// IANA name
    time_zone: Option<String>,
    /// BCP 47 tag
    language: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// Creates a contact, or updates the one with this number or external id. What is left out stays as it is.
#[utoipa::path(
    post,
    path = "/v1/contacts",
    tag = "contacts",
    request_body = NewContact,
    responses((status = 201, body = ContactView), (status = 200, body = ContactView))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewContact>,
) -> Result<(StatusCode, Json<ContactView>), Problem> {
    let phone = check(&new)?;
    let (engine, now) = (app.db.engine(), app.clock.now());
    let follower = app.follower.clone();
    let written = app.db.write(move |tx| {
        Box::pin(async move {
            let person = person(tx, engine, caller.tenant, phone, new).await?;
            let id = ContactId::at(now);
            let millis = now.timestamp_millis();
            let written = write(tx, engine, caller.tenant, person, id, millis).await?;
            follower
                .changed(tx, caller.tenant, [written.0.id], now)
                .await?;
            Ok(written)
        })
    });
    let (contact, created) = written.await?;
    let status = if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(contact.into())))
}

fn check(new: &NewContact) -> Result<Option<Phone>, Problem> {
    let mut checks = Checks::new();
    let phone = new
        .phone
        .as_deref()
        .and_then(|text| checks.phone(text, new.default_region.as_deref()));
    checks.external_id(new.external_id.as_deref());
    checks.time_zone(new.time_zone.as_deref());
    checks.language(new.language.as_deref());
    checks.names(new.first_name.as_deref(), new.last_name.as_deref());
    checks.attribute_count(new.attributes.len());
    for (name, value) in &new.attributes {
        checks.attribute(name, Some(value));
    }
    checks.done()?;
    Ok(phone)
}

/// The person meant; a body without a number means the contact with its external id.
async fn person(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    phone: Option<Phone>,
    new: NewContact,
) -> Result<Person, Problem> {
    let phone = match (phone, &new.external_id) {
        (Some(phone), _) => Some(phone),
        (None, Some(external_id)) => {
            let known = db::contacts::by_external_id(tx, engine, tenant, external_id).await?;
            known.map(|contact| contact.person.phone)
        }
        (None, None) => None,
    };
    let phone = phone.ok_or_else(|| {
        let detail = "a contact needs a phone number";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field.required", detail).error(
            "/phone",
            "field.required",
            detail,
        )
    })?;
    let attributes: Attributes = new
        .attributes
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect();
    Ok(Person {
        phone,
        external_id: new.external_id,
        time_zone: new.time_zone,
        language: new.language,
        first_name: new.first_name,
        last_name: new.last_name,
        attributes,
    })
}

async fn write(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    person: Person,
    id: ContactId,
    now: i64,
) -> Result<(Contact, bool), Problem> {
    db::fields::add(tx, engine, tenant, person.attributes.keys()).await?;
    let found = db::contacts::matching(tx, engine, tenant, std::iter::once(&person)).await?;
    let (contact, created) = upsert(found, person, id, now).map_err(|_| two_people())?;
    let contacts = std::slice::from_ref(&contact);
    if created {
        db::contacts::insert(tx, engine, tenant, contacts).await?;
    } else {
        db::contacts::update(tx, engine, tenant, contacts).await?;
    }
    Ok((contact, created))
}

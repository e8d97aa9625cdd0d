use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::Phone;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::contact_body::{Checks, two_people};
use super::contact_ref::ContactRef;
use super::contact_view::ContactView;
use crate::app::App;
use crate::db;
use crate::person::{MAX_ATTRIBUTES, Person};

/// `null` clears a value; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactPatch {
    phone: Option<String>,
    default_region: Option<String>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    external_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    first_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    last_name: Option<Option<String>>,
    #[serde(default)]
    attributes: BTreeMap<String, Option<String>>,
}

/// Tells `null` from absent.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes a contact.
#[utoipa::path(
    patch,
    path = "/v1/contacts/{id}",
    tag = "contacts",
    params(("id" = String, Path, description = "con_… or ext:<external_id>")),
    request_body = ContactPatch,
    responses((status = 200, body = ContactView))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(contact): PathId<ContactRef>,
    Body(patch): Body<ContactPatch>,
) -> Result<Json<ContactView>, Problem> {
    let phone = check(&patch)?;
    let (engine, tenant, now) = (app.db.engine(), caller.tenant, app.clock.now());
    let follower = app.follower.clone();
    let changed = app.db.write(move |tx| {
        Box::pin(async move {
            let mut contact = contact.load(tx, engine, tenant).await?;
            apply(&mut contact.person, phone, patch);
            if contact.person.attributes.len() > MAX_ATTRIBUTES {
                return Err(Problem::invalid(format!(
                    "a contact has at most {MAX_ATTRIBUTES} attributes"
                ))
                .into());
            }
            contact.updated_at = now.timestamp_millis();
            let same = db::contacts::matching(tx, engine, tenant, std::iter::once(&contact.person))
                .await?;
            if same.iter().any(|other| other.id != contact.id) {
                return Err(two_people().into());
            }
            db::fields::add(tx, engine, tenant, contact.person.attributes.keys()).await?;
            db::contacts::update(tx, engine, tenant, std::slice::from_ref(&contact)).await?;
            follower.changed(tx, tenant, [contact.id], now).await?;
            Ok(contact)
        })
    });
    Ok(Json(changed.await?.into()))
}

fn check(patch: &ContactPatch) -> Result<Option<Phone>, Problem> {
    let mut checks = Checks::new();
    let phone = patch
        .phone
        .as_deref()
        .and_then(|text| checks.phone(text, patch.default_region.as_deref()));
    let text = |value: &Option<Option<String>>| value.clone().flatten();
    checks.external_id(text(&patch.external_id).as_deref());
    checks.time_zone(text(&patch.time_zone).as_deref());
    checks.language(text(&patch.language).as_deref());
    checks.names(
        text(&patch.first_name).as_deref(),
        text(&patch.last_name).as_deref(),
    );
    for (name, value) in &patch.attributes {
        checks.attribute(name, value.as_deref());
    }
    checks.done()?;
    Ok(phone)
}

fn apply(person: &mut Person, phone: Option<Phone>, patch: ContactPatch) {
    person.phone = phone.unwrap_or(person.phone);
    let pairs = [
        (&mut person.external_id, patch.external_id),
        (&mut person.time_zone, patch.time_zone),
        (&mut person.language, patch.language),
        (&mut person.first_name, patch.first_name),
        (&mut person.last_name, patch.last_name),
    ];
    for (known, said) in pairs {
        if let Some(value) = said {
            *known = value;
        }
    }
    for (name, value) in patch.attributes {
        match value {
            Some(value) => person.attributes.insert(name.into(), value),
            None => person.attributes.remove(name.as_str()),
        };
    }
}

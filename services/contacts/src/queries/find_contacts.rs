//! Contacts by what callers call them, many at once.

use std::collections::HashMap;
use std::sync::Arc;

use contract::contacts::{ContactKey, FindContacts, MOST_KEYS};
use contract::{ContactId, Envelope};

use crate::app::App;
use crate::db;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<FindContacts>,
) -> anyhow::Result<Vec<Option<ContactId>>> {
    let (tenant, keys) = (envelope.tenant, envelope.body.keys);
    anyhow::ensure!(
        keys.len() <= MOST_KEYS,
        "more than {MOST_KEYS} keys in one question"
    );
    let (mut phones, mut external_ids) = (Vec::new(), Vec::new());
    for key in &keys {
        match key {
            ContactKey::Phone(phone) => phones.push(*phone),
            ContactKey::ExternalId(id) => external_ids.push(id.as_str()),
        }
    }
    let found = db::contacts::by_keys(
        app.db.read(),
        app.db.engine(),
        tenant,
        &phones,
        &external_ids,
    )
    .await?;
    let mut ids: HashMap<ContactKey, ContactId> = HashMap::new();
    for contact in found {
        ids.insert(ContactKey::Phone(contact.person.phone), contact.id);
        if let Some(external_id) = contact.person.external_id {
            ids.insert(ContactKey::ExternalId(external_id), contact.id);
        }
    }
    Ok(keys.iter().map(|key| ids.get(key).copied()).collect())
}

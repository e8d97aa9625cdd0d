//! The people of runs, from contacts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use contract::contacts::LoadRecipients;
use contract::{ContactId, TenantId};
use serde_json::Value;

use super::versions::Ready;
use crate::app::App;
use crate::journey::run::Person;
use crate::schedule::zone;

/// Contacts in one question.
const AT_ONCE: usize = 512;

/// People of each tenant: an id that two of them name is two people.
pub type People = HashMap<(TenantId, ContactId), Arc<Person>>;

/// People by tenant and id; who is gone is missing.
pub async fn people(
    app: &App,
    wanted: &BTreeMap<TenantId, BTreeSet<ContactId>>,
    versions: &[Arc<Ready>],
) -> anyhow::Result<People> {
    let fields: BTreeSet<&str> = versions
        .iter()
        .flat_map(|ready| &ready.version.contact_fields)
        .map(|name| plain(name))
        .collect();
    let field_names: Vec<String> = fields
        .into_iter()
        .filter(|name| !matches!(*name, "id" | "timezone" | "attrs"))
        .map(str::to_string)
        .collect();
    let mut people = HashMap::new();
    for (tenant, contacts) in wanted {
        let contacts: Vec<ContactId> = contacts.iter().copied().collect();
        for some in contacts.chunks(AT_ONCE) {
            let question = LoadRecipients {
                contacts: some.to_vec(),
                field_names: field_names.clone(),
            };
            let loaded = app.cx.bus.ask(*tenant, &question).await?;
            anyhow::ensure!(
                loaded.recipients.len() == some.len(),
                "contacts answered about other people"
            );
            for (contact, data) in some.iter().zip(loaded.recipients) {
                let Some(data) = data else { continue };
                let zone = data
                    .zone
                    .and_then(|zone| loaded.zones.get(usize::from(zone)))
                    .and_then(|name| zone::parse(name).ok());
                let fields = field_names
                    .iter()
                    .zip(data.fields)
                    .filter_map(|(name, value)| Some((name.clone(), Value::String(value?))));
                people.insert(
                    (*tenant, *contact),
                    Arc::new(Person {
                        id: contact.to_string(),
                        zone,
                        fields: fields.collect(),
                    }),
                );
            }
        }
    }
    Ok(people)
}

/// `attrs.tier` and `tier.length` ask for `tier`.
fn plain(name: &str) -> &str {
    let name = name.strip_prefix("attrs.").unwrap_or(name);
    name.split('.').next().unwrap_or(name)
}

//! Where the people of a page live, for those campaigns that ask.

use contract::chunk::CHUNK_SIZE;
use contract::contacts::{LoadRecipients, RecipientData};
use contract::{ContactId, TenantId};

use super::partition::{Partition, Person};
use crate::app::App;
use crate::schedule::zone;

/// Contacts with the zones on them, where the partition asks for those. Who is gone has none; that is found out again
/// at the release.
pub async fn people(
    app: &App,
    tenant: TenantId,
    partition: &Partition,
    contacts: &[ContactId],
) -> anyhow::Result<Vec<Person>> {
    if !partition.asks_zones() {
        return Ok(contacts.iter().copied().map(Person::somewhere).collect());
    }
    let mut people = Vec::with_capacity(contacts.len());
    for contacts in contacts.chunks(CHUNK_SIZE) {
        people.extend(of_chunk(app, tenant, contacts).await?);
    }
    Ok(people)
}

async fn of_chunk(
    app: &App,
    tenant: TenantId,
    contacts: &[ContactId],
) -> anyhow::Result<Vec<Person>> {
    let question = LoadRecipients {
        contacts: contacts.to_vec(),
        field_names: Vec::new(),
    };
    let loaded = app.cx.bus.ask(tenant, &question).await?;
    anyhow::ensure!(
        loaded.recipients.len() == contacts.len(),
        "contacts answered about other people"
    );
    let known: Vec<_> = loaded
        .zones
        .iter()
        .map(|name| zone::parse(name).ok())
        .collect();
    let person = |(contact, data): (&ContactId, Option<RecipientData>)| {
        let zone = data.and_then(|data| data.zone);
        Person {
            contact: *contact,
            zone: zone.and_then(|zone| known.get(usize::from(zone)).copied().flatten()),
        }
    };
    Ok(contacts.iter().zip(loaded.recipients).map(person).collect())
}

//! Values that flows have learnt of people.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chassis::{Engine, Failure, Tx};
use contract::contacts::{ContactChange, UpdateContacts};
use contract::{ContactId, Envelope, TenantId};

use crate::app::App;
use crate::change::apply;
use crate::db;
use crate::import_plan::Contact;

pub const DURABLE: &str = "contacts__update_contacts";

/// In the order in which they were said; each command once.
pub async fn handle(app: Arc<App>, commands: Vec<Envelope<UpdateContacts>>) -> Result<(), Failure> {
    let (engine, bus, now) = (app.db.engine(), app.bus.clone(), app.clock.now());
    let follower = app.follower.clone();
    let write = app.db.write(move |tx| {
        Box::pin(async move {
            let ids: Vec<_> = commands.iter().map(|command| command.id).collect();
            let new = bus.first_time(tx, DURABLE, &ids).await?;
            let mut of_tenant: BTreeMap<TenantId, Vec<ContactChange>> = BTreeMap::new();
            for (command, _) in commands.into_iter().zip(new).filter(|(_, new)| *new) {
                let changes = of_tenant.entry(command.tenant).or_default();
                changes.extend(command.body.changes);
            }
            for (tenant, changes) in of_tenant {
                let changed = change(tx, engine, tenant, &changes, now.timestamp_millis()).await?;
                follower.changed(tx, tenant, changed, now).await?;
            }
            Ok(())
        })
    });
    Ok(write.await?)
}

async fn change(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    changes: &[ContactChange],
    now: i64,
) -> anyhow::Result<BTreeSet<ContactId>> {
    let wanted: BTreeSet<ContactId> = changes.iter().map(|change| change.contact).collect();
    let mut people: HashMap<ContactId, Contact> =
        db::contacts::lock(tx, engine, tenant, wanted.into_iter())
            .await?
            .into_iter()
            .map(|contact| (contact.id, contact))
            .collect();
    let (mut changed, mut names) = (BTreeSet::new(), BTreeSet::new());
    for change in changes {
        let Some(contact) = people.get_mut(&change.contact) else {
            continue;
        };
        match apply(&mut contact.person, &change.field, &change.value) {
            Ok(true) => {
                contact.updated_at = now;
                changed.insert(contact.id);
                if contact
                    .person
                    .attributes
                    .contains_key(change.field.as_str())
                {
                    names.insert(change.field.clone());
                }
            }
            Ok(false) => {}
            Err(error) => {
                metrics::counter!("contacts_changes_refused_total", "code" => error.code)
                    .increment(1);
                tracing::warn!(contact = %contact.id, code = error.code, "a value of a flow cannot be taken");
            }
        }
    }
    let rows: Vec<Contact> = changed.iter().filter_map(|id| people.remove(id)).collect();
    db::fields::add(tx, engine, tenant, names.iter()).await?;
    db::contacts::update(tx, engine, tenant, &rows).await?;
    Ok(changed)
}

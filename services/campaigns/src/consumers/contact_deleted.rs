//! A contact was deleted: their runs end, their appointments are cancelled without a word to anybody, their texts are
//! wanted back, and what these say of the person goes. Runs twice without harm.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chassis::{Bus, Engine, Failure, Tx};
use chrono::{DateTime, Utc};
use contract::contacts::ContactDeleted;
use contract::{ContactId, Envelope, Reason, TenantId};

use crate::app::App;
use crate::appointment::gone;
use crate::appointment::send::Hands;
use crate::db;
use crate::db::forgotten::Whom;
use crate::db::journey_input::{Body, NewInput};
use crate::journey::run::GONE;
use crate::texts;

pub async fn handle(app: Arc<App>, events: Vec<Envelope<ContactDeleted>>) -> Result<(), Failure> {
    let mut of_tenant: BTreeMap<TenantId, BTreeSet<ContactId>> = BTreeMap::new();
    for event in events {
        let theirs = of_tenant.entry(event.tenant).or_default();
        theirs.insert(event.body.contact);
    }
    for (tenant, contacts) in of_tenant {
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        let many = contacts.len() as u64;
        let (engine, bus, now) = (app.cx.db.engine(), app.cx.bus.clone(), app.cx.clock.now());
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { forget(tx, engine, &bus, tenant, &contacts, now).await })
        });
        write.await?;
        metrics::counter!("campaigns_contacts_forgotten_total").increment(many);
        app.journeys_rung.notify_one();
    }
    Ok(())
}

async fn forget(
    tx: &Tx,
    engine: Engine,
    bus: &Bus,
    tenant: TenantId,
    contacts: &[ContactId],
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    db::turn::take(tx, engine, contacts.iter().copied()).await?;
    let whom = Whom::new(engine, tenant, contacts)?;
    let hands = Hands { engine, bus, now };
    for id in db::forgotten::appointments(tx, &whom, now.into()).await? {
        if let Some(found) = db::appointment::lock(tx, engine, id).await? {
            gone::cancel(tx, &hands, found).await?;
        }
    }
    db::forgotten::blank_appointments(tx, &whom).await?;
    // Whoever works runs in finds the contact gone: the run ends, and what it knows of them goes with that.
    db::forgotten::drop_what_waits(tx, &whom).await?;
    let runs = db::forgotten::runs(tx, &whom).await?.into_iter();
    let stops: Vec<NewInput> = runs
        .map(|(run, mode)| NewInput {
            tenant,
            mode,
            contact: None,
            run: Some(run),
            held_by: None,
            body: Body::Stop {
                why: GONE.to_string(),
            },
            hops: 0,
        })
        .collect();
    db::journey_input::insert(tx, engine, &stops).await?;
    let texts = db::forgotten::texts(tx, &whom).await?;
    texts::want_withdrawn(tx, engine, &texts, &Reason::CONTACT_GONE, now.into()).await
}

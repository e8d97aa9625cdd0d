//! Erasure (GDPR art 17): what is personal goes, what proves consent stays, and nobody texts by accident
//! whom they were told to forget.

use std::sync::Arc;

use contract::dispatch::ForgetPerson;
use contract::{ConsentId, InboundId, MessageId, Mode, Phone, TenantId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::{self};
use crate::record::{NewEntry, Recorded, record};
use crate::standing::{Action, Change};
use crate::tenants::person_hash;

/// Why somebody is erased.
#[derive(Debug, Clone)]
pub struct Order {
    /// `request` or `retention`.
    pub by: &'static str,
    /// Names the request once.
    pub once: Option<InboundId>,
    /// What was said about it; erased with the rest.
    pub evidence: Value,
    pub mode: Mode,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Removed {
    /// Ledger entries whose number, evidence and salt are gone.
    pub entries: u64,
    /// Messages whose number is gone.
    pub messages: u64,
    /// Entries of the tenant's suppression list; the keyed hash takes their place.
    pub suppressions: u64,
}

/// The erasure's own entry, and what it removed; nothing where this request was carried out before.
pub async fn erase(
    app: &Arc<App>,
    tenant: TenantId,
    phone: Phone,
    order: Order,
) -> anyhow::Result<(ConsentId, Option<Removed>)> {
    let messages = messages_of(app, tenant, phone).await?;
    let shared = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let engine = shared.engine();
            let change = Change {
                by: order.by.to_string(),
                ..Change::new(Action::Erase, shared.cx.clock.millis().0)
            };
            let entry = NewEntry {
                phone,
                contact: None,
                method: order.by.to_string(),
                change,
                evidence: order.evidence,
                inbound: order.once,
                confirm_from: None,
                mode: order.mode,
            };
            let id = match record(&shared, tx, tenant, &[entry]).await?.pop() {
                Some(Recorded::Added(id)) => id,
                Some(Recorded::Already(id)) => return Ok((id, None)),
                Some(Recorded::Refused(_)) | None => anyhow::bail!("the erasure was not recorded"),
            };
            let keys = shared.tenants.keys(tx, engine, tenant).await?;
            let person = person_hash(&keys, phone);
            let now = shared.cx.clock.millis().0;
            let revision = db::ledger::revision(tx, engine, tenant, &person).await?;
            let suppressions = db::suppression::of_person(tx, engine, tenant, phone).await?;
            let removed = Removed {
                entries: db::ledger::erase(tx, engine, tenant, &person).await?,
                messages: db::permit::erase_all(tx, engine, &messages, phone).await?,
                suppressions: suppressions.len() as u64,
            };
            db::erased::insert(tx, engine, tenant, &person, now, revision).await?;
            db::standing::remove(tx, engine, tenant, phone).await?;
            db::review::erase(tx, engine, tenant, phone).await?;
            db::suppression::erase(tx, engine, tenant, phone).await?;
            db::sent::erase(tx, engine, tenant, phone).await?;
            db::heard::erase(tx, engine, tenant, phone).await?;
            db::opt_out::erase(tx, engine, tenant, phone).await?;
            let order = ForgetPerson { phone };
            shared.cx.bus.say(tx, tenant, &order).await?;
            Ok((id, Some(removed)))
        })
    });
    let outcome = write.await?;
    app.tenants.forget(tenant);
    app.counts.erase(tenant, phone);
    app.opt_out_recorded();
    if outcome.1.is_none() {
        return Ok(outcome);
    }
    // Permits granted while we looked; from now on none is.
    let late = messages_of(app, tenant, phone).await?;
    if late.is_empty() {
        return Ok(outcome);
    }
    let engine = app.engine();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { db::permit::erase_all(tx, engine, &late, phone).await })
    });
    let more = write.await?;
    let (id, removed) = outcome;
    let removed = removed.map(|removed| Removed {
        messages: removed.messages + more,
        ..removed
    });
    Ok((id, removed))
}

/// Every message a number was permitted. Looks through the tenant's runs, outside of any transaction.
async fn messages_of(app: &App, tenant: TenantId, phone: Phone) -> anyhow::Result<Vec<MessageId>> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let mut messages = Vec::new();
    for about in db::run_about::of_tenant(reader, engine, tenant, 0).await? {
        let permits = db::permit::of_person(reader, engine, about.run, phone).await?;
        messages.extend(permits.into_iter().map(|permit| permit.message));
    }
    Ok(messages)
}

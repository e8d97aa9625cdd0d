//! `consent__hand_overs_recorded`: looks whether a text left that must not have, and keeps what it finds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Cx, Failure};
use contract::dispatch::{HandOversRecorded, SlotOutcome};
use contract::{Envelope, TenantId};

use crate::app::App;
use crate::db;
use crate::db::incident::Incident;
use crate::find_incidents::find_incidents;
use crate::incident::Kind;

pub const DURABLE: &str = "consent__hand_overs_recorded";

/// Events looked at together; each is about several slots.
const BATCH: usize = 64;
/// Nobody waits for it: fewer and larger batches.
const LINGER: Duration = Duration::from_millis(100);

const AFTER_OPT_OUT: &str = "texts_after_opt_out_total";
const WITHOUT_PERMIT: &str = "texts_without_permit_total";

pub async fn start(cx: &Cx, app: &Arc<App>) -> anyhow::Result<()> {
    // What should never count is seen at 0.
    metrics::counter!(AFTER_OPT_OUT).increment(0);
    metrics::counter!(WITHOUT_PERMIT).increment(0);
    cx.consume_gathered(DURABLE, BATCH, LINGER, app.clone(), handle)
        .await
}

async fn handle(app: Arc<App>, batch: Vec<Envelope<HandOversRecorded>>) -> Result<(), Failure> {
    let mut tenants: BTreeMap<TenantId, Vec<SlotOutcome>> = BTreeMap::new();
    for event in batch {
        let slots = tenants.entry(event.tenant).or_default();
        slots.extend(event.body.slots);
    }
    for (tenant, slots) in tenants {
        let found = find_incidents(&app, tenant, &slots).await?;
        if !found.is_empty() {
            keep(&app, tenant, found).await?;
        }
    }
    Ok(())
}

/// Keeps what is new; counts it and says so once, after the commit.
async fn keep(app: &Arc<App>, tenant: TenantId, found: Vec<Incident>) -> anyhow::Result<()> {
    let (engine, rows) = (app.engine(), found.clone());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { db::incident::insert(tx, engine, tenant, &rows).await })
    });
    let new = write.await?;
    for one in found.iter().filter(|one| new.contains(&one.id)) {
        let counter = match one.kind {
            Kind::NoPermit => WITHOUT_PERMIT,
            Kind::PermittedAfterOptOut | Kind::AfterConfirmation => AFTER_OPT_OUT,
        };
        metrics::counter!(counter).increment(1);
        tracing::error!(
            incident = %one.id,
            kind = one.kind.as_str(),
            %tenant,
            message = %one.message,
            opt_out = one.opt_out.map(tracing::field::display),
            "a text left that must not have"
        );
    }
    Ok(())
}

//! One commit of the recorder.

use std::sync::Arc;
use std::time::Duration;

use chassis::{Bus, Db};

use super::plan::Work;
use crate::db::{api_message, attempt, ledger, ledger_route, parked, receipt_log, states};
use crate::money::db::spend;

/// Waits between tries; a database that cannot be written for longer ends the process, and what was in
/// flight is settled at the next start.
const TRIES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(750),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// Writes and says it all, or nothing. Tried again on failure: writing twice is harmless.
pub async fn commit(db: &Db, bus: &Bus, dispatcher: &Arc<str>, work: Work) -> anyhow::Result<()> {
    let work = Arc::new(work);
    for wait in TRIES {
        let Err(error) = once(db, bus, dispatcher, work.clone()).await else {
            return Ok(());
        };
        tracing::error!(
            error = format!("{error:#}"),
            "outcomes could not be written; trying again"
        );
        tokio::time::sleep(wait).await;
    }
    once(db, bus, dispatcher, work).await
}

async fn once(db: &Db, bus: &Bus, dispatcher: &Arc<str>, work: Arc<Work>) -> anyhow::Result<()> {
    let (engine, bus, dispatcher) = (db.engine(), bus.clone(), dispatcher.clone());
    db.write(move |tx| {
        Box::pin(async move {
            if let Some(rows) = &work.ledger {
                ledger::insert(engine, tx, rows.clone()).await?;
            }
            if !work.routes.is_empty() {
                ledger_route::insert(engine, tx, &work.routes).await?;
            }
            if !work.spend.is_empty() {
                spend::write(engine, tx, &dispatcher, &work.spend).await?;
            }
            if !work.attempts.is_empty() {
                attempt::insert(engine, tx, &dispatcher, &work.attempts).await?;
            }
            if !work.parked.is_empty() {
                parked::insert(engine, tx, &work.parked).await?;
            }
            if !work.matched.is_empty() {
                parked::remove(engine, tx, &work.matched).await?;
            }
            if let Some(rows) = &work.states {
                states::write(engine, tx, rows.clone()).await?;
                receipt_log::clear(engine, tx).await?;
            }
            if let Some(entries) = &work.log {
                receipt_log::append(engine, tx, entries.clone()).await?;
            }
            api_message::settle(engine, tx, &work.hand_overs).await?;
            for (tenant, event) in &work.hand_overs {
                bus.say(tx, *tenant, event).await?;
            }
            for (tenant, event) in &work.routed {
                bus.say(tx, *tenant, event).await?;
            }
            for (tenant, event) in &work.receipts {
                bus.say(tx, *tenant, event).await?;
            }
            for (tenant, event) in &work.settled {
                bus.say(tx, *tenant, event).await?;
            }
            for (tenant, command) in &work.blocks {
                bus.say(tx, *tenant, command).await?;
            }
            Ok(())
        })
    })
    .await
}

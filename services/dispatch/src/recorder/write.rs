//! One commit of the recorder.

use std::sync::Arc;
use std::time::Duration;

use chassis::{Bus, Db};

use super::plan::Work;
use crate::db::{
    api_message, attempt, carrier_code, ledger, ledger_route, look_up, odd_receipt, parked,
    receipt_log, states,
};
use crate::money::db::spend;

/// Waits between tries at a database that answers and does not take it; a fault that stays ends the process, and what
/// was in flight is settled at the next start.
const TRIES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_millis(750),
    Duration::from_secs(2),
    Duration::from_secs(4),
];
/// Between looks at one that does not answer at all.
const GONE: Duration = Duration::from_secs(1);

/// Writes and says it all, or nothing. Tried again on failure: writing twice is harmless. A database that is gone is
/// waited for: to give up would turn what is known into what nobody knows.
pub async fn commit(db: &Db, bus: &Bus, dispatcher: &Arc<str>, work: Work) -> anyhow::Result<()> {
    let work = Arc::new(work);
    let mut tries = TRIES.into_iter();
    loop {
        let Err(error) = once(db, bus, dispatcher, work.clone()).await else {
            return Ok(());
        };
        let answers = db.read().ping().await.is_ok();
        let wait = if answers { tries.next() } else { Some(GONE) };
        let Some(wait) = wait else {
            return Err(error);
        };
        tracing::error!(
            error = format!("{error:#}"),
            answers,
            "outcomes could not be written; trying again"
        );
        tokio::time::sleep(wait).await;
    }
}

async fn once(db: &Db, bus: &Bus, dispatcher: &Arc<str>, work: Arc<Work>) -> anyhow::Result<()> {
    let (engine, bus, dispatcher) = (db.engine(), bus.clone(), dispatcher.clone());
    db.write(move |tx| {
        Box::pin(async move {
            if let Some(rows) = &work.ledger {
                ledger::insert(engine, tx, &dispatcher, rows.clone()).await?;
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
            if !work.codes.is_empty() {
                carrier_code::insert(engine, tx, &work.codes).await?;
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
            if !work.doubts.is_empty() {
                look_up::insert(engine, tx, &dispatcher, &work.doubts).await?;
            }
            if !work.learned.is_empty() {
                look_up::learned(engine, tx, &work.learned).await?;
            }
            if !work.risen.is_empty() {
                look_up::risen(engine, tx, &work.risen).await?;
            }
            if !work.odd.is_empty() {
                odd_receipt::insert(engine, tx, &work.odd).await?;
            }
            api_message::settle(engine, tx, &work.hand_overs, work.work_until).await?;
            if !work.restated.is_empty() {
                api_message::restate(engine, tx, &work.restated).await?;
            }
            if !work.arrived.is_empty() {
                api_message::arrived(engine, tx, &work.arrived).await?;
            }
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

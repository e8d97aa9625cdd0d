//! Forgets attempts of long ago, and returns the permits of attempts that a dispatcher left which is gone: without it
//! their texts would wait for a process of its name.
//!
//! Only slots of which the ledger and the attempts know every permit are closed. What else the dispatcher left open stays
//! for the next one of its name, which waits until no permit can be used any more (ADR 0029).

use std::sync::Arc;
use std::time::Duration;

use contract::chunk::SlotRef;
use contract::consent::{ClosePermits, OpenSlot, RegisterDispatcher, ReturnedPermit};

use crate::app::{App, EVERYONE};
use crate::db::attempt::{self, Attempt};
use crate::db::{dispatchers, ledger};
use crate::slots;
use crate::takeover::unused;

const ROUND: Duration = Duration::from_secs(60);

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    while !stopping.is_cancelled() {
        if let Err(error) = round(&app).await {
            let error = format!("{error:#}");
            tracing::warn!(error, "attempts that others left could not be looked after");
        }
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            () = stopping.cancelled() => {}
        }
    }
    Ok(())
}

async fn round(app: &App) -> anyhow::Result<()> {
    let (engine, rules, now) = (
        app.cx.db.engine(),
        &app.config.retry,
        app.cx.clock.millis().0,
    );
    let before = now - rules.keep_ms();
    app.cx
        .db
        .write(move |tx| Box::pin(async move { attempt::forget(engine, tx, before).await }))
        .await?;
    let gone = rules.take_over_after_ms();
    let (db, own) = (app.cx.db.read(), &app.config.name);
    let names = dispatchers::gone_with_attempts(engine, db, own, (now - gone, gone)).await?;
    for name in names {
        take_over(app, name).await?;
    }
    Ok(())
}

/// Registers in the name of the one that is gone, which fences it should it only have been away: from then on no
/// permit is granted to it, and the open slots are all that it can still use.
async fn take_over(app: &App, name: String) -> anyhow::Result<()> {
    let question = RegisterDispatcher {
        dispatcher: name.clone(),
    };
    let registered = app.cx.bus.ask(EVERYONE, &question).await?;
    let open = registered.open;
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    let slots: Vec<SlotRef> = open.iter().map(|open| open.slot).collect();
    let pending = attempt::pending(engine, db, &name).await?;
    let masks = ledger::masks(engine, db, &slots).await?;
    let (closed, returned) = settled(&open, &masks, &pending);
    let waits = |slot: &SlotRef| slots.contains(slot) && !closed.contains(slot);
    let back = pending.iter().filter(|one| !waits(&one.slot));
    let back: Vec<ReturnedPermit> = back.map(Attempt::permit).collect();
    tracing::warn!(
        name,
        returned = back.len(),
        waiting = pending.len() - back.len(),
        "took over attempts of a dispatcher that is gone"
    );
    if !closed.is_empty() {
        let question = ClosePermits {
            dispatcher: name,
            epoch: registered.epoch,
            slots: closed,
            returned,
        };
        app.cx.bus.ask(EVERYONE, &question).await?;
    }
    metrics::counter!("dispatch_attempts_taken_over_total").increment(back.len() as u64);
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { attempt::mark_returned(engine, tx, &back).await }));
    write.await
}

/// Slots with attempts of which every permit is accounted for, and the permits in them that were not used.
fn settled(
    open: &[OpenSlot],
    masks: &[u64],
    pending: &[Attempt],
) -> (Vec<SlotRef>, Vec<ReturnedPermit>) {
    let (mut closed, mut returned) = (Vec::new(), Vec::new());
    for (open, known) in open.iter().zip(masks) {
        let unused = unused(open, *known, pending);
        let places = unused.iter().map(|one| one.position);
        let accounted = places.fold(*known, |mask, at| mask | 1 << slots::place(at));
        let all = open
            .positions
            .iter()
            .all(|at| accounted & (1 << slots::place(*at)) != 0);
        if all && pending.iter().any(|one| one.slot == open.slot) {
            closed.push(open.slot);
            returned.extend(unused.iter().map(Attempt::permit));
        }
    }
    (closed, returned)
}

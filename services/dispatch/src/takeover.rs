//! Registers this dispatcher with consent and settles what its predecessor left open.

use std::collections::HashMap;
use std::time::Duration;

use channels::look_up::fingerprint;

use contract::chunk::{Encoding, Outcome, SlotRef};
use contract::consent::{DispatcherRegistered, OpenSlot, RegisterDispatcher};
use contract::dispatch::{HandOver, SendChunk, SlotOutcome};
use contract::ids::{MessageId, RunId};
use contract::reason::Reason;
use contract::time::UnixMillis;
use futures::future::BoxFuture;

use crate::app::{App, EVERYONE};
use crate::db::attempt::{self, Attempt};
use crate::db::{api_message, ledger};
use crate::doubt::{Cause, Trace};
use crate::money::charge::{self, Costs, HoldKey};
use crate::money::db::holds;
use crate::outcomes::Group;
use crate::recorder::Besides;
use crate::sends::NO_CAMPAIGN;
use crate::slots;

const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Asks until consent answers, or the service stops (`None`).
pub async fn register(app: &App) -> Option<DispatcherRegistered> {
    let (question, mut wait) = (
        RegisterDispatcher {
            dispatcher: app.config.name.clone(),
        },
        Duration::from_millis(20),
    );
    let stopping = app.cx.stopping();
    loop {
        let error = tokio::select! {
            answer = app.cx.bus.ask(EVERYONE, &question) => match answer {
                Ok(registered) => return Some(registered),
                Err(error) => error,
            },
            () = stopping.cancelled() => return None,
        };
        tracing::debug!(%error, "consent does not answer yet");
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stopping.cancelled() => return None,
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Settles every open slot: what the ledger knows was settled before; nobody can say whether the rest left. A database
/// that does not answer is waited for: without it nothing can be sent.
pub async fn settle(app: &App, open: Vec<OpenSlot>) -> anyhow::Result<()> {
    if !open.is_empty() {
        tokio::time::sleep(Duration::from_millis(app.config.takeover_wait_ms)).await;
        settle_open(app, &open).await?;
    }
    until_done(app, |app| Box::pin(returned(app))).await?;
    until_done(app, |app| Box::pin(give_back(app))).await
}

/// Tries again on failure, until the service stops.
pub async fn until_done<'a, T>(
    app: &'a App,
    what: impl Fn(&'a App) -> BoxFuture<'a, anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let (stopping, mut wait) = (app.cx.stopping(), FIRST_WAIT);
    loop {
        let error = match what(app).await {
            Ok(done) => return Ok(done),
            Err(error) if stopping.is_cancelled() => return Err(error),
            Err(error) => error,
        };
        tracing::warn!(
            error = format!("{error:#}"),
            "the dispatcher cannot begin yet"
        );
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stopping.cancelled() => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// What the tables say of open slots.
struct Known {
    /// Places that the ledger has, slot by slot.
    masks: Vec<u64>,
    held: Vec<(HoldKey, Costs)>,
    pending: Vec<Attempt>,
}

async fn known(app: &App, slots: &[SlotRef]) -> anyhow::Result<Known> {
    let (engine, db, name) = (app.cx.db.engine(), app.cx.db.read(), &app.config.name);
    Ok(Known {
        masks: ledger::masks(engine, db, slots).await?,
        held: holds::held_by(engine, db, name).await?,
        pending: attempt::pending(engine, db, name).await?,
    })
}

async fn settle_open(app: &App, open: &[OpenSlot]) -> anyhow::Result<()> {
    let slots: Vec<SlotRef> = open.iter().map(|open| open.slot).collect();
    let Known {
        masks,
        held,
        pending,
    } = until_done(app, |app| Box::pin(known(app, &slots))).await?;
    let at = app.cx.clock.millis();
    let outcomes: Vec<_> = open
        .iter()
        .zip(masks)
        .map(|(open, known)| {
            let attempts = unused(open, known, &pending);
            let settled = attempts
                .iter()
                .fold(known, |mask, one| mask | 1 << slots::place(one.position));
            (open.tenant, lost(open, settled, at), attempts)
        })
        .collect();
    let unknown: usize = outcomes
        .iter()
        .map(|(_, outcome, _)| outcome.items.len())
        .sum();
    tracing::warn!(
        slots = outcomes.len(),
        unknown,
        "settled what a predecessor left open"
    );
    let mut works = until_done(app, |app| Box::pin(works(app, open))).await?;
    let settled = outcomes.into_iter().map(|(tenant, outcome, attempts)| {
        let traces = traces(works.remove(&outcome.slot.run));
        let charge = charge::left_open(outcome.slot, &held);
        let group = Group {
            outcome,
            routed: None,
        };
        let besides = Besides {
            charge,
            attempts,
            traces,
            ..Besides::default()
        };
        app.recorder
            .settle_charging(tenant, vec![group], true, Vec::new(), besides)
    });
    futures::future::try_join_all(settled).await?;
    Ok(())
}

/// What stands in no open slot now came back when its slot was closed.
async fn returned(app: &App) -> anyhow::Result<()> {
    let (engine, name) = (app.cx.db.engine(), app.config.name.clone());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { attempt::mark_all_returned(engine, tx, &name).await })
    });
    write.await
}

/// Permits of an open slot whose texts surely did not leave: they were to come back with its closing.
pub fn unused(open: &OpenSlot, known: u64, pending: &[Attempt]) -> Vec<Attempt> {
    let of_slot = pending.iter().filter(|one| one.slot == open.slot);
    of_slot
        .filter(|one| known & (1 << slots::place(one.position)) == 0)
        .cloned()
        .collect()
}

/// Texts of the API among what was left open: number and words are in their rows.
async fn works(app: &App, open: &[OpenSlot]) -> anyhow::Result<HashMap<RunId, SendChunk>> {
    let own = open.iter().filter(|open| open.campaign == NO_CAMPAIGN);
    let ids: Vec<MessageId> = own.map(|open| MessageId::of(open.slot.run, 0, 0)).collect();
    let works = api_message::works(app.cx.db.engine(), app.cx.db.read(), &ids).await?;
    Ok(works
        .into_iter()
        .map(|work| (work.head.run, work))
        .collect())
}

fn traces(work: Option<SendChunk>) -> Vec<Trace> {
    let Some(SendChunk { head, texts }) = work else {
        return Vec::new();
    };
    let texts = texts.into_iter();
    texts
        .map(|text| Trace {
            position: text.position,
            cause: Cause::ProcessDied,
            provider: String::new(),
            mode: head.mode,
            to: Some(text.phone),
            sender: head.sender.clone(),
            fingerprint: Some(fingerprint(&text.body)),
        })
        .collect()
}

/// Budget that a predecessor took and asked no permits with.
async fn give_back(app: &App) -> anyhow::Result<()> {
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    let held = holds::held_by(engine, db, &app.config.name).await?;
    let keys = held.into_iter().map(|(key, _)| key).collect();
    app.money.give_back(keys).await
}

/// The texts of an open slot that the ledger does not know, as unknown.
fn lost(open: &OpenSlot, known: u64, at: UnixMillis) -> SlotOutcome {
    let permits = open
        .positions
        .iter()
        .zip(&open.contacts)
        .zip(&open.decisions);
    let items = permits
        .filter(|((position, _), _)| known & (1 << slots::place(**position)) == 0)
        .map(|((position, contact), decision)| HandOver {
            position: *position,
            contact: *contact,
            decision: *decision,
            outcome: Outcome::Unknown,
            reason: Reason::OUTCOME_UNKNOWN,
            until: None,
            segments: 1,
            encoding: Encoding::Gsm7,
            provider_message_id: String::new(),
        })
        .collect();
    SlotOutcome {
        slot: open.slot,
        campaign: open.campaign,
        provider: String::new(),
        at,
        items,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::ids::{CampaignId, ContactId, DecisionId, RunId, TenantId};

    #[test]
    fn only_what_the_ledger_does_not_know_is_unknown() {
        let open = OpenSlot {
            tenant: TenantId::from_raw(1),
            slot: SlotRef {
                run: RunId::from_raw(1 << 40),
                chunk: 0,
                slot: 1,
            },
            campaign: CampaignId::from_raw(2),
            positions: vec![64, 65, 66],
            contacts: vec![ContactId::from_raw(1); 3],
            decisions: vec![DecisionId::from_raw(1); 3],
        };
        let outcome = lost(&open, 0b010, UnixMillis(5));
        let positions: Vec<_> = outcome.items.iter().map(|item| item.position).collect();
        assert_eq!(positions, [64, 66]);
        assert!(
            outcome
                .items
                .iter()
                .all(|item| item.outcome == Outcome::Unknown)
        );
    }
}

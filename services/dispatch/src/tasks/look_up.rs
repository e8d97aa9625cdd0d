//! Asks providers what became of texts in doubt, and finds those that wait too long for a receipt.
//!
//! Nothing is sent here. What a look-up finds goes the way of every receipt. Rows are taken under a lease, and each try is
//! counted before it is made, so that a process that dies tries no more often than one that lives; only the dispatcher
//! whose texts they are takes them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use channels::{FindBy, Finding, Receipt, Sought};
use contract::UnixMillis;
use contract::chunk::Outcome;
use contract::ids::MessageId;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::oneshot;

use crate::app::App;
use crate::book::CarrierReceipt;
use crate::db::look_up::{self, Open, Tried};
use crate::db::{ledger, load};
use crate::doubt::{Cause, Doubt, Trace};
use crate::reconcile::{self, LONGEST_SILENCE_HOURS, Verdict};
use crate::recorder::Receipts;
use crate::route;

/// One round of look-ups a second.
const ROUND: Duration = Duration::from_secs(1);
/// Longer than a look-up of several pages takes.
const LEASE_MS: i64 = 600_000;
const SILENCE_EVERY: Duration = Duration::from_secs(60);
const ROWS: u32 = 500;
/// A text that the provider names was handed over so long before or after the instant that the provider tells, at most.
const CLOCKS_MS: i64 = 120_000;
/// No link waits for an answer to what is found.
const NO_LINK: usize = usize::MAX;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let accounts = app.reconciling.accounts().chain([""]);
    let asking = futures::future::join_all(accounts.map(|account| ask_on(&app, account)));
    tokio::select! {
        _ = asking => {}
        () = watch_silence(&app) => {}
        () = stopping.cancelled() => {}
    }
    Ok(())
}

/// Asks one account on and on, so that a slow one holds up no other.
async fn ask_on(app: &App, account: &str) {
    loop {
        if let Err(error) = round(app, account).await {
            let error = format!("{error:#}");
            tracing::warn!(error, "texts in doubt could not be looked up; trying again");
        }
        tokio::time::sleep(ROUND).await;
    }
}

async fn round(app: &App, account: &str) -> anyhow::Result<()> {
    let (engine, name) = (app.cx.db.engine(), app.config.name.clone());
    let (now, limit) = (app.cx.clock.millis().0, app.config.look_up.per_second);
    let next = look_up::next_due(engine, app.cx.db.read(), &name, account).await?;
    if next.is_none_or(|due| due > now) {
        return Ok(());
    }
    let account = account.to_string();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            look_up::take(engine, tx, (&name, &account), (now, now + LEASE_MS), limit).await
        })
    });
    let due = write.await?;
    let mut asked: FuturesUnordered<_> = due.into_iter().map(|open| one(app, open)).collect();
    let (mut tried, mut found) = (Vec::new(), BTreeMap::<String, Vec<CarrierReceipt>>::new());
    while let Some(answer) = asked.next().await {
        let Answer { row, receipts } = answer?;
        found
            .entry(row.provider.clone())
            .or_default()
            .extend(receipts);
        tried.push(row);
    }
    drop(asked);
    for (provider, receipts) in found {
        record(app, provider, receipts).await?;
    }
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { look_up::tried(engine, tx, &tried).await }));
    write.await
}

/// What is to be written down of a look-up, and what it found.
struct Answer {
    row: Tried,
    receipts: Vec<CarrierReceipt>,
}

async fn one(app: &App, open: Open) -> anyhow::Result<Answer> {
    let rules = &app.config.look_up;
    let (finding, provider) = find(app, &open).await?;
    let now = app.cx.clock.millis();
    let sure_of = (!open.provider.is_empty()).then(|| app.reconciling.record(&open.provider));
    let verdict = reconcile::judge(&finding, sure_of, (open.at, now));
    let (mut tries, mut due) = (open.tries, rules.next(open.tries, now));
    let mut receipts = Vec::new();
    let (word, result) = match verdict {
        Verdict::Taken => {
            if let Finding::Taken(found) = finding {
                if found.iter().any(|one| one.outcome.is_final()) {
                    due = None;
                }
                receipts.extend(found.into_iter().map(|one| told(one, open.message)));
            }
            ("taken", "the provider has it")
        }
        Verdict::NotTaken => {
            due = None;
            receipts.push(never(open.message, now));
            ("not_taken", "the provider never took it")
        }
        Verdict::Open(why) => ("open", why),
        Verdict::Later(at) => {
            (tries, due) = (open.tries.saturating_sub(1), Some(at));
            ("later", "the provider asks for a pause")
        }
    };
    metrics::counter!("dispatch_look_ups_total", "provider" => provider.clone(), "result" => word)
        .increment(1);
    let row = Tried {
        message: open.message,
        provider,
        tries,
        at: now,
        result: result.to_string(),
        due,
    };
    Ok(Answer { row, receipts })
}

/// Asks everybody who may have had it, until one says yes.
async fn find(app: &App, open: &Open) -> anyhow::Result<(Finding, String)> {
    let (not_before, not_after) = reconcile::window(open.cause, open.at);
    let sought = Sought {
        message: open.message,
        provider_message_id: open.provider_message_id.clone(),
        to: open.to,
        from: open.sender.clone(),
        fingerprint: open.fingerprint,
        not_before,
        not_after,
    };
    let mut last = Finding::CannotAsk;
    for name in app.reconciling.whom(&open.provider, open.mode) {
        let Some(link) = app.links.iter().find(|link| &*link.name == name) else {
            continue;
        };
        let finding = link.provider.look_up(&sought).await;
        match finding {
            Finding::Taken(found) if is_anothers(app, open, name, &found).await? => {
                last = Finding::Unclear("the text that was found is another one");
            }
            Finding::Taken(found) => return Ok((Finding::Taken(found), name.to_string())),
            // Of several answers the one that leaves the most open counts.
            Finding::NotThere if matches!(last, Finding::CannotAsk) => last = Finding::NotThere,
            Finding::NotThere => {}
            other => last = other,
        }
    }
    Ok((last, open.provider.clone()))
}

/// Words and time fit another text of ours just as well: one that the provider has named so.
async fn is_anothers(
    app: &App,
    open: &Open,
    provider: &str,
    found: &[Receipt],
) -> anyhow::Result<bool> {
    let by_words = app.reconciling.record(provider).find_by == Some(FindBy::Recipient);
    if !by_words || !open.provider_message_id.is_empty() {
        return Ok(false);
    }
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    for one in found {
        let name = (provider, one.provider_message_id.as_str());
        let around = (one.at.0 - CLOCKS_MS, one.at.0 + CLOCKS_MS);
        if ledger::is_named(engine, db, name, around, open.message).await?
            || look_up::is_named(engine, db, name, open.message).await?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn told(receipt: Receipt, message: MessageId) -> CarrierReceipt {
    CarrierReceipt {
        reference: Some(message),
        ..CarrierReceipt::from(receipt)
    }
}

/// What the provider's complete list says by not having it.
const fn never(message: MessageId, now: UnixMillis) -> CarrierReceipt {
    CarrierReceipt {
        provider_message_id: String::new(),
        reference: Some(message),
        outcome: Outcome::Failed,
        code: String::new(),
        fault: None,
        block: None,
        at: now.0,
    }
}

/// Resolves when it is durable.
async fn record(app: &App, provider: String, receipts: Vec<CarrierReceipt>) -> anyhow::Result<()> {
    if receipts.is_empty() {
        return Ok(());
    }
    let (done, durable) = oneshot::channel();
    let entry = Receipts {
        link: NO_LINK,
        provider: provider.into(),
        receipts,
        tokens: Vec::new(),
        done: Some(done),
    };
    let ended = || anyhow::anyhow!("the recorder has ended");
    app.recorder.receipts(entry).await.map_err(|_| ended())?;
    durable.await.map_err(|_| ended())
}

/// Notes texts that were handed over long ago and have no receipt, where their provider can be asked.
async fn watch_silence(app: &App) {
    let longest = i64::from(LONGEST_SILENCE_HOURS) * 3_600_000;
    let mut from = app.cx.clock.millis().0 - longest - 3_600_000;
    loop {
        match silent(app, from).await {
            Ok(until) => from = until,
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "texts without a receipt could not be looked for");
            }
        }
        if let Err(error) = forget(app).await {
            let error = format!("{error:#}");
            tracing::warn!(error, "old look-ups could not be removed");
        }
        tokio::time::sleep(SILENCE_EVERY).await;
    }
}

/// Those handed over at or after `from`; says from where on to look the next time.
async fn silent(app: &App, mut from: i64) -> anyhow::Result<i64> {
    let Some(silence) = app.config.look_up.silence_ms() else {
        return Ok(from);
    };
    let (engine, db, now) = (app.cx.db.engine(), app.cx.db.read(), app.cx.clock.millis());
    let (until, mut limit) = (now.0 - silence, ROWS);
    while from <= until {
        // Before the rows: what is folded in between is then seen twice, not never.
        let logged = load::logged(&app.cx.db).await?;
        let rows = ledger::awaiting(engine, db, &app.config.name, (from, until), limit).await?;
        let full = u32::try_from(rows.len()).is_ok_and(|read| read == limit);
        let last = rows.last().map_or(until, |(row, _)| row.at);
        let doubts: Vec<Doubt> = rows
            .iter()
            .filter(|(row, _)| app.reconciling.may_ask_by_id(&row.provider))
            .flat_map(|(row, states)| {
                let states = load::current(row, *states, logged.get(&row.key));
                no_receipt(row, &states, now)
            })
            .collect();
        if !doubts.is_empty() {
            let name = app.config.name.clone();
            let write = app.cx.db.write(move |tx| {
                Box::pin(async move { look_up::insert(engine, tx, &name, &doubts).await })
            });
            write.await?;
        }
        if !full {
            return Ok(until + 1);
        }
        // Rows of one instant beyond a page: a longer page.
        limit = if last == from {
            limit.saturating_mul(2)
        } else {
            ROWS
        };
        from = last;
    }
    Ok(from)
}

fn no_receipt(row: &ledger::LedgerRow, states: &[u8; 64], now: UnixMillis) -> Vec<Doubt> {
    let silent = row.items.items.iter().filter(|item| {
        states[usize::from(item.place % 64)] == Outcome::HandedOver.rank()
            && !item.provider_message_id.is_empty()
    });
    let slot = row.key.slot;
    silent
        .map(|item| {
            let position = crate::slots::position(slot.slot, item.place);
            Doubt {
                message: MessageId::of(slot.run, slot.chunk, position),
                tenant: row.tenant,
                campaign: row.campaign,
                contact: item.contact,
                provider_message_id: item.provider_message_id.clone(),
                outcome: Outcome::HandedOver,
                at: UnixMillis(row.at),
                due: Some(now),
                trace: Trace {
                    position,
                    cause: Cause::NoReceipt,
                    provider: row.provider.clone(),
                    mode: route::mode_of(&row.provider),
                    to: None,
                    sender: String::new(),
                    fingerprint: None,
                },
            }
        })
        .collect()
}

async fn forget(app: &App) -> anyhow::Result<()> {
    let engine = app.cx.db.engine();
    let before = app.cx.clock.millis().0 - i64::from(app.config.look_up.keep_days) * 86_400_000;
    app.cx
        .db
        .write(move |tx| Box::pin(async move { look_up::forget(engine, tx, before).await }))
        .await
}

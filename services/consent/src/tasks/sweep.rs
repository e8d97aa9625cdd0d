//! Ends what has run out, once a minute by the clock: consents, double opt-ins nobody confirmed, reviews
//! nobody decided, and counts that count no more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chassis::Tx;
use contract::{Mode, Phone, TenantId};
use serde_json::json;

use crate::app::App;
use crate::db;
use crate::db::standing::Hold;
use crate::decide_review::decide;
use crate::recent::KEPT_MILLIS;
use crate::record::{NewEntry, record};
use crate::standing::{Action, Change, Standing};

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_millis(250);
const EVERY_MILLIS: i64 = 60_000;
const FORGET_EVERY_MILLIS: i64 = 3_600_000;
/// People and reviews in one transaction.
const BATCH: u32 = 500;
const DAY: i64 = 24 * 3_600_000;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let (mut swept, mut forgot) = (i64::MIN, i64::MIN);
    loop {
        let now = app.cx.clock.millis().0;
        if now.saturating_sub(swept) >= EVERY_MILLIS {
            swept = now;
            let forgets = now.saturating_sub(forgot) >= FORGET_EVERY_MILLIS;
            if forgets {
                forgot = now;
            }
            if let Err(error) = pass(&app, now, forgets).await {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "what has run out could not be ended; trying again in a minute"
                );
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stopping.cancelled() => return Ok(()),
        }
    }
}

async fn pass(app: &Arc<App>, now: i64, forgets: bool) -> anyhow::Result<()> {
    let engine = app.engine();
    loop {
        let due = db::standing::due(app.cx.db.read(), engine, now, BATCH).await?;
        let full = due.len() == BATCH as usize;
        let mut people: BTreeMap<TenantId, Vec<Phone>> = BTreeMap::new();
        for (tenant, phone) in due {
            people.entry(tenant).or_default().push(phone);
        }
        for (tenant, phones) in people {
            let shared = app.clone();
            let write = app.cx.db.write(move |tx| {
                Box::pin(async move { expire(&shared, tx, tenant, &phones, now).await })
            });
            write.await?;
        }
        if !full {
            break;
        }
    }
    loop {
        let due = db::review::due(app.cx.db.read(), engine, now, BATCH).await?;
        if due.is_empty() {
            break;
        }
        let shared = app.clone();
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move {
                for review in &due {
                    decide(&shared, tx, review, true, (None, "lapsed")).await?;
                }
                Ok(())
            })
        });
        write.await?;
        app.opt_out_recorded();
    }
    if forgets {
        app.counts.forget(now);
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { db::sent::forget(tx, engine, now - KEPT_MILLIS).await })
        });
        write.await?;
    }
    Ok(())
}

/// Ends what is due of these people; what is due later by now is put down for then.
async fn expire(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    phones: &[Phone],
    now: i64,
) -> anyhow::Result<()> {
    let engine = app.engine();
    let memo = app.tenants.active(tx, engine, tenant).await?;
    let days = i64::from(memo.rules().parameters().double_opt_in_days);
    let all = phones.iter().copied();
    let known = db::standing::load(tx, engine, tenant, all, Hold::Exclusive).await?;
    let mut entries = Vec::new();
    for (phone, one) in &known {
        let standing = one.standing.as_ref();
        let ended = standing.map(|standing| run_out(standing, days, now));
        let Some(ended) = ended.filter(|ended| !ended.is_empty()) else {
            let due = standing.and_then(|standing| standing.due_at(days));
            db::standing::set_due(tx, engine, tenant, *phone, due).await?;
            continue;
        };
        entries.extend(ended.into_iter().map(|programme| NewEntry {
            phone: *phone,
            contact: None,
            change: Change {
                programme: Some(programme),
                by: "time".to_string(),
                ..Change::new(Action::Expire, now)
            },
            method: "time".to_string(),
            evidence: json!({}),
            inbound: None,
            confirm_from: None,
            mode: Mode::Test,
        }));
    }
    if !entries.is_empty() {
        record(app, tx, tenant, &entries).await?;
    }
    Ok(())
}

/// Programmes whose consent, or whose question, has run out.
fn run_out(standing: &Standing, days: i64, now: i64) -> Vec<String> {
    let grants = standing.grants.iter().filter(|grant| !grant.ended);
    grants
        .filter(|grant| {
            grant.expires_at.is_some_and(|at| at <= now)
                || grant.pending && grant.at + days * DAY <= now
        })
        .map(|grant| grant.programme.clone())
        .collect()
}

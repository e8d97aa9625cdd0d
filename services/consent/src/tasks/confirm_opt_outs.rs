//! Confirms opt-outs: once every permit that was open when one was recorded has closed, no hand-over to
//! that person begins any more, and the person is told so.

use std::sync::Arc;
use std::time::Duration;

use ahash::AHashMap;
use chassis::Tx;
use contract::consent::OptOutConfirmed;
use contract::{Class, ConsentId, UnixMillis};
use tokio::time::Instant;

use crate::app::App;
use crate::db::opt_out_pending::Pending;
use crate::db::{self};
use crate::facts::Facts;
use crate::replies::seconds;
use crate::sabotage::{self, Mechanism};
use crate::service_text::{ServiceText, VALID_MILLIS, confirmation_run};
use crate::standing::{Action, Standing};

/// Rings come with every close; this is for a process that closes permits elsewhere.
const WHILE_WAITING: Duration = Duration::from_millis(20);
const IDLE: Duration = Duration::from_millis(500);
/// A permit runs out long before this: its dispatcher is dead or frozen. The confirmation still waits for
/// the permit to be closed (by the dispatcher's successor), because time alone proves nothing.
const ALARM_AFTER: Duration = Duration::from_secs(30);

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let mut first_seen: AHashMap<ConsentId, (Instant, bool)> = AHashMap::new();
    loop {
        let waiting = match round(&app, &mut first_seen).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "opt-outs could not be confirmed; trying again"
                );
                true
            }
        };
        let pause = if waiting { WHILE_WAITING } else { IDLE };
        tokio::select! {
            () = app.confirm.notified() => {}
            () = tokio::time::sleep(pause) => {}
            () = stopping.cancelled() => return Ok(()),
        }
    }
}

/// Confirms what can be; true while some have to wait.
async fn round(
    app: &Arc<App>,
    first_seen: &mut AHashMap<ConsentId, (Instant, bool)>,
) -> anyhow::Result<bool> {
    // Cleared before looking: an opt-out recorded meanwhile sets it again.
    app.set_awaited(false);
    let pending = db::opt_out_pending::oldest(app.cx.db.read(), app.engine()).await?;
    if pending.is_empty() {
        first_seen.clear();
        return Ok(false);
    }
    app.set_awaited(true);
    let open = db::open_slot::asks(app.cx.db.read(), app.engine()).await?;
    first_seen.retain(|consent, _| pending.iter().any(|one| one.consent == *consent));
    let (ready, waiting): (Vec<Pending>, Vec<Pending>) = pending.into_iter().partition(|one| {
        sabotage::removed(Mechanism::ClosureWait) || !one.waits.iter().any(|ask| open.contains(ask))
    });
    for one in &waiting {
        let (seen, alarmed) = first_seen
            .entry(one.consent)
            .or_insert_with(|| (Instant::now(), false));
        if !*alarmed && seen.elapsed() > ALARM_AFTER {
            *alarmed = true;
            metrics::counter!("opt_outs_overdue_total").increment(1);
            tracing::error!(
                consent = %one.consent,
                "an opt-out is recorded but cannot be confirmed: a dispatcher left permits open; start it again"
            );
        }
    }
    if !ready.is_empty() {
        let shared = app.clone();
        app.cx
            .db
            .write_first(move |tx| Box::pin(async move { confirm(&shared, tx, &ready).await }))
            .await?;
    }
    Ok(!waiting.is_empty())
}

async fn confirm(app: &App, tx: &Tx, ready: &[Pending]) -> anyhow::Result<()> {
    let consents: Vec<ConsentId> = ready.iter().map(|one| one.consent).collect();
    let taken = db::opt_out_pending::take(tx, app.engine(), &consents).await?;
    for one in ready.iter().filter(|one| taken.contains(&one.consent)) {
        let now = app.cx.clock.millis();
        let said = OptOutConfirmed {
            consent: one.consent,
            recorded_at: UnixMillis(one.recorded_at),
            confirmed_at: now,
        };
        app.cx.bus.say(tx, one.tenant, &said).await?;
        metrics::histogram!("opt_out_confirmed_seconds").record(seconds(now.0 - one.recorded_at));
        if let Some(sender) = &one.sender {
            text(app, tx, one, sender, now).await?;
        }
    }
    Ok(())
}

/// The confirmation text: once per person in five minutes, and not to somebody who has come back.
async fn text(
    app: &App,
    tx: &Tx,
    one: &Pending,
    sender: &str,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let engine = app.engine();
    let not_since = now.0 - VALID_MILLIS;
    if !db::standing::claim_confirmation(tx, engine, one.tenant, one.phone, now.0, not_since)
        .await?
    {
        return Ok(());
    }
    let mut standing = Standing::default();
    standing.apply(Action::OptOut, None, one.recorded_at)?;
    let decision = app.memo.decide(Facts::of(
        Class::OptOutConfirmation,
        "",
        &standing,
        None,
        now.0,
    ));
    app.store_decisions(tx, std::slice::from_ref(&decision), now.0)
        .await?;
    let text = ServiceText {
        class: Class::OptOutConfirmation,
        run: confirmation_run(one.consent),
        contact: one.contact,
        to: one.phone,
        sender,
        mode: one.mode,
        decision: decision.id,
        body: &app.config.confirmation_text,
        now,
        valid_until: UnixMillis(one.recorded_at + VALID_MILLIS),
    };
    app.cx.bus.say(tx, one.tenant, &text.command()).await?;
    Ok(())
}

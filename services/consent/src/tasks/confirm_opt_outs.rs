//! Confirms opt-outs: once every permit that was open when one was recorded has closed, no hand-over to
//! that person begins any more, and the person is told so.

use std::sync::Arc;
use std::time::Duration;

use ahash::AHashMap;
use chassis::{Cx, Tx};
use contract::campaigns::DescribeAppointment;
use contract::consent::OptOutConfirmed;
use contract::dispatch::SendAnswer;
use contract::{CampaignId, Class, ConsentId, EventId, TemplateId, TenantId, UnixMillis};
use tokio::time::Instant;

use crate::app::App;
use crate::db::opt_out_pending::Pending;
use crate::db::standing::Hold;
use crate::db::{self};
use crate::decision::Effect;
use crate::facts::Flags;
use crate::keyword;
use crate::memo::Memo;
use crate::papers::ConfirmOwner;
use crate::replies::{reply_facts, seconds};
use crate::sabotage::{self, Mechanism};
use crate::service_text::{ServiceText, VALID_MILLIS, confirmation_run};
use crate::standing::DEFAULT_PROGRAMME;

/// Rings come with every close; this is for a process that closes permits elsewhere.
const WHILE_WAITING: Duration = Duration::from_millis(20);
const IDLE: Duration = Duration::from_millis(500);
/// A permit runs out long before this: its dispatcher is dead or frozen. The confirmation still waits for
/// the permit to be closed (by the dispatcher's successor), because time alone proves nothing.
const ALARM_AFTER: Duration = Duration::from_secs(30);
/// Questions to it at a time.
const AT_ONCE: usize = 100;

/// `urgent`: whose connections are used past all queues.
pub async fn run(app: Arc<App>, urgent: Cx) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let mut first_seen: AHashMap<ConsentId, (Instant, bool)> = AHashMap::new();
    loop {
        let waiting = match round(&app, &urgent, &mut first_seen).await {
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
    urgent: &Cx,
    first_seen: &mut AHashMap<ConsentId, (Instant, bool)>,
) -> anyhow::Result<bool> {
    // Cleared before looking: an opt-out recorded meanwhile sets it again.
    app.set_awaited(false);
    let pending = db::opt_out_pending::oldest(urgent.db.read(), app.engine()).await?;
    if pending.is_empty() {
        first_seen.clear();
        return Ok(false);
    }
    app.set_awaited(true);
    let open = db::open_slot::asks(urgent.db.read(), app.engine()).await?;
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
    // Nobody waits for the words of somebody else's appointment.
    let (asking, ready) = apart(app, urgent, ready).await?;
    confirm_all(app, urgent, ready, Notes::new()).await?;
    if !asking.is_empty() {
        let notes = notes(app, urgent, &asking).await;
        confirm_all(app, urgent, asking, notes).await?;
    }
    Ok(!waiting.is_empty())
}

/// What stands behind a confirmation, by opt-out.
type Notes = AHashMap<ConsentId, String>;

async fn confirm_all(
    app: &Arc<App>,
    urgent: &Cx,
    ready: Vec<Pending>,
    notes: Notes,
) -> anyhow::Result<()> {
    if ready.is_empty() {
        return Ok(());
    }
    let shared = app.clone();
    let write = app
        .cx
        .db
        .write_first(move |tx| Box::pin(async move { confirm(&shared, tx, &ready, &notes).await }));
    for (tenant, id, text) in write.await? {
        urgent.bus.hurry(tenant, id, text);
    }
    Ok(())
}

/// Opt-outs that may have been meant for an appointment, and the others.
async fn apart(
    app: &App,
    urgent: &Cx,
    ready: Vec<Pending>,
) -> anyhow::Result<(Vec<Pending>, Vec<Pending>)> {
    let confirmed_by_text: Vec<ConsentId> = ready
        .iter()
        .filter(|one| one.sender.is_some())
        .map(|one| one.consent)
        .collect();
    let texts = db::ledger::reply_texts(urgent.db.read(), app.engine(), &confirmed_by_text).await?;
    Ok(ready.into_iter().partition(|one| {
        texts
            .get(&one.consent)
            .is_some_and(|text| keyword::may_mean_an_appointment(text))
    }))
}

/// What still stands of what these people were told, as far as it is known at once.
async fn notes(app: &App, urgent: &Cx, asking: &[Pending]) -> Notes {
    let patience = app.config.appointment_stands_wait();
    let ask = |one: &Pending| {
        let question = DescribeAppointment {
            contact: one.contact,
            phone: one.phone,
            sender: one.sender.clone().unwrap_or_default(),
            mode: one.mode,
        };
        let (consent, tenant, bus) = (one.consent, one.tenant, urgent.bus.clone());
        async move {
            let answer = bus.ask_within(tenant, &question, patience).await;
            // Without an answer the usual confirmation goes out alone: it is what the law asks for.
            Some((consent, answer.ok().flatten()?))
        }
    };
    let mut notes = Notes::new();
    for some in asking.chunks(AT_ONCE) {
        let answers = futures::future::join_all(some.iter().map(ask)).await;
        notes.extend(answers.into_iter().flatten());
    }
    notes
}

/// A confirmation text as it stands in the outbox.
type Said = (TenantId, EventId, SendAnswer);

async fn confirm(
    app: &App,
    tx: &Tx,
    ready: &[Pending],
    notes: &Notes,
) -> anyhow::Result<Vec<Said>> {
    let consents: Vec<ConsentId> = ready.iter().map(|one| one.consent).collect();
    let mut texts = Vec::new();
    let taken = db::opt_out_pending::take(tx, app.engine(), &consents).await?;
    let taken: Vec<&Pending> = ready
        .iter()
        .filter(|one| taken.contains(&one.consent))
        .collect();
    let now = app.cx.clock.millis();
    let confirmed: Vec<_> = taken
        .iter()
        .map(|one| (one.tenant, one.phone, one.consent))
        .collect();
    db::opt_out::confirm(tx, app.engine(), &confirmed, now.0).await?;
    for one in taken {
        let said = OptOutConfirmed {
            consent: one.consent,
            recorded_at: UnixMillis(one.recorded_at),
            confirmed_at: now,
        };
        app.cx.bus.say(tx, one.tenant, &said).await?;
        metrics::histogram!("opt_out_confirmed_seconds").record(seconds(now.0 - one.recorded_at));
        if let Some(sender) = &one.sender {
            let note = notes.get(&one.consent);
            texts.extend(text(app, tx, one, (sender, note), now).await?);
        }
    }
    Ok(texts)
}

/// The confirmation text: once per person in five minutes, and not to somebody who has come back.
async fn text(
    app: &App,
    tx: &Tx,
    one: &Pending,
    (sender, note): (&str, Option<&String>),
    now: UnixMillis,
) -> anyhow::Result<Option<Said>> {
    let engine = app.engine();
    let not_since = now.0 - VALID_MILLIS;
    if !db::standing::claim_confirmation(tx, engine, one.tenant, one.phone, now.0, not_since)
        .await?
    {
        return Ok(None);
    }
    let memo = app.tenants.active(tx, engine, one.tenant).await?;
    let mut facts = reply_facts(&memo, app, Class::OptOutConfirmation);
    let papers = app
        .tenants
        .papers(
            tx,
            engine,
            one.tenant,
            (CampaignId::from_raw(0), sender, TemplateId::from_raw(0)),
        )
        .await?;
    facts.flags.set(
        Flags::CONFIRMATION_BY_CARRIER,
        papers.sender.confirm_owner != ConfirmOwner::Platform,
    );
    let elapsed = (now.0 - one.recorded_at).max(0) / 1000;
    facts.opt_out_seconds = u16::try_from(elapsed.min(301)).unwrap_or(301);
    let decision = memo.decide(&app.places, facts);
    app.store_decisions(tx, &memo, std::slice::from_ref(&decision), now.0)
        .await?;
    if decision.verdict.effect != Effect::Allow {
        return Ok(None);
    }
    let mut body = words(app, tx, &memo, one).await?;
    if let Some(note) = note {
        body = format!("{body} {note}");
    }
    let text = ServiceText {
        class: Class::OptOutConfirmation,
        programme: DEFAULT_PROGRAMME,
        run: confirmation_run(one.consent),
        contact: one.contact,
        to: one.phone,
        sender,
        mode: one.mode,
        decision: decision.id,
        body: &body,
        now,
        valid_until: UnixMillis(one.recorded_at + VALID_MILLIS),
    };
    let command = text.command();
    let id = app.cx.bus.say(tx, one.tenant, &command).await?;
    Ok(Some((one.tenant, id, command)))
}

/// The confirmation, with the question which programmes were meant where that was asked.
async fn words(app: &App, tx: &Tx, memo: &Memo, one: &Pending) -> anyhow::Result<String> {
    let own = memo.rules().parameters().confirmation_text.clone();
    let text = own.unwrap_or_else(|| app.config.confirmation_text.clone());
    let phones = std::iter::once(one.phone);
    let known = db::standing::load(tx, app.engine(), one.tenant, phones, Hold::None).await?;
    let standing = known
        .get(&one.phone)
        .and_then(|known| known.standing.as_ref());
    let Some(standing) = standing.filter(|standing| standing.clarification_since.is_some()) else {
        return Ok(text);
    };
    let names: Vec<String> = standing
        .grants
        .iter()
        .filter(|grant| !grant.ended && !grant.pending)
        .map(|grant| grant.programme.to_uppercase())
        .collect();
    Ok(format!(
        "{text} To keep one, reply with its name: {}.",
        names.join(", ")
    ))
}

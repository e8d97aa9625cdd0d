//! `qry.consent.grant_permits`: the gate. One job on the writer, a handful of set-based statements for a
//! slot; slots that wait at the same time share one commit.

use std::sync::Arc;

use anyhow::ensure;
use chassis::{Engine, Tx};
use contract::chunk::{Outcome, SLOT_SIZE};
use contract::consent::{Gate, GrantPermits, Permit, PermitAnswer, PermitAsk};
use contract::{Class, Envelope, EventId, MessageId, Reason, TenantId};

use crate::app::App;
use crate::db::open_slot::{Entry, Open};
use crate::db::permit::New;
use crate::db::standing::Hold;
use crate::db::{self};
use crate::decision::Decision;
use crate::judge::{self, Fate, Judged, Person, Question};
use crate::sabotage::{self, Mechanism};

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<GrantPermits>,
) -> anyhow::Result<PermitAnswer> {
    let (id, tenant, mut ask) = (envelope.id, envelope.tenant, envelope.body);
    ask.asks.sort_unstable_by_key(|one| one.position);
    check(&ask)?;
    let shared = app.clone();
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { grant(&shared, tx, tenant, id, &ask).await }));
    let (answer, stored) = write.await?;
    app.mark_stored(&stored);
    if let PermitAnswer::Answered {
        granted,
        permitted_before,
        ..
    } = &answer
    {
        metrics::counter!("consent_permits_granted_total").increment(granted.len() as u64);
        metrics::counter!("consent_permitted_before_total")
            .increment(permitted_before.len() as u64);
    }
    Ok(answer)
}

/// Slots are cut at fixed places, so that asking again names the same permits.
fn check(ask: &GrantPermits) -> anyhow::Result<()> {
    let slot = usize::from(ask.slot.slot);
    let inside = |position: u16| usize::from(position) / SLOT_SIZE == slot;
    ensure!(
        ask.asks.iter().all(|one| inside(one.position)),
        "permit.slot: a position lies outside its slot"
    );
    ensure!(
        ask.asks
            .windows(2)
            .all(|two| two[0].position < two[1].position),
        "permit.slot: a position stands twice"
    );
    Ok(())
}

type Granted = (PermitAnswer, Vec<Arc<Decision>>);

async fn grant(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    id: EventId,
    ask: &GrantPermits,
) -> anyhow::Result<Granted> {
    let (engine, now, epoch) = (app.engine(), app.cx.clock.now(), i64::try_from(ask.epoch)?);
    let (current, gate) =
        db::run_gate::epoch_and_gate(tx, engine, &ask.dispatcher, ask.slot.run).await?;
    if current != Some(epoch) && !sabotage::removed(Mechanism::Epoch) {
        return Ok((PermitAnswer::Fenced, Vec::new()));
    }
    // What was permitted once is told as such, even if it would be refused now.
    let earlier = db::permit::granted(tx, engine, ask.slot).await?;
    let (before, asked): (Vec<&PermitAsk>, Vec<&PermitAsk>) = ask
        .asks
        .iter()
        .partition(|one| earlier.contains(&one.position));
    let mut judged = judge_now(app, tx, tenant, ask, &asked).await?;
    sabotage::dawdle().await;
    shut(&mut judged, gate);

    let millis = now.timestamp_millis();
    let stored = app.unstored(judged.iter().map(|one| &one.decision));
    app.store_decisions(tx, &stored, millis).await?;
    let granted: Vec<&Judged> = judged
        .iter()
        .filter(|one| one.fate == Fate::Allowed)
        .collect();
    let permits: Vec<New> = granted.iter().map(|one| new_permit(one)).collect();
    db::permit::grant(tx, engine, ask.slot, &permits, millis).await?;
    if !granted.is_empty() {
        let entries = granted.iter().map(|one| open_entry(one)).collect();
        let open = Open {
            slot: ask.slot,
            ask: id,
            tenant,
            campaign: ask.campaign,
            entries,
        };
        db::open_slot::insert(tx, engine, &open, &ask.dispatcher, epoch, millis).await?;
    }
    let answer = PermitAnswer::Answered {
        granted: granted.iter().map(|one| permit(ask, one)).collect(),
        good_for_ms: app.config.permit_good_for_ms,
        permitted_before: before.iter().map(|one| one.position).collect(),
        refused: judge::groups(judged.iter()),
    };
    Ok((answer, stored))
}

/// Decides with the standing held as it is until the commit: an opt-out comes wholly before or after.
async fn judge_now(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    ask: &GrantPermits,
    asked: &[&PermitAsk],
) -> anyhow::Result<Vec<Judged>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let engine = app.engine();
    let phones = || asked.iter().map(|one| one.phone);
    // Marketing needs a row to be allowed at all; for other classes the row must be there to be held.
    if engine == Engine::Postgres && ask.class != Class::Marketing {
        db::standing::ensure(tx, engine, tenant, phones()).await?;
    }
    let standings = db::standing::load(tx, engine, tenant, phones(), Hold::Shared).await?;
    let people: Vec<Person> = asked
        .iter()
        .map(|one| Person {
            position: one.position,
            contact: one.contact,
            phone: one.phone,
            zone: one.zone,
        })
        .collect();
    let question = Question {
        class: ask.class,
        programme: &ask.programme,
        zones: &ask.zones,
        valid_until: ask.valid_until,
        now: app.cx.clock.now(),
    };
    Ok(judge::judge(
        &app.memo, &app.zones, &question, &people, &standings,
    ))
}

/// A shut gate lets nobody through; those refused for good stay so.
fn shut(judged: &mut [Judged], gate: Gate) {
    let (outcome, reason) = match gate {
        Gate::Open => return,
        Gate::Paused => (Outcome::Held, Reason::CAMPAIGN_PAUSED),
        Gate::Cancelled => (Outcome::Cancelled, Reason::CAMPAIGN_CANCELLED),
    };
    for one in judged {
        if !matches!(
            one.fate,
            Fate::Refused {
                outcome: Outcome::Suppressed | Outcome::Expired,
                ..
            }
        ) {
            one.fate = Fate::Refused {
                outcome,
                reason: reason.clone(),
                until: None,
            };
        }
    }
}

fn new_permit(one: &Judged) -> New {
    New {
        position: one.person.position,
        decision: one.decision.id,
        revision: one.revision,
        phone: one.person.phone,
    }
}

fn open_entry(one: &Judged) -> Entry {
    Entry {
        position: one.person.position,
        contact: one.person.contact,
        decision: one.decision.id,
        phone: one.person.phone,
    }
}

fn permit(ask: &GrantPermits, one: &Judged) -> Permit {
    let message = MessageId::of(ask.slot.run, ask.slot.chunk, one.person.position);
    Permit::issue(
        message,
        one.decision.id,
        u32::try_from(one.revision).unwrap_or(u32::MAX),
    )
}

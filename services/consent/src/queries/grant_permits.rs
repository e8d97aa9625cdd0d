//! `qry.consent.grant_permits`: the gate. One job on the writer, a handful of set-based statements for a
//! slot; slots that wait at the same time share one commit.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::ensure;
use chassis::{Engine, Tx};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use contract::chunk::{Outcome, SLOT_SIZE};
use contract::consent::{Gate, GrantPermits, Permit, PermitAnswer, PermitAsk};
use contract::{Class, Envelope, EventId, MessageId, Mode, Phone, Reason, TenantId};

use crate::app::App;
use crate::db::open_slot::{Entry, Open};
use crate::db::permit::New;
use crate::db::run_about::About;
use crate::db::standing::Hold;
use crate::db::{self};
use crate::decision::Decision;
use crate::facts::{self, Message};
use crate::judge::{self, Asked, Court, Fate, Judged};
use crate::memo::Memo;
use crate::people::People;
use crate::recent::{Sent, topic};
use crate::sabotage::{self, Mechanism};

/// What a grant counted, to be taken back if it does not commit.
#[derive(Default)]
struct Reserved(Mutex<Option<(Sent, Vec<Phone>)>>);

impl Reserved {
    fn note(&self, about: Sent, phones: impl Iterator<Item = Phone>) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *noted = Some((about, phones.collect()));
    }

    fn release(&self, app: &App, tenant: TenantId) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((about, phones)) = noted.take() {
            app.counts.release(tenant, phones.into_iter(), about);
        }
    }
}

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<GrantPermits>,
) -> anyhow::Result<PermitAnswer> {
    let (id, tenant, mut ask) = (envelope.id, envelope.tenant, envelope.body);
    ask.asks.sort_unstable_by_key(|one| one.position);
    check(&ask)?;
    let (shared, run) = (app.clone(), ask.slot.run);
    let reserved = Arc::new(Reserved::default());
    let kept = reserved.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { grant(&shared, tx, tenant, id, (&ask, &kept)).await })
    });
    let granting = match write.await {
        Ok(granting) => granting,
        Err(error) => {
            reserved.release(&app, tenant);
            return Err(error);
        }
    };
    if let Some(memo) = &granting.memo {
        app.mark_stored(memo, &granting.stored);
    }
    let answer = granting.answer;
    if let PermitAnswer::Answered {
        granted,
        permitted_before,
        ..
    } = &answer
    {
        if !granted.is_empty() {
            app.tenants.remember_run(run);
        }
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

/// What a grant comes to, with what is to be remembered once it is committed.
struct Granting {
    answer: PermitAnswer,
    stored: Vec<Arc<Decision>>,
    memo: Option<Arc<Memo>>,
}

async fn grant(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    id: EventId,
    (ask, reserved): (&GrantPermits, &Reserved),
) -> anyhow::Result<Granting> {
    let (engine, now, epoch) = (app.engine(), app.cx.clock.now(), i64::try_from(ask.epoch)?);
    let footing = db::run_gate::footing(tx, engine, tenant, &ask.dispatcher, ask.slot.run).await?;
    if footing.epoch != Some(epoch) && !sabotage::removed(Mechanism::Epoch) {
        return Ok(Granting {
            answer: PermitAnswer::Fenced,
            stored: Vec::new(),
            memo: None,
        });
    }
    let memo = app
        .tenants
        .rules(tx, engine, tenant, footing.policy)
        .await?;
    // What was permitted once is told as such, even if it would be refused now.
    let earlier = db::permit::granted(tx, engine, ask.slot).await?;
    let (before, asked): (Vec<&PermitAsk>, Vec<&PermitAsk>) = ask
        .asks
        .iter()
        .partition(|one| earlier.contains(&one.position));
    let mut judged = judge_now(app, tx, tenant, &memo, ask, &asked).await?;
    sabotage::dawdle().await;
    shut(&mut judged, footing.gate);

    let millis = now.timestamp_millis();
    let stored = app.unstored(judged.iter().map(|one| &one.decision));
    app.store_decisions(tx, &memo, &stored, millis).await?;
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
        count(app, tx, tenant, ask, &granted, reserved, millis).await?;
    }
    let answer = PermitAnswer::Answered {
        granted: granted.iter().map(|one| permit(ask, one)).collect(),
        good_for_ms: app.config.permit_good_for_ms,
        permitted_before: before.iter().map(|one| one.position).collect(),
        refused: judge::groups(judged.iter()),
    };
    Ok(Granting {
        answer,
        stored,
        memo: Some(memo),
    })
}

/// Counts the texts against everybody's caps and the sender's day, and keeps what the run is about.
async fn count(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    ask: &GrantPermits,
    granted: &[&Judged],
    reserved: &Reserved,
    now: i64,
) -> anyhow::Result<()> {
    let engine = app.engine();
    if app.tenants.is_new_run(ask.slot.run) {
        let about = About {
            run: ask.slot.run,
            tenant,
            campaign: ask.campaign,
            class: ask.class,
            programme: ask.programme.clone(),
            sender: ask.sender.clone(),
            started_at: now,
        };
        db::run_about::keep(tx, engine, &about).await?;
    }
    let sent: Vec<(Phone, u16)> = granted
        .iter()
        .map(|one| (one.person.phone, one.person.position))
        .collect();
    let about = Sent {
        topic: topic(&ask.programme),
        class: ask.class,
        at: now,
    };
    reserved.note(about, sent.iter().map(|(phone, _)| *phone));
    app.counts
        .reserve(tx, engine, tenant, ask.slot, &sent, about)
        .await?;
    let place = (app.tenants.papers(tx, engine, tenant, names(ask)).await?)
        .sender
        .daily_cap;
    if place.is_some() {
        let texts = i64::try_from(granted.len())?;
        let day = carrier_day(app.cx.clock.now());
        db::sender_day::add(tx, engine, tenant, (&ask.sender, &day), texts).await?;
    }
    Ok(())
}

fn names(ask: &GrantPermits) -> (contract::CampaignId, &str, contract::TemplateId) {
    (ask.campaign, &ask.sender, ask.template)
}

/// The carriers' day, US Pacific.
fn carrier_day(now: DateTime<Utc>) -> String {
    let zone = chrono_tz::America::Los_Angeles;
    now.with_timezone(&zone).date_naive().to_string()
}

/// Decides with the standing held as it is until the commit: an opt-out comes wholly before or after.
async fn judge_now(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    memo: &Memo,
    ask: &GrantPermits,
    asked: &[&PermitAsk],
) -> anyhow::Result<Vec<Judged>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let engine = app.engine();
    let phones: Vec<Phone> = asked.iter().map(|one| one.phone).collect();
    // Marketing needs a row to be allowed at all; for other classes the row must be there to be held.
    if engine == Engine::Postgres && ask.class != Class::Marketing {
        db::standing::ensure(tx, engine, tenant, phones.iter().copied()).await?;
    }
    // Where caps are counted, two slots with the same person must not count at the same time.
    let hold = if ask.class == Class::Marketing {
        Hold::Exclusive
    } else {
        Hold::Shared
    };
    let people = People::load(app, tx, tenant, (ask.class, &phones), hold).await?;
    let papers = app.tenants.papers(tx, engine, tenant, names(ask)).await?;
    let zones: Vec<Option<Tz>> = ask.zones.iter().map(|name| name.parse().ok()).collect();
    let persons: Vec<(Asked, facts::Person<'_>)> = asked
        .iter()
        .map(|one| {
            let asked = Asked {
                position: one.position,
                contact: one.contact,
                phone: one.phone,
            };
            let zone = one
                .zone
                .and_then(|index| zones.get(usize::from(index)).copied().flatten());
            (asked, people.person(app, one.phone, zone))
        })
        .collect();
    let court = Court {
        memo,
        places: &app.places,
        lists: &people.lists.of,
    };
    let message = Message {
        class: ask.class,
        programme: &ask.programme,
        sender: &ask.sender,
        papers: &papers,
        live: ask.mode == Mode::Live,
        valid_until: ask.valid_until.0,
        now: app.cx.clock.now(),
        carrier_cap_reached: false,
    };
    let judged = judge::judge(court, &message, &persons);
    let Some(cap) = papers.sender.daily_cap.filter(|_| !ask.class.is_reply()) else {
        return Ok(judged);
    };
    let day = carrier_day(message.now);
    let used = db::sender_day::used(tx, engine, tenant, &ask.sender, &day).await?;
    let left = usize::try_from(i64::from(cap) - used).unwrap_or(0);
    Ok(over_the_cap(court, &message, &persons, judged, left))
}

/// Those allowed beyond what the carriers still take today are judged again, knowing it.
fn over_the_cap(
    court: Court<'_>,
    message: &Message<'_>,
    persons: &[(Asked, facts::Person<'_>)],
    mut judged: Vec<Judged>,
    left: usize,
) -> Vec<Judged> {
    let beyond: Vec<usize> = judged
        .iter()
        .enumerate()
        .filter(|(_, one)| one.fate == Fate::Allowed)
        .map(|(index, _)| index)
        .skip(left)
        .collect();
    let again: Vec<(Asked, facts::Person<'_>)> = beyond
        .iter()
        .filter_map(|index| persons.get(*index).copied())
        .collect();
    let reached = Message {
        carrier_cap_reached: true,
        ..*message
    };
    for (index, one) in beyond.iter().zip(judge::judge(court, &reached, &again)) {
        if let Some(place) = judged.get_mut(*index) {
            *place = one;
        }
    }
    judged
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

//! Looks through hand-overs for texts that must not have left ([`crate::incident`]).
//!
//! Every text comes by here, so a whole batch gets one glance: which have a permit, and which went to a number
//! of which there ever was an opt-out. Only these are looked at closely.

use ahash::{AHashMap, AHashSet};
use contract::chunk::{Outcome, SLOT_SIZE};
use contract::dispatch::{HandOver, SlotOutcome};
use contract::{ContactId, IncidentId, MessageId, Phone, RunId, TenantId};

use crate::app::App;
use crate::db;
use crate::db::handed_over::{Permitted, Stretch, entries, glance, permits};
use crate::db::incident::Incident;
use crate::db::retention::{DECISIONS, done_until};
use crate::db::run_about::About;
use crate::incident::{Entry, HandedOver, Kind, judge};
use crate::tenants::person_hash;

/// One text that left.
#[derive(Clone, Copy)]
struct Left<'s> {
    message: MessageId,
    slot: &'s SlotOutcome,
    item: &'s HandOver,
}

/// Incidents among what was handed over in these slots of one tenant.
pub async fn find_incidents(
    app: &App,
    tenant: TenantId,
    slots: &[SlotOutcome],
) -> anyhow::Result<Vec<Incident>> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let (stretches, of): (Vec<Stretch>, Vec<&SlotOutcome>) =
        slots.iter().flat_map(stretches).unzip();
    if stretches.is_empty() {
        return Ok(Vec::new());
    }
    let glances = glance(reader, engine, tenant, &stretches).await?;
    let (mut missing, mut suspects) = (Vec::new(), Vec::new());
    for ((stretch, slot), seen) in stretches.iter().zip(of).zip(glances) {
        let lacking = stretch.handed & !seen.permitted;
        let suspect = stretch.handed & seen.suspect;
        if lacking != 0 {
            missing.extend(left(slot, stretch, lacking));
        }
        if suspect != 0 {
            suspects.extend(left(slot, stretch, suspect));
        }
    }
    let mut found = without_permit(app, &missing).await?;
    found.extend(against_opt_outs(app, tenant, &suspects).await?);
    Ok(found)
}

/// What of a slot was handed over, cut where permits are.
fn stretches(slot: &SlotOutcome) -> Vec<(Stretch, &SlotOutcome)> {
    let mut cut: Vec<(Stretch, &SlotOutcome)> = Vec::with_capacity(1);
    let (run, chunk) = (slot.slot.run, slot.slot.chunk);
    for position in handed_over(slot).map(|item| item.position) {
        let (first, bit) = place(position);
        match cut.iter_mut().find(|(one, _)| one.first == first) {
            Some((one, _)) => one.handed |= bit,
            None => cut.push((
                Stretch {
                    run,
                    chunk,
                    first,
                    handed: bit,
                },
                slot,
            )),
        }
    }
    cut
}

fn handed_over(slot: &SlotOutcome) -> impl Iterator<Item = &HandOver> {
    let is_one = |item: &&HandOver| item.outcome == Outcome::HandedOver;
    slot.items.iter().filter(is_one)
}

/// The first position of its slot, and its bit there.
#[expect(clippy::cast_possible_truncation, reason = "SLOT_SIZE is 64")]
const fn place(position: u16) -> (u16, u64) {
    let in_slot = position % SLOT_SIZE as u16;
    (position - in_slot, 1 << in_slot)
}

/// The texts of a stretch whose bits are set.
fn left<'s>(
    slot: &'s SlotOutcome,
    stretch: &Stretch,
    bits: u64,
) -> impl Iterator<Item = Left<'s>> + use<'s> {
    let (run, chunk, first) = (stretch.run, stretch.chunk, stretch.first);
    handed_over(slot)
        .filter(move |item| {
            let (of, bit) = place(item.position);
            of == first && bits & bit != 0
        })
        .map(move |item| Left {
            message: MessageId::of(run, chunk, item.position),
            slot,
            item,
        })
}

/// Those of runs whose permits retention cannot have removed.
async fn without_permit(app: &App, missing: &[Left<'_>]) -> anyhow::Result<Vec<Incident>> {
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let until = done_until(app.cx.db.read(), app.engine(), DECISIONS).await?;
    let kept = missing.iter().filter(|one| one.slot.at.0 >= until);
    Ok(kept.map(|one| incident(app, one, Kind::NoPermit)).collect())
}

async fn against_opt_outs(
    app: &App,
    tenant: TenantId,
    suspects: &[Left<'_>],
) -> anyhow::Result<Vec<Incident>> {
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let messages: Vec<MessageId> = suspects.iter().map(|one| one.message).collect();
    let permits = permits(reader, engine, &messages).await?;
    let phones: AHashSet<Phone> = permits.values().filter_map(|one| one.phone).collect();
    let people = entries(reader, engine, tenant, phones.iter().copied()).await?;
    let mut runs: AHashMap<RunId, Option<About>> = AHashMap::new();
    for run in suspects.iter().map(|one| one.message.run()) {
        if let std::collections::hash_map::Entry::Vacant(empty) = runs.entry(run) {
            empty.insert(db::run_about::find(reader, engine, tenant, run).await?);
        }
    }
    let keys = app.tenants.known_keys(tenant).await?;
    let mut found = Vec::new();
    for one in suspects {
        // A run from before it was kept what runs are about cannot be judged.
        let about = runs.get(&one.message.run()).and_then(Option::as_ref);
        let (Some(about), Some(permitted)) = (about, permits.get(&one.message)) else {
            continue;
        };
        let Some((phone, entries)) = permitted
            .phone
            .and_then(|phone| people.get(&phone).map(|entries| (phone, entries)))
        else {
            continue;
        };
        if let Some(case) = against(app, one, about, permitted, entries) {
            found.push(Incident {
                person: keys.as_ref().map(|keys| person_hash(keys, phone)),
                ..case
            });
        }
    }
    Ok(found)
}

fn against(
    app: &App,
    one: &Left<'_>,
    about: &About,
    permitted: &Permitted,
    entries: &[Entry],
) -> Option<Incident> {
    let text = HandedOver {
        class: about.class,
        programme: &about.programme,
        sender: &about.sender,
        revision: permitted.revision,
        granted_at: permitted.granted_at,
        good_until: permitted.granted_at + i64::from(app.config.permit_good_for_ms),
        at: one.slot.at.0,
    };
    let found = judge(&text, entries)?;
    Some(Incident {
        opt_out: found.opt_out.map(|entry| entry.id),
        opt_out_recorded_at: found.opt_out.map(|entry| entry.recorded_at),
        opt_out_confirmed_at: found.opt_out.and_then(|entry| entry.confirmed_at),
        permit_granted_at: Some(permitted.granted_at),
        ..incident(app, one, found.kind)
    })
}

fn incident(app: &App, one: &Left<'_>, kind: Kind) -> Incident {
    let now = app.cx.clock.now();
    Incident {
        id: IncidentId::at(now),
        kind,
        message: one.message,
        campaign: one.slot.campaign,
        contact: (one.item.contact != ContactId::from_raw(0)).then_some(one.item.contact),
        person: None,
        opt_out: None,
        opt_out_recorded_at: None,
        opt_out_confirmed_at: None,
        permit_granted_at: None,
        handed_over_at: one.slot.at.0,
        found_at: now.timestamp_millis(),
    }
}

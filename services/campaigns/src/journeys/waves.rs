//! Slots by the clock of each contact: the audience is gone through once, when the first clock shows the time, and
//! everybody enters in the wave of their own. Whose zone changes after that keeps their place: nobody enters twice.

use std::collections::{BTreeMap, BTreeSet};

use chassis::Tx;
use contract::{ContactId, JourneyId, UnixMillis};

use super::{load, slots};
use crate::app::App;
use crate::db;
use crate::db::journey_slot::{ByClock, Slot};
use crate::journey::clocks::{Turn, turn};
use crate::journey::version::{Start, Version};
use crate::schedule::round::ROUND;

/// When each of these contacts enters. Whoever is gone, or whose time had passed before, does not.
pub async fn turns(
    app: &App,
    slot: &Slot,
    by: ByClock,
    contacts: &[ContactId],
) -> anyhow::Result<Vec<(ContactId, Turn)>> {
    let read = app.cx.db.read();
    let Some(head) = db::journey::published_head(read, slot.journey).await? else {
        return Ok(Vec::new());
    };
    let ready = app.versions.get(read, slot.journey, head.version).await?;
    let Start::Schedule {
        slots,
        each_clock: true,
        late,
        ..
    } = &ready.version.trigger
    else {
        return Ok(Vec::new());
    };
    let next = slots.next_after(slot.slot_at.to_utc());
    let next = next.map(|next| next.local);
    let whom: BTreeSet<ContactId> = contacts.iter().copied().collect();
    let people = load::people(app, &BTreeMap::from([(slot.tenant, whom)]), &[]).await?;
    let entries = contacts.iter().filter_map(|contact| {
        let zone = people
            .get(&(slot.tenant, *contact))?
            .zone
            .unwrap_or(ready.version.zone);
        Some((*contact, turn(by.local, next, zone, by.since, *late)?))
    });
    Ok(entries.collect())
}

/// Opens the waves whose time has come. What was missed, or fell into a pause, is dropped.
pub async fn open_due(app: &App) -> anyhow::Result<()> {
    let now = app.cx.clock.millis();
    let due = db::journey_wave::due(app.cx.db.read(), now).await?;
    if due.is_empty() {
        return Ok(());
    }
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            for (wave, runs) in &due {
                if *runs && now <= wave.turn.stale_at {
                    db::journey_wave::open(tx, wave, now).await?;
                } else {
                    db::journey_wave::drop_missed(tx, wave).await?;
                }
            }
            Ok(())
        })
    });
    write.await
}

/// Lets the next contacts of the oldest open wave in. False where there is nobody to let in now.
pub async fn let_in(app: &App) -> anyhow::Result<bool> {
    let read = app.cx.db.read();
    let Some(wave) = db::journey_wave::opened(read).await? else {
        return Ok(false);
    };
    if db::journey_input::crowded(read, slots::CROWD).await? {
        return Ok(false);
    }
    let Some(slot) = db::journey_slot::one(read, wave.journey, wave.slot_at).await? else {
        // The schedule is another one by now.
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { db::journey_wave::cancel(tx, wave.journey, wave.slot_at).await })
        });
        write.await?;
        return Ok(true);
    };
    let engine = app.cx.db.engine();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let contacts = db::journey_wave::take(tx, &wave, slots::PAGE).await?;
            let of = |contact: &ContactId| slots::input(&slot, *contact, wave.turn.enters_at);
            let inputs: Vec<_> = contacts.iter().map(of).collect();
            db::journey_input::insert(tx, engine, &inputs).await?;
            db::journey_wave::close(tx).await
        })
    });
    write.await?;
    app.journeys_rung.notify_one();
    Ok(true)
}

/// A version is published: whoever waits for a slot that it has, too, goes on waiting; the others do not.
pub async fn replan(
    tx: &Tx,
    journey: JourneyId,
    version: &Version,
    now: UnixMillis,
) -> anyhow::Result<()> {
    for slot in db::journey_slot::by_clock(tx, journey).await? {
        let stays = match (&version.trigger, slot.by_clock) {
            (
                Start::Schedule {
                    slots,
                    each_clock: true,
                    ..
                },
                Some(by),
            ) => {
                let before = slot.slot_at.to_utc() - chrono::Duration::milliseconds(1);
                slots
                    .next_after(before)
                    .is_some_and(|same| same.local == by.local)
            }
            _ => false,
        };
        if !stays && slot.slot_at.to_utc() > now.to_utc() - ROUND {
            db::journey_wave::cancel(tx, journey, slot.slot_at).await?;
        }
    }
    Ok(())
}

//! Releases the chunks of a run that are due, as far as the window and the run's pace allow.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::chunk::{ChunkHead, Outcome, Recipient};
use contract::consent::ScreenChunk;
use contract::contacts::{LoadRecipients, RecipientData};
use contract::{ContactId, Reason, UnixMillis};
use futures::StreamExt;

use crate::app::App;
use crate::db::fresh::Fresh;
use crate::db::run::{Run, RunState};
use crate::envelope::canary;
use crate::fold::Mark;
use crate::release::{self, Stage, later};
use crate::variants::{Letters, Text};
use crate::{db, settle};

/// Before a chunk that could not be sent off is tried again.
const NOT_SENT_OFF: Duration = Duration::from_secs(1);

/// A chunk about to be released, and the positions that go.
struct Going {
    number: u32,
    positions: Vec<u16>,
    contacts: Vec<ContactId>,
}

pub async fn due_chunks(app: &App, run: &Run) -> anyhow::Result<()> {
    let chosen = choose(app, run).await?;
    if chosen.numbers.is_empty() {
        return Ok(());
    }
    let letters = Letters::load(app, run, &chosen.numbers).await?;
    let letters = &letters;
    let going = claim(app, run, chosen).await?;
    futures::stream::iter(going)
        .for_each_concurrent(app.config.release_parallel.max(1), |going| async move {
            let number = going.number;
            if let Err(error) = send_off(app, run, letters, going).await {
                tracing::warn!(run = %run.id, chunk = number, error = format!("{error:#}"), "a chunk was not released");
                retry_soon(app, run, number).await;
            }
        })
        .await;
    Ok(())
}

/// Chunks to look at.
struct Chosen {
    numbers: Vec<u32>,
    /// Up to which position each chunk may be released, where only the canary goes.
    canary: Option<BTreeMap<u32, u64>>,
}

/// Chunks whose time is up first, then held ones that come back, then new ones.
async fn choose(app: &App, run: &Run) -> anyhow::Result<Chosen> {
    let (read, now, window) = (app.cx.db.read(), app.cx.clock.millis(), app.config.window);
    let mut numbers = db::chunk::due(read, run.id, Stage::InFlight, now, window).await?;
    let free = window.saturating_sub(db::chunk::count(read, run.id, Stage::InFlight).await?);
    let mut held = 0;
    if free > 0 {
        let more = db::chunk::due(read, run.id, Stage::Held, now, free).await?;
        held = more.len();
        numbers.extend(more);
    }
    let mut canary = None;
    if run.paced {
        let next = next_of_paced(app, run, free, held).await?;
        numbers.extend(next.numbers);
        canary = next.canary;
    } else if free > held {
        numbers.extend(db::chunk::due(read, run.id, Stage::Waiting, now, free - held).await?);
    }
    Ok(Chosen { numbers, canary })
}

/// The first chunks with people who were never released, as many as its pace may need now. One that is on its way in
/// part takes up no other place in the window.
async fn next_of_paced(app: &App, run: &Run, free: usize, held: usize) -> anyhow::Result<Chosen> {
    let (read, now, most) = (
        app.cx.db.read(),
        app.cx.clock.millis(),
        app.config.window + 1,
    );
    let mut chosen = Chosen {
        numbers: Vec::new(),
        canary: None,
    };
    let Some(pace) = db::pace::by_run(read, run.id).await? else {
        return Ok(chosen);
    };
    let canary = pace.canary(run.recipients);
    let mut allowed = pace.allows(run.recipients, run.frozen, now);
    if allowed == 0 {
        chosen.canary = canary.map(|_| BTreeMap::new());
        return Ok(chosen);
    }
    let mut free = free - held;
    let fresh = match canary {
        None => db::fresh::first(read, run.id, (pace.frontier, now), most).await?,
        Some(canary) => {
            // Held ones that have given their share leave their places to the others.
            free += held;
            let (shares, fresh) = of_canary(app, run, canary).await?;
            chosen.canary = Some(shares);
            fresh
        }
    };
    for chunk in fresh.into_iter().take(most) {
        if !chunk.in_flight {
            if free == 0 {
                continue;
            }
            free -= 1;
        }
        chosen.numbers.push(chunk.number);
        allowed = allowed.saturating_sub(chunk.left);
        if allowed == 0 {
            break;
        }
    }
    Ok(chosen)
}

/// How far each chunk whose time has come may go in a canary of so many people, and the chunks that have not gone so
/// far. Of those whose time is still to come nobody is in it while there are enough others.
async fn of_canary(
    app: &App,
    run: &Run,
    canary: u64,
) -> anyhow::Result<(BTreeMap<u32, u64>, Vec<Fresh>)> {
    let (read, now) = (app.cx.db.read(), app.cx.clock.millis());
    let chunks = db::fresh::reachable(read, run.id, now).await?;
    let sizes: Vec<(u32, u64)> = chunks
        .iter()
        .map(|chunk| (chunk.number, chunk.people))
        .collect();
    let shares = canary::shares(&sizes, canary);
    let fresh = chunks.iter().filter_map(|chunk| {
        let share = shares.get(&chunk.number).copied().unwrap_or(0);
        (share > chunk.released_to).then(|| Fresh {
            number: chunk.number,
            in_flight: chunk.in_flight,
            left: share - chunk.released_to,
        })
    });
    let fresh = fresh.collect();
    Ok((shares, fresh))
}

/// Notes the release before anything is published: whatever happens afterwards, the chunk comes back.
async fn claim(app: &App, run: &Run, chosen: Chosen) -> anyhow::Result<Vec<Going>> {
    let (engine, now, patience) = (
        app.cx.db.engine(),
        app.cx.clock.millis(),
        app.config.patience(),
    );
    let (id, keys) = (
        run.id,
        chosen
            .numbers
            .iter()
            .map(|number| (run.id, *number))
            .collect(),
    );
    let canary = chosen.canary;
    let claimed = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                // A pause or cancel that came in between wins.
                let run = match db::run::by_id(tx, id).await? {
                    Some(run) if run.state == RunState::Running => run,
                    _ => return Ok(Vec::new()),
                };
                let mut pace = match run.paced {
                    true => db::pace::by_run_for_update(tx, engine, id).await?,
                    false => None,
                };
                let allowed = pace.as_ref().map_or(u64::MAX, |pace| {
                    pace.allows(run.recipients, run.frozen, now)
                });
                let mut chunks = db::chunk::load(tx, engine, &keys).await?;
                let (mut claimed, mut fresh) = (Vec::with_capacity(chunks.len()), 0);
                for chunk in &mut chunks {
                    let (marks, timing) = (&mut chunk.marks, &mut chunk.timing);
                    let to = canary.as_ref().map_or(u64::MAX, |shares| {
                        shares.get(&chunk.number).copied().unwrap_or(0)
                    });
                    let share = to.saturating_sub(u64::from(timing.released_to));
                    let due = release::due(marks, timing, now, share.min(allowed - fresh));
                    if !due.positions.is_empty() {
                        release::release(marks, timing, &due, now, &patience);
                        fresh += due.fresh as u64;
                        claimed.push((chunk.number, due.positions));
                    }
                }
                db::chunk::save(tx, &chunks).await?;
                if let Some(pace) = pace.as_mut().filter(|_| fresh > 0) {
                    pace.took(fresh, run.recipients, now);
                    // Whoever was never released stands in the first of these or behind it.
                    let first =
                        db::fresh::first(tx, id, (pace.frontier, UnixMillis(i64::MAX)), 1).await?;
                    pace.frontier = first.first().map_or(run.chunks, |first| first.number);
                    db::pace::save(tx, pace).await?;
                }
                Ok(claimed)
            })
        })
        .await?;
    metrics::counter!("campaigns_chunks_released_total").increment(claimed.len() as u64);
    let numbers: Vec<u32> = claimed.iter().map(|(number, _)| *number).collect();
    let mut everyone: std::collections::HashMap<u32, Vec<ContactId>> =
        db::chunk::contacts(app.cx.db.read(), run.id, &numbers)
            .await?
            .into_iter()
            .collect();
    let going = claimed.into_iter().map(|(number, positions)| {
        let contacts = everyone.remove(&number).unwrap_or_default();
        Going {
            number,
            positions,
            contacts,
        }
    });
    Ok(going.collect())
}

async fn send_off(app: &App, run: &Run, letters: &Letters, going: Going) -> anyhow::Result<()> {
    let Going {
        number,
        positions,
        contacts,
    } = going;
    let text = letters.of(number)?;
    let asked: Vec<ContactId> = positions
        .iter()
        .filter_map(|position| contacts.get(usize::from(*position)).copied())
        .collect();
    anyhow::ensure!(
        asked.len() == positions.len(),
        "a chunk lacks the ids of its people"
    );
    let question = LoadRecipients {
        contacts: asked.clone(),
        field_names: text.field_names.clone(),
    };
    let loaded = app.cx.bus.ask(run.tenant, &question).await?;
    anyhow::ensure!(
        loaded.recipients.len() == positions.len(),
        "contacts answered about other people"
    );
    let (recipients, gone) = merge(&positions, &asked, loaded.recipients);
    if !gone.is_empty() {
        let mark = Mark::new(Outcome::Suppressed, Reason::CONTACT_GONE, None);
        settle::positions(app, run, number, mark, gone).await?;
        app.runs.wake(run.id);
    }
    if !recipients.is_empty() {
        let head = head(run, text, number, app.cx.clock.millis(), loaded.zones);
        app.cx
            .bus
            .publish(run.tenant, &ScreenChunk { head, recipients })
            .await?;
    }
    Ok(())
}

/// People found, and positions of those who are gone.
fn merge(
    positions: &[u16],
    contacts: &[ContactId],
    loaded: Vec<Option<RecipientData>>,
) -> (Vec<Recipient>, Vec<u16>) {
    let mut gone = Vec::new();
    let mut found = Vec::with_capacity(positions.len());
    for ((&position, &contact), data) in positions.iter().zip(contacts).zip(loaded) {
        match data {
            Some(data) => {
                let (phone, zone, fields) = (data.phone, data.zone, data.fields);
                found.push(Recipient {
                    position,
                    contact,
                    phone,
                    zone,
                    fields,
                });
            }
            None => gone.push(position),
        }
    }
    (found, gone)
}

/// What could not be sent off need not wait for its full timeout.
async fn retry_soon(app: &App, run: &Run, number: u32) {
    let (engine, id) = (app.cx.db.engine(), run.id);
    let by = later(app.cx.clock.millis(), NOT_SENT_OFF);
    let noted = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let mut chunks = db::chunk::load(tx, engine, &[(id, number)].into()).await?;
                for chunk in &mut chunks {
                    chunk.timing.retry_at = chunk.timing.retry_at.min(by);
                }
                db::chunk::save(tx, &chunks).await
            })
        })
        .await;
    if let Err(error) = noted {
        tracing::warn!(run = %id, chunk = number, error = format!("{error:#}"), "a chunk waits for its full timeout");
    }
}

fn head(
    run: &Run,
    text: Text,
    chunk: u32,
    released_at: UnixMillis,
    zones: Vec<String>,
) -> ChunkHead {
    ChunkHead {
        run: run.id,
        campaign: run.campaign,
        chunk,
        class: run.class,
        programme: run.programme.clone(),
        template: text.template,
        template_version: text.version,
        sender: run.sender.clone(),
        mode: run.mode,
        valid_until: text.valid_until,
        released_at,
        zones,
        field_names: text.field_names,
    }
}

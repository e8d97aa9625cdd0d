//! Releases the chunks of a run that are due, as far as the window and the run's pace allow.

use std::time::Duration;

use contract::chunk::{ChunkHead, Outcome, Recipient};
use contract::consent::ScreenChunk;
use contract::contacts::{LoadRecipients, RecipientData};
use contract::{ContactId, Reason, UnixMillis};
use futures::StreamExt;

use crate::app::App;
use crate::db::run::{Run, RunState};
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
    let numbers = choose(app, run).await?;
    if numbers.is_empty() {
        return Ok(());
    }
    let letters = Letters::load(app, run, &numbers).await?;
    let letters = &letters;
    let going = claim(app, run, &numbers).await?;
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

/// Chunks whose time is up first, then held ones that come back, then new ones.
async fn choose(app: &App, run: &Run) -> anyhow::Result<Vec<u32>> {
    let (read, now, window) = (app.cx.db.read(), app.cx.clock.millis(), app.config.window);
    let mut numbers = db::chunk::due(read, run.id, Stage::InFlight, now, window).await?;
    let mut free = window.saturating_sub(db::chunk::count(read, run.id, Stage::InFlight).await?);
    if free > 0 {
        let more = db::chunk::due(read, run.id, Stage::Held, now, free).await?;
        free -= more.len();
        numbers.extend(more);
    }
    if run.paced {
        numbers.extend(next_of_paced(app, run, free).await?);
    } else if free > 0 {
        numbers.extend(db::chunk::due(read, run.id, Stage::Waiting, now, free).await?);
    }
    Ok(numbers)
}

/// The first chunks with people who were never released, as many as its pace may need now. One that is on its way in
/// part takes up no other place in the window.
async fn next_of_paced(app: &App, run: &Run, mut free: usize) -> anyhow::Result<Vec<u32>> {
    let (read, now) = (app.cx.db.read(), app.cx.clock.millis());
    let Some(pace) = db::pace::by_run(read, run.id).await? else {
        return Ok(Vec::new());
    };
    let mut allowed = pace.allows(run.recipients, now);
    if allowed == 0 {
        return Ok(Vec::new());
    }
    let mut numbers = Vec::new();
    for chunk in db::chunk::fresh(read, run.id, pace.frontier, app.config.window + 1).await? {
        if !chunk.in_flight {
            if free == 0 {
                continue;
            }
            free -= 1;
        }
        numbers.push(chunk.number);
        allowed = allowed.saturating_sub(chunk.left);
        if allowed == 0 {
            break;
        }
    }
    Ok(numbers)
}

/// Notes the release before anything is published: whatever happens afterwards, the chunk comes back.
async fn claim(app: &App, run: &Run, numbers: &[u32]) -> anyhow::Result<Vec<Going>> {
    let (engine, now, patience) = (
        app.cx.db.engine(),
        app.cx.clock.millis(),
        app.config.patience(),
    );
    let (id, keys) = (
        run.id,
        numbers.iter().map(|number| (run.id, *number)).collect(),
    );
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
                let allowed = pace
                    .as_ref()
                    .map_or(u64::MAX, |pace| pace.allows(run.recipients, now));
                let mut chunks = db::chunk::load(tx, engine, &keys).await?;
                let (mut claimed, mut fresh) = (Vec::with_capacity(chunks.len()), 0);
                for chunk in &mut chunks {
                    let (marks, timing) = (&mut chunk.marks, &mut chunk.timing);
                    let due = release::due(marks, timing, now, allowed - fresh);
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
                    let first = db::chunk::fresh(tx, id, pace.frontier, 1).await?;
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

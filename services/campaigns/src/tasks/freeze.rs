//! Freezes the audience of a run: page by page, chunks and cursor in one write, so that a restart goes on
//! where it stopped and nobody joins later.

use contract::campaigns::RunStarted;
use contract::chunk::CHUNK_SIZE;
use contract::consent::Gate;
use contract::contacts::{AudienceGap, AudiencePage, PageAudience};
use contract::{ContactId, RunId, UnixMillis};

use super::parts;
use crate::app::App;
use crate::audience::{MOST_CHUNKS, PAGE};
use crate::db;
use crate::db::run::{Run, RunState};
use crate::envelope::canary;
use crate::lifecycle::{State, Step};
use crate::{recurring, timers};

/// Works until the audience is frozen, the run is over or the process stops; tries again what fails.
pub async fn run(app: &App, id: RunId) {
    let stopping = app.cx.stopping();
    loop {
        match page(app, id).await {
            Ok(true) => break,
            Ok(false) if stopping.is_cancelled() => break,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(run = %id, error = format!("{error:#}"), "an audience cannot be frozen yet");
                tokio::select! {
                    () = stopping.cancelled() => break,
                    () = tokio::time::sleep(app.config.poll() * 5) => {}
                }
            }
        }
        app.runs.wake(id);
    }
    app.runs.wake(id);
}

/// Freezes the next page. True when there is nothing left to freeze.
async fn page(app: &App, id: RunId) -> anyhow::Result<bool> {
    let Some(run) = db::run::by_id(app.cx.db.read(), id).await? else {
        return Ok(true);
    };
    if run.frozen {
        return Ok(true);
    }
    if run.retry_of.is_some() {
        return super::retry::page(app, &run).await;
    }
    let mut answer = if run.state == RunState::Cancelled {
        // The audience is what was frozen until then.
        AudiencePage {
            contacts: Vec::new(),
            done: true,
            gap: None,
        }
    } else {
        let (include, exclude) = (run.audience.include.clone(), run.audience.exclude.clone());
        app.cx
            .bus
            .ask(
                run.tenant,
                &PageAudience {
                    include,
                    exclude,
                    after: run.cursor,
                    limit: PAGE,
                },
            )
            .await?
    };
    match answer.gap {
        None => {}
        Some(AudienceGap::Gone(_)) => {
            give_up(app, &run).await?;
            return Ok(false);
        }
        Some(later @ AudienceGap::NotYet(_)) => return Err(later.into()),
    }
    let mut people = answer.contacts.clone();
    if run.paced && has_canary(app, &run).await? {
        canary::mix(run.id, &mut people);
    }
    let pieces = parts::of_page(app, &run, &people).await?;
    let chunks = match &pieces {
        Some(pieces) => pieces.len(),
        None => answer.contacts.len().div_ceil(CHUNK_SIZE),
    };
    anyhow::ensure!(
        run.chunks as usize + chunks <= MOST_CHUNKS,
        "the audience is larger than a run can be"
    );
    // An empty page that claims more would never end.
    answer.done |= answer.contacts.is_empty();
    let (engine, now, bus) = (
        app.cx.db.engine(),
        app.cx.clock.millis(),
        app.cx.bus.clone(),
    );
    let (cursor, campaign) = (run.cursor, run.campaign);
    let done = answer.done;
    let started = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let Some(run) = db::run::by_id_for_update(tx, engine, id).await? else {
                    return Ok(None);
                };
                // Another process may have frozen this page.
                if run.frozen || run.cursor != cursor {
                    return Ok(None);
                }
                match &pieces {
                    Some(pieces) => parts::append(tx, &bus, &run, pieces, now).await?,
                    None => {
                        let chunks: Vec<&[ContactId]> = people.chunks(CHUNK_SIZE).collect();
                        db::chunk::append(tx, id, run.chunks, &chunks).await?;
                    }
                }
                let run = after(run, &answer.contacts, chunks, answer.done);
                db::run::advance(tx, &run).await?;
                if !run.frozen {
                    return Ok(None);
                }
                let from = [State::Preparing];
                let step = Step::own("freeze", State::Running);
                db::campaign::move_on(tx, &bus, campaign, &from, &step, now).await?;
                bus.say(tx, run.tenant, &started(&run, now)).await?;
                Ok(Some(run.recipients))
            })
        })
        .await?;
    if let Some(recipients) = started {
        tracing::info!(run = %id, recipients, "an audience is frozen");
    }
    Ok(done)
}

/// A part of the audience is gone, so that nobody can say who it was for: the campaign has failed, and its run ends as
/// a cancelled one does.
async fn give_up(app: &App, run: &Run) -> anyhow::Result<()> {
    let (now, bus, engine) = (
        app.cx.clock.millis(),
        app.cx.bus.clone(),
        app.cx.db.engine(),
    );
    let (id, campaign) = (run.id, run.campaign);
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            timers::hold(tx, engine, campaign.uuid()).await?;
            let open = [RunState::Running, RunState::Paused];
            let (to, gate) = (RunState::Cancelled, Gate::Cancelled);
            if db::run::move_on(tx, id, &open, to, gate).await? {
                let from = [State::Preparing, State::Running, State::Paused];
                let step = Step::own("freeze", State::Failed).because(Some("audience.gone"));
                db::campaign::move_on(tx, &bus, campaign, &from, &step, now).await?;
                recurring::cancel(tx, campaign).await?;
            }
            Ok(())
        })
    });
    write.await?;
    tracing::warn!(run = %id, "a list or segment of an audience is gone");
    Ok(())
}

/// Whether some of them go first, for all.
pub async fn has_canary(app: &App, run: &Run) -> anyhow::Result<bool> {
    let pace = db::pace::by_run(app.cx.db.read(), run.id).await?;
    Ok(pace.is_some_and(|pace| pace.envelope.is_some()))
}

fn after(mut run: Run, contacts: &[ContactId], chunks: usize, done: bool) -> Run {
    run.cursor = contacts.last().copied().or(run.cursor);
    run.recipients += contacts.len() as u64;
    // Checked to fit the 24 bits of a chunk's number.
    run.chunks += u32::try_from(chunks).unwrap_or(u32::MAX);
    run.frozen = done;
    run
}

pub fn started(run: &Run, now: UnixMillis) -> RunStarted {
    RunStarted {
        run: run.id,
        campaign: run.campaign,
        class: run.class,
        recipients: run.recipients,
        at: now,
    }
}

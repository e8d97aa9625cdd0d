//! Freezes the audience of a retry: those whose text failed in the runs before it, page by page, with the place it
//! has come to in the same write.

use contract::chunk::CHUNK_SIZE;
use contract::{ContactId, RunId};

use super::{freeze, parts};
use crate::app::App;
use crate::audience::MOST_CHUNKS;
use crate::db;
use crate::db::run::{Run, RunState};
use crate::envelope::canary;
use crate::lifecycle::{State, Step};
use crate::retry;

/// Freezes the next page. True when there is nothing left to freeze.
pub async fn page(app: &App, run: &Run) -> anyhow::Result<bool> {
    let found = db::retry::by_run(app.cx.db.read(), run.id).await?;
    let Some(read) = found else {
        anyhow::bail!("a retry does not know whom to retry");
    };
    let page = retry::page(app, run.tenant, &read).await?;
    let done = run.state == RunState::Cancelled || page.next.source >= read.sources.len();
    let mut people = match run.state {
        // The audience is what was frozen until then.
        RunState::Cancelled => Vec::new(),
        _ => page.people,
    };
    if run.paced && freeze::has_canary(app, run).await? {
        canary::mix(run.id, &mut people);
    }
    let pieces = parts::of_page(app, run, &people).await?;
    let (engine, now, bus) = (
        app.cx.db.engine(),
        app.cx.clock.millis(),
        app.cx.bus.clone(),
    );
    let (id, next): (RunId, _) = (run.id, page.next);
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let Some(mut run) = db::run::by_id_for_update(tx, engine, id).await? else {
                    return Ok(());
                };
                // Another process may have frozen this page.
                let stands = db::retry::by_run(tx, id).await?;
                if run.frozen || stands.as_ref() != Some(&read) {
                    return Ok(());
                }
                let chunks: Vec<&[ContactId]> = people.chunks(CHUNK_SIZE).collect();
                let many = pieces.as_ref().map_or(chunks.len(), Vec::len);
                anyhow::ensure!(
                    run.chunks as usize + many <= MOST_CHUNKS,
                    "the audience is larger than a run can be"
                );
                match &pieces {
                    Some(pieces) => parts::append(tx, &bus, &run, pieces, now).await?,
                    None => db::chunk::append(tx, id, run.chunks, &chunks).await?,
                }
                run.recipients += people.len() as u64;
                run.chunks += u32::try_from(many)?;
                run.frozen = done;
                db::run::advance(tx, &run).await?;
                db::retry::save(tx, id, &next).await?;
                if run.frozen {
                    let from = [State::Preparing];
                    let step = Step::own("freeze", State::Running);
                    db::campaign::move_on(tx, &bus, run.campaign, &from, &step, now).await?;
                    bus.say(tx, run.tenant, &freeze::started(&run, now)).await?;
                }
                Ok(())
            })
        })
        .await?;
    Ok(done)
}

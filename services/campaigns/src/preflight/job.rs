//! Does a preflight, page by page. What a page brought is committed with its cursor, so that a restart goes on there.

use std::collections::HashMap;

use contract::contacts::PageAudience;
use contract::{PreflightId, TenantId, UnixMillis};
use futures::{FutureExt, StreamExt, TryStreamExt};

use super::brief::Brief;
use super::look::{Looked, look};
use super::lots::{Group, lots};
use super::report;
use crate::app::App;
use crate::audience::PAGE;
use crate::db;
use crate::db::preflight::{Preflight, PreflightState};
use crate::variants::{Person, people};

/// Chunks that are looked at side by side.
const AT_ONCE: usize = 4;
/// Sample texts of a preflight.
const SAMPLES: usize = 5;
/// A job that nobody keeps in hand for so long is taken up by somebody else.
pub const HELD_MS: i64 = 15_000;
/// Failures in a row after which it is given up.
const ATTEMPTS: u32 = 10;
/// Before it is tried again.
const AGAIN_MS: i64 = 1_000;

/// Works until it is done, the process stops, or somebody else has it.
pub async fn run(app: &App, id: PreflightId) {
    let stopping = app.cx.stopping();
    while !stopping.is_cancelled() {
        match page(app, id).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(preflight = %id, error = format!("{error:#}"), "a preflight cannot go on yet");
                if let Err(error) = postpone(app, id).await {
                    tracing::warn!(preflight = %id, error = format!("{error:#}"), "a preflight waits until it is free");
                }
                return;
            }
        }
    }
}

/// Looks at the next page. True when nothing is left to do here.
async fn page(app: &App, id: PreflightId) -> anyhow::Result<bool> {
    let Some(mut job) = db::preflight::by_id(app.cx.db.read(), id).await? else {
        return Ok(true);
    };
    if job.state != PreflightState::Running {
        return Ok(true);
    }
    let audience = &job.brief.audience;
    let question = PageAudience {
        include: audience.include.clone(),
        exclude: audience.exclude.clone(),
        after: job.cursor,
        limit: PAGE,
    };
    let page = app.cx.bus.ask(job.tenant, &question).await?.whole()?;
    let people = match &job.brief.partition {
        Some(partition) => people(app, job.tenant, partition, &page.contacts).await?,
        None => page
            .contacts
            .iter()
            .copied()
            .map(Person::somewhere)
            .collect(),
    };
    let lots = lots(&job.brief, &people);
    for (reason, contacts) in &lots.never {
        for contact in contacts {
            job.tally.suppress(reason, contact);
        }
    }
    let mut wanted = SAMPLES.saturating_sub(job.samples.as_ref().map_or(0, Vec::len));
    // Of every text some samples.
    let of_each = wanted.div_ceil(lots.texts().max(1));
    let mut left: HashMap<Option<u8>, usize> = HashMap::new();
    let all = look_at(app, &job.brief, job.tenant, &lots.groups, of_each).await?;
    for (group, looked) in lots.groups.iter().zip(all) {
        let left = left.entry(group.variant).or_insert(of_each);
        let fresh = looked.measured.samples.iter().take(wanted.min(*left));
        let samples = job.samples.get_or_insert_default();
        let before = samples.len();
        samples.extend(fresh.cloned());
        *left -= samples.len() - before;
        wanted -= samples.len() - before;
        job.tally.add(&looked, group);
    }
    job.tally.count(&page.contacts);
    job.cursor = page.contacts.last().copied().or(job.cursor);
    // An empty page that claims more would never end.
    if page.done || page.contacts.is_empty() {
        finish(app, job).await?;
        return Ok(true);
    }
    let held_until = UnixMillis(app.cx.clock.millis().0 + HELD_MS);
    let ours = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move { db::preflight::advance(tx, &job, held_until).await })
        })
        .await?;
    Ok(!ours)
}

async fn look_at(
    app: &App,
    brief: &Brief,
    tenant: TenantId,
    groups: &[Group],
    samples: usize,
) -> anyhow::Result<Vec<Looked>> {
    let samples = u8::try_from(samples).unwrap_or(u8::MAX);
    let looks = groups.iter().map(|group| async move {
        let brief = brief.of_group(group);
        look(app, tenant, &brief, &group.contacts, samples).await
    });
    // Boxed, since the compiler cannot see that such futures may go from thread to thread.
    let looks: Vec<_> = looks.map(FutureExt::boxed).collect();
    futures::stream::iter(looks)
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

async fn finish(app: &App, mut job: Preflight) -> anyhow::Result<()> {
    if job.tally.policy.is_none() {
        // Nobody was there to be asked about; the policies count all the same.
        let question = super::versions::question(&job.brief);
        job.tally.policy = Some(app.cx.bus.ask(job.tenant, &question).await?.policy);
    }
    job.state = PreflightState::Succeeded;
    job.report = Some(report::report(&job.brief, &job.tally));
    let (id, recipients) = (job.id, job.tally.recipients());
    let now = app.cx.clock.millis();
    app.cx
        .db
        .write(move |tx| Box::pin(async move { db::preflight::finish(tx, &job, now).await }))
        .await?;
    tracing::info!(preflight = %id, recipients, "a preflight is done");
    Ok(())
}

/// It is tried again a little later, and given up after some failures in a row.
async fn postpone(app: &App, id: PreflightId) -> anyhow::Result<()> {
    let now = app.cx.clock.millis();
    let Some(mut job) = db::preflight::by_id(app.cx.db.read(), id).await? else {
        return Ok(());
    };
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            if job.attempts + 1 < ATTEMPTS {
                let later = UnixMillis(now.0 + AGAIN_MS);
                return db::preflight::failed_once(tx, id, later).await;
            }
            job.state = PreflightState::Failed;
            job.reason = Some("preflight.unavailable".to_string());
            job.samples = None;
            db::preflight::finish(tx, &job, now).await?;
            Ok(())
        })
    });
    write.await
}

//! Texting those again whose text failed: which runs they are taken from, and how the new run begins.
//!
//! A retry is a run of its own, with message ids of its own. Its people are taken from the runs before it, chunk by
//! chunk (`tasks::retry`): those whose last text failed.

mod text;

use std::collections::HashSet;

use contract::RunId;
use contract::chunk::Outcome;
use contract::consent::NoteContent;
use contract::dispatch::UndeliveredOf;
use contract::ids::KeyId;
use contract::{ContactId, TenantId};
use sea_orm::ConnectionTrait;

use crate::app::App;
use crate::db;
use crate::db::campaign::Campaign;
use crate::db::chunk::Chunk;
use crate::db::retry::Retry;
use crate::db::run::Run;
use crate::lifecycle::{Action, State, Step};
use crate::start;

pub use text::{Text, Words};

/// Retries that follow each other, at most; older runs are not looked at.
const MOST_SOURCES: usize = 100;
/// Chunks read at once.
pub const PAGE: u32 = 64;

/// The runs that a retry of `last` takes people from, the earliest first.
pub async fn sources(conn: &impl ConnectionTrait, last: &Run) -> anyhow::Result<Vec<RunId>> {
    let mut sources = vec![last.id];
    let mut before = last.retry_of;
    while let Some(run) = before.filter(|_| sources.len() < MOST_SOURCES) {
        sources.push(run);
        before = db::run::by_id(conn, run)
            .await?
            .and_then(|run| run.retry_of);
    }
    sources.reverse();
    Ok(sources)
}

/// How many people a retry would have in it; counted until there are `enough`.
pub async fn people(
    app: &App,
    last: &Run,
    sources: &[RunId],
    undelivered: bool,
    enough: u64,
) -> anyhow::Result<u64> {
    let mut retry = Retry {
        sources: sources.to_vec(),
        undelivered,
        source: 0,
        chunk: 0,
    };
    let mut people = 0;
    while retry.source < retry.sources.len() && people < enough {
        let page = page(app, last.tenant, &retry).await?;
        people += page.people.len() as u64;
        retry = page.next;
    }
    Ok(people)
}

/// People of the next chunks, and where it goes on.
pub struct Page {
    pub people: Vec<ContactId>,
    pub next: Retry,
}

/// Those of the next chunks whose text failed and who are in no later run.
pub async fn page(app: &App, tenant: TenantId, retry: &Retry) -> anyhow::Result<Page> {
    let mut next = retry.clone();
    let Some(source) = retry.sources.get(retry.source).copied() else {
        return Ok(Page {
            people: Vec::new(),
            next,
        });
    };
    let db = app.cx.db.read();
    let numbers: Vec<u32> = (retry.chunk..retry.chunk.saturating_add(PAGE)).collect();
    let chunks = db::chunk::look_at(db, source, &numbers).await?;
    if chunks.len() < numbers.len() {
        (next.source, next.chunk) = (retry.source + 1, 0);
    } else {
        next.chunk = retry.chunk + PAGE;
    }
    let lost = match retry.undelivered && !chunks.is_empty() {
        true => {
            let question = UndeliveredOf {
                run: source,
                first: retry.chunk,
                last: retry.chunk.saturating_add(PAGE - 1),
            };
            app.cx.bus.ask(tenant, &question).await?.chunks
        }
        false => Vec::new(),
    };
    let mut places: Vec<(u32, Vec<u16>)> = Vec::new();
    for chunk in &chunks {
        let undelivered = lost.iter().find(|lost| lost.chunk == chunk.number);
        let undelivered = undelivered.map(|lost| lost.positions.as_slice());
        let failed = failed(chunk, undelivered.unwrap_or_default());
        if !failed.is_empty() {
            places.push((chunk.number, failed));
        }
    }
    if places.is_empty() {
        return Ok(Page {
            people: Vec::new(),
            next,
        });
    }
    let later = later(app, &retry.sources[retry.source + 1..]).await?;
    let numbers: Vec<u32> = places.iter().map(|(number, _)| *number).collect();
    let everyone = db::chunk::contacts(db, source, &numbers).await?;
    let mut people = Vec::new();
    for (number, places) in places {
        let of_chunk = everyone.iter().find(|(chunk, _)| *chunk == number);
        let of_chunk = of_chunk.map(|(_, contacts)| contacts.as_slice());
        let of_chunk = of_chunk.unwrap_or_default();
        let contacts = places
            .iter()
            .filter_map(|place| of_chunk.get(usize::from(*place)));
        people.extend(contacts.filter(|contact| !later.contains(*contact)));
    }
    Ok(Page { people, next })
}

/// Positions whose text failed, or was handed over and is among `undelivered`.
fn failed(chunk: &Chunk, undelivered: &[u16]) -> Vec<u16> {
    let failed = |(position, outcome): &(u16, Outcome)| match outcome {
        Outcome::Failed => true,
        Outcome::HandedOver | Outcome::Undelivered => undelivered.contains(position),
        _ => false,
    };
    let places = chunk
        .marks
        .iter()
        .map(|(position, mark)| (position, mark.outcome));
    places
        .filter(failed)
        .map(|(position, _)| position)
        .collect()
}

/// Everybody of these runs: what became of their last text stands there.
async fn later(app: &App, runs: &[RunId]) -> anyhow::Result<HashSet<ContactId>> {
    let mut people = HashSet::new();
    for run in runs {
        let mut first = 0;
        loop {
            let page =
                db::chunk::contacts_from(app.cx.db.read(), *run, first, PAGE as usize).await?;
            let Some((last, _)) = page.last() else { break };
            first = last + 1;
            people.extend(page.into_iter().flat_map(|(_, contacts)| contacts));
        }
    }
    Ok(people)
}

/// Begins the run of a retry, if the campaign still stands where it was found: of rivals one wins.
pub async fn begin(
    app: &App,
    campaign: &Campaign,
    text: Text,
    sources: Vec<RunId>,
    undelivered: bool,
    key: KeyId,
) -> anyhow::Result<bool> {
    let (now, from) = (app.cx.clock.now(), campaign.state);
    if let Some(opt_out_said) = text.opt_out_said {
        let noted = NoteContent {
            campaign: campaign.id,
            opt_out_said,
        };
        let _noted = app.cx.bus.ask(campaign.tenant, &noted).await?;
    }
    let partition = text.partition;
    let mut run = start::run_of(campaign, RunId::begin(now), text.template, now.into());
    if let Some(partition) = &partition {
        run.valid_until = partition.valid_until();
    }
    run.retry_of = sources.last().copied();
    let retry = Retry {
        sources,
        undelivered,
        source: 0,
        chunk: 0,
    };
    let bus = app.cx.bus.clone();
    let begun = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let (id, at) = (run.campaign, run.started_at);
                let step = Step::asked(Action::Retry, key, State::Preparing);
                let won = db::campaign::move_on(tx, &bus, id, &[from], &step, at).await?;
                if won {
                    db::campaign::set_run(tx, id, run.id).await?;
                    db::retry::save(tx, run.id, &retry).await?;
                    if let Some(partition) = &partition {
                        db::partition::insert(tx, &run, partition).await?;
                    }
                    start::insert(tx, run).await?;
                }
                Ok(won)
            })
        })
        .await?;
    app.runs.begun.notify_one();
    Ok(begun)
}

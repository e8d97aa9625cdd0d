//! What a run with a partition does by itself: the winner is decided when its instant has come, and what was never
//! released expires.

use chrono::{DateTime, Utc};
use contract::chunk::{CHUNK_SIZE, Outcome};
use contract::{Reason, RunId, UnixMillis};
use sea_orm::ConnectionTrait;

use super::decision::{self, Tally};
use super::definition::Metric;
use super::known::Cut;
use super::partition::{Part, Partition};
use crate::app::App;
use crate::db;
use crate::db::partition::Decided;
use crate::db::run::Run;
use crate::fold::Mark;
use crate::settle;

/// Chunks settled between two looks.
const AT_ONCE: usize = 64;

/// For a run that is running and whose gate is open; before anything is released.
pub async fn work(app: &App, run: &Run) -> anyhow::Result<()> {
    let Some(cut) = app.partitions.of(app, run.id).await? else {
        return Ok(());
    };
    let now = app.cx.clock.millis();
    if let Some(winner) = &cut.partition.winner
        && now >= winner.decide_at
        && run.frozen
        && !cut.is_decided()
    {
        settle_winner(app, run, &cut).await?;
    }
    if cut.looks_again(now) {
        let read = app.cx.db.read();
        loop {
            let chunks = db::part::expired(read, run.id, now, AT_ONCE).await?;
            let mark = Mark::new(Outcome::Expired, Reason::MESSAGE_EXPIRED, None);
            settle_all(app, run, &chunks, &mark).await?;
            if chunks.len() < AT_ONCE {
                break;
            }
        }
    }
    Ok(())
}

async fn settle_winner(app: &App, run: &Run, cut: &Cut) -> anyhow::Result<()> {
    let decided = decide(app, run.id, cut.partition.clone(), app.cx.clock.now()).await?;
    if let Some(decided) = decided
        && decided.winner.is_none()
    {
        loop {
            let chunks = db::part::open_rest(app.cx.db.read(), run.id, AT_ONCE).await?;
            let mark = Mark::new(Outcome::Cancelled, Reason::NO_WINNER, None);
            settle_all(app, run, &chunks, &mark).await?;
            if chunks.len() < AT_ONCE {
                break;
            }
        }
    }
    cut.set_decided();
    Ok(())
}

async fn settle_all(app: &App, run: &Run, chunks: &[u32], mark: &Mark) -> anyhow::Result<()> {
    let everybody: Vec<u16> = (0..u16::try_from(CHUNK_SIZE)?).collect();
    for chunk in chunks {
        settle::positions(app, run, *chunk, mark.clone(), everybody.clone()).await?;
    }
    Ok(())
}

/// Counts and decides in one transaction; of rivals and of repetitions the first decision stands.
async fn decide(
    app: &App,
    run: RunId,
    partition: Partition,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Decided>> {
    let engine = app.cx.db.engine();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            if let Some(before) = db::partition::decision_for_update(tx, engine, run).await? {
                return Ok((Some(before), false));
            }
            let Some(rule) = &partition.winner else {
                return Ok((None, false));
            };
            let tallies = tallies(tx, run, &partition, rule.metric).await?;
            let Some((winner, decision)) = decision::decide(rule, &tallies, now) else {
                return Ok((None, false));
            };
            let decided = Decided {
                winner: winner.map(u8::try_from).transpose()?,
                decision,
            };
            let first = db::partition::decide(tx, run, &decided, now.into()).await?;
            anyhow::ensure!(first, "a winner was decided twice");
            Ok((Some(decided), true))
        })
    });
    let (decided, first) = write.await?;
    if first {
        let basis = decided.as_ref().map(|decided| decided.decision.basis);
        tracing::info!(%run, ?basis, "the winner of a run is decided");
    }
    Ok(decided)
}

/// The figures of the variants by a metric, in their order.
pub async fn tallies(
    conn: &impl ConnectionTrait,
    run: RunId,
    partition: &Partition,
    metric: Metric,
) -> anyhow::Result<Vec<Tally>> {
    let mut tallies: Vec<Tally> = partition
        .letters
        .iter()
        .map(|letter| Tally {
            name: letter.name.clone(),
            ..Tally::default()
        })
        .collect();
    for (part, variant, counts) in db::part::tallies(conn, run).await? {
        let place = variant.map(usize::from).filter(|_| part == Part::Goes);
        let Some(tally) = place.and_then(|place| tallies.get_mut(place)) else {
            continue;
        };
        for count in counts {
            let sample = match metric {
                Metric::Delivery => count.outcome.is_handed_over() && count.outcome.is_final(),
                _ => count.outcome.is_handed_over(),
            };
            if sample {
                tally.samples += count.count;
            }
            if metric == Metric::Delivery && count.outcome == Outcome::Delivered {
                tally.hits += count.count;
            }
        }
    }
    if metric != Metric::Delivery {
        for (variant, hits) in db::variant_outcome::hits(conn, run).await? {
            if let Some(tally) = tallies.get_mut(usize::from(variant)) {
                tally.hits += hits;
            }
        }
    }
    Ok(tallies)
}

/// The instant of a decision that is still to come.
pub fn decides_at(partition: &Partition) -> Option<UnixMillis> {
    partition.winner.as_ref().map(|winner| winner.decide_at)
}

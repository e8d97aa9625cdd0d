//! Folds what the stages report into the chunks it is about.

use std::collections::{BTreeMap, BTreeSet};

use chassis::{Bus, Engine, Tx};
use contract::chunk::OutcomeGroup;
use contract::{RunId, UnixMillis};

use crate::app::App;
use crate::db;
use crate::fold::{Mark, Marks};
use crate::progress::Sums;
use crate::release::{self, Patience};
use crate::tasks::close;

/// One mark for some positions of one chunk.
#[derive(Debug, Clone)]
pub struct Report {
    pub run: RunId,
    pub chunk: u32,
    pub mark: Mark,
    pub positions: Vec<u16>,
}

impl Report {
    pub fn of_group(run: RunId, chunk: u32, group: OutcomeGroup) -> Self {
        let mark = Mark::new(group.outcome, group.reason, group.until);
        Self {
            run,
            chunk,
            mark,
            positions: group.positions,
        }
    }
}

/// Folds all reports in one write, and wakes the runs that got on. Repetitions change nothing, so no
/// inbox is needed; runs that are not ours (confirmation texts have runs of their own) are left alone.
pub async fn record(app: &App, reports: Vec<Report>) -> anyhow::Result<()> {
    if reports.is_empty() {
        return Ok(());
    }
    let (engine, now, patience) = (
        app.cx.db.engine(),
        app.cx.clock.millis(),
        app.config.patience(),
    );
    let bus = app.cx.bus.clone();
    let moved = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move { fold(tx, engine, &bus, &reports, now, &patience).await })
        })
        .await?;
    for run in moved {
        app.runs.wake(run);
    }
    Ok(())
}

async fn fold(
    tx: &Tx,
    engine: Engine,
    bus: &Bus,
    reports: &[Report],
    now: UnixMillis,
    patience: &Patience,
) -> anyhow::Result<BTreeSet<RunId>> {
    let mut by_chunk: BTreeMap<(RunId, u32), Vec<&Report>> = BTreeMap::new();
    for report in reports {
        by_chunk
            .entry((report.run, report.chunk))
            .or_default()
            .push(report);
    }
    let mut changed = Vec::new();
    let mut restated = BTreeSet::new();
    for mut chunk in db::chunk::load(tx, engine, &by_chunk.keys().copied().collect()).await? {
        let settled_before = settled(&chunk.marks);
        // A run closes with its last chunk, so nothing that was stated hangs on a chunk that is still open.
        let stated = (settled_before == chunk.marks.len()).then(|| sums(&chunk.marks));
        let reports = by_chunk
            .get(&(chunk.run, chunk.number))
            .map(Vec::as_slice)
            .unwrap_or_default();
        let moved: usize = reports
            .iter()
            .map(|report| chunk.marks.fold(&report.mark, &report.positions))
            .sum();
        if moved > 0 {
            let settled_more = settled(&chunk.marks) > settled_before;
            release::heard(&chunk.marks, &mut chunk.timing, settled_more, now, patience);
            if stated.is_some_and(|stated| stated != sums(&chunk.marks)) {
                restated.insert(chunk.run);
            }
            changed.push(chunk);
        }
    }
    db::chunk::save(tx, &changed).await?;
    close::restate(tx, engine, bus, &restated, now).await?;
    Ok(changed.iter().map(|chunk| chunk.run).collect())
}

fn sums(marks: &Marks) -> Sums {
    Sums::of(&marks.tally())
}

fn settled(marks: &Marks) -> usize {
    marks
        .iter()
        .filter(|(_, mark)| mark.outcome.is_settled())
        .count()
}

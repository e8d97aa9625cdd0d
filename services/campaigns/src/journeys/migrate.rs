//! Runs move to the published version, by the ids of their steps.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use contract::{JourneyId, JourneyRunId};

use crate::app::App;
use crate::db;
use crate::db::journey_run::Row;
use crate::journey::run::migrate;

/// Runs in one transaction.
const AT_ONCE: u64 = 500;

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrated {
    pub moved: u64,
    /// Steps that runs stand at and the new version does not have, and how many stand there. They stay on their version.
    pub lost: BTreeMap<String, u64>,
}

/// Moves every live run that can be moved. `renamed` gives new ids of steps.
pub async fn to_version(
    app: &App,
    journey: JourneyId,
    number: u32,
    renamed: &BTreeMap<String, String>,
) -> anyhow::Result<Migrated> {
    let mut done = Migrated::default();
    let to = app.versions.get(app.cx.db.read(), journey, number).await?;
    let mut after = JourneyRunId::from_raw(0);
    loop {
        let rows =
            db::journey_run::on_other_versions(app.cx.db.read(), journey, number, after, AT_ONCE)
                .await?;
        let Some(last) = rows.last() else {
            return Ok(done);
        };
        after = last.id;
        let mut versions = BTreeMap::new();
        for row in &rows {
            if let Entry::Vacant(missing) = versions.entry(row.version) {
                let read = app.cx.db.read();
                missing.insert(app.versions.get(read, journey, row.version).await?);
            }
        }
        let (engine, ids) = (
            app.cx.db.engine(),
            rows.iter().map(|row| row.id).collect::<Vec<_>>(),
        );
        let (to, renamed, now) = (to.clone(), renamed.clone(), app.cx.clock.millis());
        let some = app
            .cx
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let mut some = Migrated::default();
                    let mut moved: Vec<Row> = Vec::new();
                    for mut row in db::journey_run::take(tx, engine, &ids, &[], now).await? {
                        let Some(from) =
                            versions.get(&row.version).filter(|_| row.run.end.is_none())
                        else {
                            continue;
                        };
                        match migrate(&row.run, &from.version, &to.version, &renamed) {
                            Ok(run) => {
                                row.run = run;
                                row.version = to.number;
                                moved.push(row);
                            }
                            Err(steps) => {
                                for step in steps {
                                    *some.lost.entry(step).or_default() += 1;
                                }
                            }
                        }
                    }
                    some.moved = moved.len() as u64;
                    db::journey_run::save(tx, engine, &moved.iter().collect::<Vec<_>>()).await?;
                    Ok(some)
                })
            })
            .await?;
        done.moved += some.moved;
        for (step, count) in some.lost {
            *done.lost.entry(step).or_default() += count;
        }
    }
}

//! `receipt_log`: states that rose, appended as they come and folded into `ledger_state` from time to time,
//! so that receipts spread over minutes do not rewrite one row each.

use chassis::{Engine, Tx};
use contract::chunk::{Outcome, SlotRef};
use contract::ids::RunId;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde::{Deserialize, Serialize};

use crate::book::{PartKey, Rise};

#[derive(Serialize, Deserialize)]
struct Entry {
    run: RunId,
    chunk: u32,
    slot: u8,
    part: u8,
    place: u8,
    rank: u8,
}

/// A rise as the log tells it.
pub type Logged = (PartKey, u8, Outcome);

pub fn to_bytes(rises: &[Rise]) -> anyhow::Result<Vec<u8>> {
    let entries: Vec<Entry> = rises
        .iter()
        .map(|rise| {
            let SlotRef { run, chunk, slot } = rise.key.slot;
            Entry {
                run,
                chunk,
                slot,
                part: rise.key.part,
                place: rise.place,
                rank: rise.outcome.rank(),
            }
        })
        .collect();
    Ok(postcard::to_stdvec(&entries)?)
}

pub async fn append(engine: Engine, tx: &Tx, entries: Vec<u8>) -> anyhow::Result<()> {
    tx.execute_raw(engine.sql(
        "INSERT INTO receipt_log (entries) VALUES ($1)",
        [entries.into()],
    ))
    .await?;
    Ok(())
}

/// Empties the log, in the transaction that writes every state it speaks of.
pub async fn clear(engine: Engine, tx: &Tx) -> anyhow::Result<()> {
    tx.execute_raw(engine.sql("DELETE FROM receipt_log", []))
        .await?;
    Ok(())
}

pub async fn all(engine: Engine, db: &DatabaseConnection) -> anyhow::Result<Vec<Logged>> {
    let mut logged = Vec::new();
    for row in db
        .query_all_raw(engine.sql("SELECT entries FROM receipt_log ORDER BY seq", []))
        .await?
    {
        let bytes: Vec<u8> = row.try_get("", "entries")?;
        for entry in postcard::from_bytes::<Vec<Entry>>(&bytes)? {
            let slot = SlotRef {
                run: entry.run,
                chunk: entry.chunk,
                slot: entry.slot,
            };
            if let Some(outcome) = Outcome::from_rank(entry.rank) {
                logged.push((
                    PartKey {
                        slot,
                        part: entry.part,
                    },
                    entry.place,
                    outcome,
                ));
            }
        }
    }
    Ok(logged)
}

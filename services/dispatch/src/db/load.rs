//! Rebuilds what stands in memory from the tables, at start.

use std::collections::HashMap;

use chassis::Db;
use contract::chunk::Outcome;
use sea_orm::ConnectionTrait;

use super::ledger::LedgerRow;
use super::{ledger, look_up, parked, receipt_log, states};
use crate::book::{Book, NewPart, PartKey, StateRow};
use crate::receipt_fold;

/// Places whose outcome rose.
pub type Rises = Vec<(u8, Outcome)>;

/// Reads rows whose receipts may still come, written at or after `rows_since`, and receipts parked at or
/// after `parked_since`. What had been logged but not folded is folded first.
pub async fn load(db: &Db, rows_since: i64, parked_since: i64) -> anyhow::Result<Book> {
    let engine = db.engine();
    let mut rises = logged(db).await?;
    let sql = "SELECT l.run, l.chunk, l.slot, l.part, l.tenant, l.campaign, l.provider, l.at, l.items, s.states \
               FROM ledger l LEFT JOIN ledger_state s \
               ON s.run = l.run AND s.chunk = l.chunk AND s.slot = l.slot AND s.part = l.part \
               WHERE l.at >= $1 AND (s.awaiting IS NULL OR s.awaiting > 0)";
    let (mut book, mut changed) = (Book::default(), Vec::new());
    for row in db
        .read()
        .query_all_raw(engine.sql(sql, [rows_since.into()]))
        .await?
    {
        let (row, folded) = ledger::read(&row)?;
        let risen = rises.remove(&row.key);
        let current = current(&row, folded, risen.as_ref());
        if risen.is_some() {
            let handed = row.items.states();
            changed.push(StateRow {
                key: row.key,
                states: current,
                awaiting: awaiting(&handed, &current),
            });
        }
        let (key, tenant, at) = (row.key, row.tenant, row.at);
        book.insert(&NewPart {
            key,
            tenant,
            provider: &row.provider,
            at,
            items: &row.items,
            states: current,
        });
    }
    for learned in look_up::names(engine, db.read()).await? {
        book.name(&learned);
    }
    for one in parked::since(engine, db.read(), parked_since).await? {
        book.park(one);
    }
    changed.sort_unstable_by_key(|row| row.key);
    let json = states::to_json(&changed)?;
    db.write(move |tx| {
        Box::pin(async move {
            states::write(engine, tx, json).await?;
            receipt_log::clear(engine, tx).await
        })
    })
    .await?;
    Ok(book)
}

/// What the log has not folded yet, by row.
pub async fn logged(db: &Db) -> anyhow::Result<HashMap<PartKey, Rises>> {
    let mut rises: HashMap<PartKey, Rises> = HashMap::new();
    for (key, place, outcome) in receipt_log::all(db.engine(), db.read()).await? {
        rises.entry(key).or_default().push((place, outcome));
    }
    Ok(rises)
}

/// The states of a row's texts with what was folded and what is still logged.
pub fn current(row: &LedgerRow, folded: Option<[u8; 64]>, logged: Option<&Rises>) -> [u8; 64] {
    let handed = row.items.states();
    let mut current = folded.unwrap_or(handed);
    for (place, outcome) in logged.into_iter().flatten() {
        raise(&handed, &mut current, *place, *outcome);
    }
    current
}

fn raise(handed: &[u8; 64], states: &mut [u8; 64], place: u8, outcome: Outcome) {
    let at = usize::from(place % 64);
    let (Some(handed), Some(current)) = (
        Outcome::from_rank(handed[at]),
        Outcome::from_rank(states[at]),
    ) else {
        return;
    };
    if let Some(risen) = receipt_fold::fold(handed, current, outcome) {
        states[at] = risen.rank();
    }
}

fn awaiting(handed: &[u8; 64], states: &[u8; 64]) -> u32 {
    let may_rise = |(handed, state): &(&u8, &u8)| {
        let (handed, state) = (Outcome::from_rank(**handed), Outcome::from_rank(**state));
        handed
            .zip(state)
            .is_some_and(|(handed, state)| receipt_fold::may_rise(handed, state))
    };
    u32::try_from(handed.iter().zip(states).filter(may_rise).count()).unwrap_or(u32::MAX)
}

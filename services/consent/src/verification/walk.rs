//! Reads a tenant's chain in pages and inspects it.

use chassis::Engine;
use contract::TenantId;
use sea_orm::ConnectionTrait;

use super::{Fault, Inspection};
use crate::chain::Head;
use crate::db::{self};

/// Entries read at once.
const PAGE: u32 = 2_000;

/// What came of it. Faults are told, not raised: errors are of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Entries found good.
    pub rows: u64,
    /// Entries from before there was a chain, which nothing proves.
    pub unchained: u64,
    pub head: Head,
    pub fault: Option<Fault>,
}

/// Walks the whole chain. Entries recorded meanwhile are walked too.
pub async fn walk(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<Verdict> {
    let Some(keys) = db::book::keys(db, engine, tenant).await? else {
        return without_book(db, engine, tenant).await;
    };
    let texts_until = db::retention::done_until(db, engine, db::retention::TEXTS).await?;
    let mut inspection = Inspection::new(tenant, keys, texts_until);
    let mut head = db::book::head(db, engine, tenant, false).await?;
    let fault = loop {
        let page = db::ledger::page(db, engine, tenant, inspection.last(), PAGE).await?;
        if let Err(fault) = inspect(&mut inspection, &page) {
            break Some(fault);
        }
        if page.is_empty() {
            // The head is read after the entries it stands for, so it is never behind them.
            let now = db::book::head(db, engine, tenant, false).await?;
            if now == head {
                break None;
            }
            head = now;
        }
    };
    let (young, unchained) = db::ledger::unchained(db, engine, tenant).await?;
    let rows = inspection.rows();
    let outside = inspection
        .first_recorded_at()
        .is_some_and(|first| young.is_some_and(|young| young >= first));
    let fault = fault
        .or_else(|| {
            outside.then(|| Fault::new(0, "an entry younger than the chain stands outside of it"))
        })
        .or_else(|| inspection.finish(head).err());
    Ok(Verdict {
        rows,
        unchained,
        head,
        fault,
    })
}

fn inspect(
    inspection: &mut Inspection,
    page: &[anyhow::Result<db::ledger::Entry>],
) -> Result<(), Fault> {
    for entry in page {
        match entry {
            Ok(entry) => inspection.step(entry)?,
            Err(_) => return Err(Fault::new(inspection.last() + 1, "it cannot be read")),
        }
    }
    Ok(())
}

/// A tenant of whom nothing was ever recorded.
async fn without_book(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<Verdict> {
    let head = db::book::head(db, engine, tenant, false).await?;
    let page = db::ledger::page(db, engine, tenant, i64::MIN, 1).await?;
    let (_, unchained) = db::ledger::unchained(db, engine, tenant).await?;
    let fault = (!page.is_empty()).then(|| Fault::new(1, "the tenant's keys are gone"));
    Ok(Verdict {
        rows: 0,
        unchained,
        head,
        fault,
    })
}

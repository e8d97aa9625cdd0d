//! Who fires timers.

use anyhow::Context;
use chassis::{Engine, Tx};
use sea_orm::ConnectionTrait;

use super::row::{self, sql};
use crate::timers::Lease;

/// The lease, locked until the transaction ends: whoever would take it over waits for this commit.
pub async fn load(tx: &Tx, engine: Engine) -> anyhow::Result<Lease> {
    let text = format!(
        "select holder, epoch, until from lease where name = 'timers'{}",
        engine.for_update()
    );
    let row = tx.query_one_raw(sql(tx, text, [])).await?;
    let row = row.context("the lease of the timers is gone from its table")?;
    Ok(Lease {
        holder: row::text(&row, "holder")?,
        epoch: row.try_get("", "epoch")?,
        until: row::millis(&row, "until")?,
    })
}

pub async fn save(tx: &Tx, lease: &Lease) -> anyhow::Result<()> {
    let text = "update lease set holder = $1, epoch = $2, until = $3 where name = 'timers'";
    let values = [
        lease.holder.clone().into(),
        lease.epoch.into(),
        lease.until.0.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

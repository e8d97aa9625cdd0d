//! `tenant_book`: the keys of a tenant and the head of its ledger's chain.

use anyhow::Context;
use chassis::Engine;
use contract::TenantId;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::chain::{GENESIS, Head};

/// The keys of a tenant; they never change.
#[derive(Clone, Copy)]
pub struct Keys {
    /// Numbers are hashed with it.
    pub person: [u8; 32],
    /// Archives are signed with it.
    pub sign_seed: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// Makes the book if there is none; `keys` are fresh random ones.
pub async fn ensure(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    keys: Keys,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO tenant_book (tenant, person_key, sign_seed, seq, hash) VALUES ($1, $2, $3, 0, $4) \
               ON CONFLICT DO NOTHING";
    let values = [
        tenant.uuid().into(),
        keys.person.to_vec().into(),
        keys.sign_seed.to_vec().into(),
        GENESIS.to_vec().into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

pub async fn keys(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<Option<Keys>> {
    let sql = "SELECT person_key, sign_seed FROM tenant_book WHERE tenant = $1";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into()]))
        .await?;
    row.map(|row| {
        Ok(Keys {
            person: bytes(&row, "person_key")?,
            sign_seed: bytes(&row, "sign_seed")?,
        })
    })
    .transpose()
}

/// The head of the chain. With `hold` nobody else appends until the transaction ends.
pub async fn head(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    hold: bool,
) -> anyhow::Result<Head> {
    let lock = if hold { engine.for_update() } else { "" };
    let sql = format!("SELECT seq, hash FROM tenant_book WHERE tenant = $1{lock}");
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into()]))
        .await?;
    match row {
        Some(row) => Ok(Head {
            seq: row.try_get("", "seq")?,
            hash: bytes(&row, "hash")?,
        }),
        None => Ok(Head {
            seq: 0,
            hash: GENESIS,
        }),
    }
}

pub async fn set_head(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    head: Head,
) -> anyhow::Result<()> {
    let sql = "UPDATE tenant_book SET seq = $2, hash = $3 WHERE tenant = $1";
    let values = [
        tenant.uuid().into(),
        head.seq.into(),
        head.hash.to_vec().into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// A column of exactly `N` bytes.
pub fn bytes<const N: usize>(row: &QueryResult, column: &str) -> anyhow::Result<[u8; N]> {
    let bytes: Vec<u8> = row.try_get("", column)?;
    bytes
        .try_into()
        .ok()
        .with_context(|| format!("{column} has not {N} bytes"))
}

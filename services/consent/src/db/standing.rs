//! `standing`: where each person stands, by tenant and number.

use ahash::AHashMap;
use anyhow::Context;
use chassis::Engine;
use contract::{Phone, TenantId};
use sea_orm::ConnectionTrait;

use super::digits;
use crate::sabotage::{self, Mechanism};
use crate::standing::Standing;

/// How the rows are held until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Only read.
    None,
    /// Nobody may change them.
    Shared,
    /// We are about to change them.
    Exclusive,
}

/// The standing of these people; those without a row are absent.
pub async fn load(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phones: impl Iterator<Item = Phone>,
    hold: Hold,
) -> anyhow::Result<AHashMap<Phone, Standing>> {
    let lock = match hold {
        Hold::None => String::new(),
        // Always taken in the same order, so that two transactions never wait for each other.
        Hold::Shared => format!(" ORDER BY s.phone{} OF s", engine.for_share()),
        Hold::Exclusive => format!(" ORDER BY s.phone{} OF s", engine.for_update()),
    };
    let lock = if engine == Engine::Sqlite || sabotage::removed(Mechanism::RowLock) {
        String::new()
    } else {
        lock
    };
    // CROSS JOIN: SQLite would otherwise walk through everyone of the tenant and look each up in the list.
    let sql = format!(
        "SELECT s.phone, s.programmes, s.opted_out_at, s.revision FROM {} AS r CROSS JOIN standing s \
         WHERE s.tenant = $1 AND s.phone = CAST(r.value->>0 AS BIGINT){lock}",
        engine.rows("$2")
    );
    let values = [tenant.uuid().into(), phone_rows(phones).into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    let mut standings = AHashMap::with_capacity(rows.len());
    for row in rows {
        let phone: i64 = row.try_get_by_index(0)?;
        let phone = u64::try_from(phone)
            .ok()
            .and_then(Phone::from_digits)
            .context("a stored number is none")?;
        let programmes: String = row.try_get_by_index(1)?;
        standings.insert(
            phone,
            Standing::decode(
                &programmes,
                row.try_get_by_index(2)?,
                row.try_get_by_index(3)?,
            ),
        );
    }
    Ok(standings)
}

/// Gives people without a row an empty one, so that there is something to lock. SQLite has one writer
/// and needs none.
pub async fn ensure(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phones: impl Iterator<Item = Phone>,
) -> anyhow::Result<()> {
    if engine == Engine::Sqlite {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO standing (tenant, phone, programmes, revision) \
         SELECT DISTINCT $1, CAST(value->>0 AS BIGINT), '', 0 FROM {} AS r WHERE true ORDER BY 2 ON CONFLICT DO NOTHING",
        engine.rows("$2")
    );
    tx.execute_raw(engine.sql(sql, [tenant.uuid().into(), phone_rows(phones).into()]))
        .await?;
    Ok(())
}

/// Writes these standings.
pub async fn store(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    standings: impl Iterator<Item = (Phone, &Standing)>,
) -> anyhow::Result<()> {
    let mut rows: Vec<(i64, String, Option<i64>, i64)> = standings
        .map(|(phone, s)| {
            (
                digits(phone),
                s.encode_programmes(),
                s.opted_out_at,
                s.revision,
            )
        })
        .collect();
    rows.sort_unstable();
    let sql = format!(
        "INSERT INTO standing (tenant, phone, programmes, opted_out_at, revision) \
         SELECT $1, CAST(value->>0 AS BIGINT), value->>1, CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT) \
         FROM {} AS r WHERE true \
         ON CONFLICT (tenant, phone) DO UPDATE SET programmes = excluded.programmes, \
         opted_out_at = excluded.opted_out_at, revision = excluded.revision",
        engine.rows("$2")
    );
    tx.execute_raw(engine.sql(
        sql,
        [tenant.uuid().into(), serde_json::to_string(&rows)?.into()],
    ))
    .await?;
    Ok(())
}

/// Claims the one confirmation text of this opt-out: false when the person got one since `not_since`, or
/// has come back meanwhile.
pub async fn claim_confirmation(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
    now: i64,
    not_since: i64,
) -> anyhow::Result<bool> {
    let sql = "UPDATE standing SET confirmation_at = $3 WHERE tenant = $1 AND phone = $2 \
               AND opted_out_at IS NOT NULL AND (confirmation_at IS NULL OR confirmation_at < $4)";
    let values = [
        tenant.uuid().into(),
        digits(phone).into(),
        now.into(),
        not_since.into(),
    ];
    Ok(tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected()
        > 0)
}

fn phone_rows(phones: impl Iterator<Item = Phone>) -> String {
    let mut text = String::from("[");
    for phone in phones {
        if text.len() > 1 {
            text.push(',');
        }
        text.push('[');
        text.push_str(&phone.digits().to_string());
        text.push(']');
    }
    text.push(']');
    text
}

//! `standing`: where each person stands, by tenant and number.

use ahash::AHashMap;
use anyhow::Context;
use chassis::Engine;
use contract::{Phone, TenantId};
use sea_orm::ConnectionTrait;

use super::{by_phone, digits, phone_rows, standing_packed};
use crate::person::PersonFacts;
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

/// What is known of one person.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// `None`: it is there and cannot be read; such a person is not texted.
    pub standing: Option<Standing>,
    pub facts: PersonFacts,
}

/// What is known of these people; those without a row are absent.
pub async fn load(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phones: impl Iterator<Item = Phone>,
    hold: Hold,
) -> anyhow::Result<AHashMap<Phone, Known>> {
    let lock = match hold {
        Hold::None => String::new(),
        // Always taken in the same order, so that two transactions never wait for each other.
        Hold::Shared => format!(" ORDER BY t.phone{} OF t", engine.for_share()),
        Hold::Exclusive => format!(" ORDER BY t.phone{} OF t", engine.for_update()),
    };
    let lock = if engine == Engine::Sqlite || sabotage::removed(Mechanism::RowLock) {
        String::new()
    } else {
        lock
    };
    let phones = super::phones(engine, phones);
    if engine == Engine::Sqlite
        && let Some(people) = standing_packed::load(db, engine, tenant, phones.clone()).await?
    {
        return Ok(people);
    }
    let sql = format!(
        "SELECT t.phone, t.state, t.facts, t.revision, t.opted_out_at, t.programmes FROM {}{lock}",
        by_phone(engine, "standing")
    );
    let values = [tenant.uuid().into(), phones];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    let mut people = AHashMap::with_capacity(rows.len());
    for row in rows {
        let phone = super::phone(row.try_get_by_index(0)?).context("a stored number is none")?;
        let (state, facts): (Option<Vec<u8>>, Option<Vec<u8>>) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let revision = row.try_get_by_index(3)?;
        let standing = match state {
            Some(state) => Standing::decode(&state, revision),
            None => {
                let programmes: String = row.try_get_by_index(5)?;
                let out = row.try_get_by_index(4)?;
                Some(Standing::decode_first(&programmes, out, revision))
            }
        };
        let facts = PersonFacts::decode(facts.as_deref());
        people.insert(phone, Known { standing, facts });
    }
    Ok(people)
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

/// Writes these standings; what is known besides stays as it is. `due` says when something runs out.
pub async fn store(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    standings: impl Iterator<Item = (Phone, &Standing, Option<i64>)>,
) -> anyhow::Result<()> {
    let mut rows: Vec<_> = standings
        .map(|(phone, s, due)| {
            let state = hex::encode(s.encode());
            (
                digits(phone),
                state,
                s.last_revocation_at(),
                s.revision,
                due,
            )
        })
        .collect();
    rows.sort_unstable();
    let sql = format!(
        "INSERT INTO standing (tenant, phone, programmes, state, opted_out_at, revision, due_at) \
         SELECT $1, CAST(value->>0 AS BIGINT), '', {}, CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT), \
         CAST(value->>4 AS BIGINT) FROM {} AS r WHERE true \
         ON CONFLICT (tenant, phone) DO UPDATE SET programmes = '', state = excluded.state, \
         opted_out_at = excluded.opted_out_at, revision = excluded.revision, due_at = excluded.due_at",
        engine.bytes("value->>1"),
        engine.rows("$2")
    );
    tx.execute_raw(engine.sql(
        sql,
        [tenant.uuid().into(), serde_json::to_string(&rows)?.into()],
    ))
    .await?;
    Ok(())
}

/// Writes facts of people, who may be new.
pub async fn store_facts(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    facts: &[(Phone, PersonFacts)],
) -> anyhow::Result<()> {
    let mut rows: Vec<(i64, String, String)> = facts
        .iter()
        .map(|(phone, facts)| {
            let empty = hex::encode(Standing::default().encode());
            (digits(*phone), hex::encode(facts.encode()), empty)
        })
        .collect();
    rows.sort_unstable();
    let sql = format!(
        "INSERT INTO standing (tenant, phone, programmes, state, revision, facts) \
         SELECT $1, CAST(value->>0 AS BIGINT), '', {}, 0, {} FROM {} AS r WHERE true \
         ON CONFLICT (tenant, phone) DO UPDATE SET facts = excluded.facts",
        engine.bytes("value->>2"),
        engine.bytes("value->>1"),
        engine.rows("$2")
    );
    let values = [tenant.uuid().into(), serde_json::to_string(&rows)?.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// People of whom something has run out.
pub async fn due(
    db: &impl ConnectionTrait,
    engine: Engine,
    now: i64,
    limit: u32,
) -> anyhow::Result<Vec<(TenantId, Phone)>> {
    let sql = "SELECT tenant, phone FROM standing WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at LIMIT $2";
    let rows = db
        .query_all_raw(engine.sql(sql, [now.into(), i64::from(limit).into()]))
        .await?;
    rows.iter()
        .map(|row| {
            let phone =
                super::phone(row.try_get_by_index(1)?).context("a stored number is none")?;
            Ok((TenantId::from_uuid(row.try_get_by_index(0)?), phone))
        })
        .collect()
}

/// Says anew when something of a person runs out.
pub async fn set_due(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
    due: Option<i64>,
) -> anyhow::Result<()> {
    let sql = "UPDATE standing SET due_at = $3 WHERE tenant = $1 AND phone = $2";
    let values = [tenant.uuid().into(), digits(phone).into(), due.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Removes a person's row; what must stay of an erasure is in `erased`.
pub async fn remove(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM standing WHERE tenant = $1 AND phone = $2";
    let values = [tenant.uuid().into(), digits(phone).into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
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

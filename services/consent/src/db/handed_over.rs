//! What permits and the ledger say about texts that were handed over.

use ahash::AHashMap;
use anyhow::Context;
use chassis::Engine;
use contract::chunk::SLOT_SIZE;
use contract::{ConsentId, MessageId, Phone, RunId, TenantId};
use sea_orm::ConnectionTrait;

use super::{by_phone, hex};
use crate::incident::Entry;
use crate::law::Level;
use crate::standing::{Action, Change};

/// Texts of one slot: bit `n` stands for position `first + n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub run: RunId,
    pub chunk: u32,
    /// A multiple of [`SLOT_SIZE`].
    pub first: u16,
    pub handed: u64,
}

/// What a glance at a [`Stretch`] tells, in its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Glance {
    /// Has a permit.
    pub permitted: u64,
    /// Went to a number of which there ever was an opt-out.
    pub suspect: u64,
}

/// One look for all stretches, whose answers line up with them. Every text that is ever sent comes by here:
/// one row per slot is read, and per text two keys are looked up inside the database.
pub async fn glance(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    stretches: &[Stretch],
) -> anyhow::Result<Vec<Glance>> {
    let rows: Vec<_> = stretches
        .iter()
        .enumerate()
        .map(|(n, one)| {
            let end = usize::from(one.first) + SLOT_SIZE;
            (hex(one.run), one.chunk, one.first, end, n)
        })
        .collect();
    // Sums of different bits: the same as OR-ing them, which SQLite has no aggregate for. Two passes over a
    // slot's permits are half as dear as one that groups them.
    let sum = "SELECT CAST(COALESCE(SUM(CAST(1 AS BIGINT) << CAST(p.position & 63 AS INTEGER)), 0) AS BIGINT) \
               FROM permit p";
    let of_slot = format!(
        "p.run = {} AND p.chunk = CAST(r.value->>1 AS BIGINT) \
         AND p.position >= CAST(r.value->>2 AS BIGINT) AND p.position < CAST(r.value->>3 AS BIGINT)",
        engine.uuid("r.value->>0")
    );
    let out = "EXISTS (SELECT 1 FROM opt_out o WHERE o.phone = p.phone AND o.tenant = $1)";
    let sql = format!(
        "SELECT CAST(r.value->>4 AS BIGINT), ({sum} WHERE {of_slot}), ({sum} WHERE {of_slot} AND {out}) FROM {} AS r",
        engine.rows("$2")
    );
    let values = [tenant.uuid().into(), serde_json::to_string(&rows)?.into()];
    let mut glances = vec![Glance::default(); stretches.len()];
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let n = usize::try_from(row.try_get_by_index::<i64>(0)?)?;
        let glance = glances.get_mut(n).context("nobody asked for this slot")?;
        glance.permitted = row.try_get_by_index::<i64>(1)?.cast_unsigned();
        glance.suspect = row.try_get_by_index::<i64>(2)?.cast_unsigned();
    }
    Ok(glances)
}

/// A permit as far as an incident is about it.
#[derive(Debug, Clone, Copy)]
pub struct Permitted {
    /// `None` after an erasure.
    pub phone: Option<Phone>,
    pub revision: i64,
    pub granted_at: i64,
}

/// The permits of these messages.
pub async fn permits(
    db: &impl ConnectionTrait,
    engine: Engine,
    messages: &[MessageId],
) -> anyhow::Result<AHashMap<MessageId, Permitted>> {
    let rows: Vec<_> = messages
        .iter()
        .map(|one| (hex(one.run()), one.chunk(), one.position()))
        .collect();
    let sql = format!(
        "SELECT p.run, p.chunk, p.position, p.phone, p.revision, p.granted_at FROM {} AS r CROSS JOIN permit p \
         WHERE p.run = {} AND p.chunk = CAST(r.value->>1 AS BIGINT) AND p.position = CAST(r.value->>2 AS BIGINT)",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let rows = db
        .query_all_raw(engine.sql(sql, [serde_json::to_string(&rows)?.into()]))
        .await?;
    rows.iter()
        .map(|row| {
            let run = RunId::from_uuid(row.try_get_by_index(0)?);
            let chunk = u32::try_from(row.try_get_by_index::<i64>(1)?)?;
            let position = u16::try_from(row.try_get_by_index::<i64>(2)?)?;
            let permitted = Permitted {
                phone: super::phone(row.try_get_by_index(3)?),
                revision: row.try_get_by_index(4)?,
                granted_at: row.try_get_by_index(5)?,
            };
            Ok((MessageId::of(run, chunk, position), permitted))
        })
        .collect()
}

/// Everything these people ever said, by ascending revision, with when it was confirmed.
pub async fn entries(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phones: impl Iterator<Item = Phone>,
) -> anyhow::Result<AHashMap<Phone, Vec<Entry>>> {
    let sql = format!(
        "SELECT t.phone, t.id, t.revision, t.recorded_at, t.detail, t.action, t.programme, t.acted_at, \
         (SELECT o.confirmed_at FROM opt_out o WHERE o.tenant = t.tenant AND o.phone = t.phone AND o.consent = t.id) \
         FROM {} ORDER BY t.phone, t.revision",
        by_phone(engine, "ledger")
    );
    let values = [tenant.uuid().into(), super::phones(engine, phones)];
    let mut people: AHashMap<Phone, Vec<Entry>> = AHashMap::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let phone = super::phone(row.try_get_by_index(0)?).context("a stored number is none")?;
        let detail: Option<String> = row.try_get_by_index(4)?;
        let change = match detail {
            Some(detail) => serde_json::from_str(&detail)?,
            None => {
                let action: String = row.try_get_by_index(5)?;
                first_schema(&action, row.try_get_by_index(6)?, row.try_get_by_index(7)?)?
            }
        };
        people.entry(phone).or_default().push(Entry {
            id: ConsentId::from_uuid(row.try_get_by_index(1)?),
            change,
            revision: row.try_get_by_index(2)?,
            recorded_at: row.try_get_by_index(3)?,
            confirmed_at: row.try_get_by_index(8)?,
        });
    }
    Ok(people)
}

/// An entry from before the chain, which has columns only.
fn first_schema(action: &str, programme: Option<String>, at: i64) -> anyhow::Result<Change> {
    let action = Action::parse(action).context("a stored action is none")?;
    Ok(Change {
        programme,
        level: Level::Written,
        ..Change::new(action, at)
    })
}

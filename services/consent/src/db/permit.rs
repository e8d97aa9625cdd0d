//! `permit`: one row per text that was ever allowed to leave.

use ahash::AHashSet;
use chassis::Engine;
use contract::chunk::{SLOT_SIZE, SlotRef};
use contract::{DecisionId, MessageId, Phone, RunId};
use sea_orm::{ConnectionTrait, QueryResult};

use super::{digits, hex};
use crate::sabotage::{self, Mechanism};

/// A permit about to be granted.
#[derive(Debug, Clone, Copy)]
pub struct New {
    pub position: u16,
    pub decision: DecisionId,
    pub revision: i64,
    pub phone: Phone,
}

/// Grants these, of which none was granted before.
pub async fn grant(
    tx: &impl ConnectionTrait,
    engine: Engine,
    slot: SlotRef,
    permits: &[New],
    now: i64,
) -> anyhow::Result<()> {
    if permits.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = permits
        .iter()
        .map(|new| {
            (
                new.position,
                hex(new.decision),
                new.revision,
                digits(new.phone),
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO permit (run, chunk, granted_at, position, decision, revision, phone) \
         SELECT $1, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST(value->>0 AS BIGINT), {}, CAST(value->>2 AS BIGINT), \
         CAST(value->>3 AS BIGINT) FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.uuid("value->>1"),
        engine.rows("$4")
    );
    let values = [
        slot.run.uuid().into(),
        i64::from(slot.chunk).into(),
        now.into(),
        serde_json::to_string(&rows)?.into(),
    ];
    let granted = tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected();
    // Another process granted some of them since we looked: nothing of this answer may stand.
    anyhow::ensure!(
        granted == permits.len() as u64 || sabotage::removed(Mechanism::PrimaryKey),
        "the slot is being asked for elsewhere; ask again"
    );
    Ok(())
}

/// Positions of the slot that have a permit.
pub async fn granted(
    tx: &impl ConnectionTrait,
    engine: Engine,
    slot: SlotRef,
) -> anyhow::Result<AHashSet<u16>> {
    if sabotage::removed(Mechanism::PrimaryKey) {
        return Ok(AHashSet::new());
    }
    let first = usize::from(slot.slot) * SLOT_SIZE;
    let sql = "SELECT position FROM permit WHERE run = $1 AND chunk = $2 AND position >= $3 AND position < $4";
    let values = [
        slot.run.uuid().into(),
        i64::from(slot.chunk).into(),
        i64::try_from(first)?.into(),
        i64::try_from(first + SLOT_SIZE)?.into(),
    ];
    let rows = tx.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter()
        .map(|row| Ok(u16::try_from(row.try_get_by_index::<i64>(0)?)?))
        .collect()
}

/// One permit as it was granted.
#[derive(Debug, Clone, Copy)]
pub struct Granted {
    pub message: MessageId,
    pub decision: DecisionId,
    pub revision: i64,
    pub phone: i64,
    pub granted_at: i64,
}

pub async fn find(
    db: &impl ConnectionTrait,
    engine: Engine,
    message: MessageId,
) -> anyhow::Result<Option<Granted>> {
    let sql =
        format!("SELECT {COLUMNS} FROM permit WHERE run = $1 AND chunk = $2 AND position = $3");
    let values = [
        message.run().uuid().into(),
        i64::from(message.chunk()).into(),
        i64::from(message.position()).into(),
    ];
    let row = db.query_one_raw(engine.sql(sql, values)).await?;
    row.as_ref().map(read).transpose()
}

/// The permits of a run after `(chunk, position)`, ascending.
pub async fn of_run(
    db: &impl ConnectionTrait,
    engine: Engine,
    run: RunId,
    after: (i64, i64),
    limit: u32,
) -> anyhow::Result<Vec<Granted>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM permit WHERE run = $1 AND (chunk, position) > ($2, $3) ORDER BY chunk, position LIMIT $4"
    );
    let values = [
        run.uuid().into(),
        after.0.into(),
        after.1.into(),
        i64::from(limit).into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// The permits of one number in a run.
pub async fn of_person(
    db: &impl ConnectionTrait,
    engine: Engine,
    run: RunId,
    phone: Phone,
) -> anyhow::Result<Vec<Granted>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM permit WHERE run = $1 AND phone = $2 ORDER BY chunk, position"
    );
    let values = [run.uuid().into(), digits(phone).into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// Takes the number out of these permits of a person; how many there were.
pub async fn erase_all(
    tx: &impl ConnectionTrait,
    engine: Engine,
    messages: &[MessageId],
    phone: Phone,
) -> anyhow::Result<u64> {
    let rows: Vec<_> = messages
        .iter()
        .map(|message| (hex(message.run()), message.chunk(), message.position()))
        .collect();
    let sql = format!(
        "UPDATE permit SET phone = 0 WHERE phone = $1 AND (run, chunk, position) IN \
         (SELECT {}, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT) FROM {} AS r)",
        engine.uuid("value->>0"),
        engine.rows("$2")
    );
    let values = [digits(phone).into(), serde_json::to_string(&rows)?.into()];
    Ok(tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected())
}

const COLUMNS: &str = "run, chunk, position, decision, revision, phone, granted_at";

fn read(row: &QueryResult) -> anyhow::Result<Granted> {
    let run = RunId::from_uuid(row.try_get("", "run")?);
    let chunk = u32::try_from(row.try_get::<i64>("", "chunk")?)?;
    let position = u16::try_from(row.try_get::<i64>("", "position")?)?;
    Ok(Granted {
        message: MessageId::of(run, chunk, position),
        decision: DecisionId::from_uuid(row.try_get("", "decision")?),
        revision: row.try_get("", "revision")?,
        phone: row.try_get("", "phone")?,
        granted_at: row.try_get("", "granted_at")?,
    })
}

//! `permit`: one row per text that was ever allowed to leave.

use ahash::AHashSet;
use chassis::Engine;
use contract::chunk::{SLOT_SIZE, SlotRef};
use contract::{DecisionId, MessageId, Phone, RunId};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::{array, digits, hex, phone_list};
use crate::sabotage::{self, Mechanism};

/// A permit about to be granted.
#[derive(Debug, Clone, Copy)]
pub struct New {
    pub run: RunId,
    pub chunk: u32,
    pub position: u16,
    pub decision: DecisionId,
    pub revision: i64,
    pub phone: Phone,
}

/// Grants these, of which none was granted before.
pub async fn grant(
    tx: &impl ConnectionTrait,
    engine: Engine,
    permits: &[New],
    now: i64,
) -> anyhow::Result<()> {
    if permits.is_empty() {
        return Ok(());
    }
    let (sql, values) = match engine {
        Engine::Sqlite => packed(permits, now),
        Engine::Postgres => as_columns(permits, now),
    };
    let granted = tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected();
    // Another process granted some of them since we looked: nothing of these answers may stand.
    anyhow::ensure!(
        granted == permits.len() as u64 || sabotage::removed(Mechanism::PrimaryKey),
        "a slot is being asked for elsewhere; ask again"
    );
    Ok(())
}

const COLUMNS_OF_NEW: &str = "granted_at, run, chunk, position, decision, revision, phone";

/// Widths of a new permit's fixed fields, one after the other: run, decision, chunk, position, revision.
const WIDTHS: [usize; 5] = [16, 16, 10, 5, 20];

/// One list of numbers, and one blob that everything else is cut out of at fixed places: JSON with several
/// values a row costs SQLite three times as much, values bound one by one cost us as much as they spare it.
fn packed(permits: &[New], now: i64) -> (String, Vec<Value>) {
    let width: usize = WIDTHS.iter().sum();
    let mut from = 1;
    let [run, decision, chunk, position, revision] = WIDTHS.map(|wide| {
        let cut = format!("substr($2, key * {width} + {from}, {wide})");
        from += wide;
        cut
    });
    let sql = format!(
        "INSERT INTO permit ({COLUMNS_OF_NEW}) SELECT $1, {run}, CAST({chunk} AS INTEGER), CAST({position} AS INTEGER), \
         {decision}, CAST({revision} AS INTEGER), value FROM json_each($3) WHERE true ON CONFLICT DO NOTHING"
    );
    let mut fields = Vec::with_capacity(permits.len() * width);
    for new in permits {
        fields.extend_from_slice(new.run.uuid().as_bytes());
        fields.extend_from_slice(new.decision.uuid().as_bytes());
        let numbers = format!("{:010}{:05}{:020}", new.chunk, new.position, new.revision);
        fields.extend_from_slice(numbers.as_bytes());
    }
    let phones = phone_list(permits.iter().map(|new| new.phone));
    (sql, vec![now.into(), fields.into(), phones.into()])
}

fn as_columns(permits: &[New], now: i64) -> (String, Vec<Value>) {
    let sql = format!(
        "INSERT INTO permit ({COLUMNS_OF_NEW}) SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7) \
         ON CONFLICT DO NOTHING"
    );
    let new = || permits.iter();
    let values = vec![
        now.into(),
        array(new().map(|one| one.run.uuid())),
        array(new().map(|one| i64::from(one.chunk))),
        array(new().map(|one| i64::from(one.position))),
        array(new().map(|one| one.decision.uuid())),
        array(new().map(|one| one.revision)),
        array(new().map(|one| digits(one.phone))),
    ];
    (sql, values)
}

/// Run, chunk and position of what has a permit in these slots.
pub async fn granted(
    tx: &impl ConnectionTrait,
    engine: Engine,
    slots: &[SlotRef],
) -> anyhow::Result<AHashSet<(RunId, u32, u16)>> {
    if sabotage::removed(Mechanism::PrimaryKey) {
        return Ok(AHashSet::new());
    }
    let rows: Vec<(String, u32, usize, usize)> = slots
        .iter()
        .map(|slot| {
            let first = usize::from(slot.slot) * SLOT_SIZE;
            (hex(slot.run), slot.chunk, first, first + SLOT_SIZE)
        })
        .collect();
    let sql = format!(
        "SELECT p.run, p.chunk, p.position FROM {} AS r CROSS JOIN permit p \
         WHERE p.run = {} AND p.chunk = CAST(r.value->>1 AS BIGINT) \
         AND p.position >= CAST(r.value->>2 AS BIGINT) AND p.position < CAST(r.value->>3 AS BIGINT)",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let rows = tx
        .query_all_raw(engine.sql(sql, [serde_json::to_string(&rows)?.into()]))
        .await?;
    rows.iter()
        .map(|row| {
            let chunk = u32::try_from(row.try_get_by_index::<i64>(1)?)?;
            let position = u16::try_from(row.try_get_by_index::<i64>(2)?)?;
            Ok((RunId::from_uuid(row.try_get_by_index(0)?), chunk, position))
        })
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

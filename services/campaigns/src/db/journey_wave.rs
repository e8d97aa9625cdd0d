//! Who enters when, of slots by the clock of each contact: waves of contacts who enter together.

use std::collections::BTreeSet;

use chassis::{Engine, Tx};
use contract::{ContactId, JourneyId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::journey_slot::Slot;
use super::row::{self, sql};
use crate::journey::clocks::Turn;
use crate::journeys::state::State;

/// Contacts of one slot who enter at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wave {
    pub journey: JourneyId,
    pub slot_at: UnixMillis,
    pub turn: Turn,
}

const KEY: &str = "journey = $1 AND slot_at = $2 AND enters_at = $3 AND stale_at = $4";

fn key(wave: &Wave) -> [Value; 4] {
    [
        wave.journey.uuid().into(),
        wave.slot_at.0.into(),
        wave.turn.enters_at.0.into(),
        wave.turn.stale_at.0.into(),
    ]
}

fn read(row: &QueryResult) -> anyhow::Result<Wave> {
    Ok(Wave {
        journey: row::id(row, "journey")?,
        slot_at: row::millis(row, "slot_at")?,
        turn: Turn {
            enters_at: row::millis(row, "enters_at")?,
            stale_at: row::millis(row, "stale_at")?,
        },
    })
}

/// Contacts of a slot, and when each of them enters.
pub async fn append(
    tx: &Tx,
    engine: Engine,
    slot: &Slot,
    entries: &[(ContactId, Turn)],
) -> anyhow::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let waves: BTreeSet<Turn> = entries.iter().map(|(_, turn)| *turn).collect();
    let waves: Vec<(i64, i64)> = waves
        .iter()
        .map(|turn| (turn.enters_at.0, turn.stale_at.0))
        .collect();
    let turn = "CAST(r.value->>0 AS BIGINT), CAST(r.value->>1 AS BIGINT)";
    let text = format!(
        "INSERT INTO journey_wave (journey, slot_at, enters_at, stale_at) SELECT $2, $3, {turn} FROM {} AS r \
         WHERE true ON CONFLICT DO NOTHING",
        engine.rows("$1")
    );
    let of = |lines: String| {
        [
            lines.into(),
            slot.journey.uuid().into(),
            slot.slot_at.0.into(),
        ]
    };
    tx.execute_raw(sql(tx, text, of(serde_json::to_string(&waves)?)))
        .await?;
    let lines: Vec<(i64, i64, String)> = entries
        .iter()
        .map(|(contact, turn)| {
            let contact = contact.uuid().simple().to_string();
            (turn.enters_at.0, turn.stale_at.0, contact)
        })
        .collect();
    let text = format!(
        "INSERT INTO journey_entry (journey, slot_at, enters_at, stale_at, contact) SELECT $2, $3, {turn}, {} FROM {} AS r \
         WHERE true ON CONFLICT DO NOTHING",
        engine.uuid("r.value->>2"),
        engine.rows("$1")
    );
    tx.execute_raw(sql(tx, text, of(serde_json::to_string(&lines)?)))
        .await?;
    Ok(())
}

/// Waves whose time has come and which nobody has looked at, and whether their journeys run.
pub async fn due(
    conn: &impl ConnectionTrait,
    now: UnixMillis,
) -> anyhow::Result<Vec<(Wave, bool)>> {
    let text = "SELECT w.*, j.state FROM journey_wave AS w LEFT JOIN journey AS j ON j.id = w.journey \
                WHERE w.enters_at <= $1 AND w.opened_at IS NULL ORDER BY w.enters_at, w.journey";
    let rows = conn.query_all_raw(sql(conn, text, [now.0.into()])).await?;
    rows.iter()
        .map(|row| {
            let state: Option<String> = row.try_get("", "state")?;
            let runs = state.as_deref() == Some(State::Running.as_str());
            Ok((read(row)?, runs))
        })
        .collect()
}

/// From now on its contacts enter, however long that takes.
pub async fn open(tx: &Tx, wave: &Wave, now: UnixMillis) -> anyhow::Result<()> {
    let text = format!("UPDATE journey_wave SET opened_at = $5 WHERE {KEY} AND opened_at IS NULL");
    let values = key(wave).into_iter().chain([now.0.into()]);
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Its contacts do not enter. One that was opened meanwhile stays.
pub async fn drop_missed(tx: &Tx, wave: &Wave) -> anyhow::Result<()> {
    let text = format!("DELETE FROM journey_wave WHERE {KEY} AND opened_at IS NULL");
    let dropped = tx.execute_raw(sql(tx, text, key(wave))).await?;
    if dropped.rows_affected() == 1 {
        let text = format!("DELETE FROM journey_entry WHERE {KEY}");
        tx.execute_raw(sql(tx, text, key(wave))).await?;
    }
    Ok(())
}

/// The oldest open wave that somebody waits in.
pub async fn opened(conn: &impl ConnectionTrait) -> anyhow::Result<Option<Wave>> {
    let text = "SELECT w.* FROM journey_wave AS w WHERE w.opened_at IS NOT NULL AND EXISTS (SELECT 1 FROM journey_entry AS e \
                WHERE e.journey = w.journey AND e.slot_at = w.slot_at AND e.enters_at = w.enters_at AND e.stale_at = w.stale_at) \
                ORDER BY w.enters_at, w.journey LIMIT 1";
    let row = conn.query_one_raw(sql(conn, text, [])).await?;
    row.as_ref().map(read).transpose()
}

/// Takes so many contacts out of a wave: each is taken once.
pub async fn take(tx: &Tx, wave: &Wave, limit: u32) -> anyhow::Result<Vec<ContactId>> {
    let text = format!(
        "DELETE FROM journey_entry WHERE {KEY} AND contact IN \
         (SELECT contact FROM journey_entry WHERE {KEY} ORDER BY contact LIMIT {limit}) RETURNING contact"
    );
    let rows = tx.query_all_raw(sql(tx, text, key(wave))).await?;
    rows.iter().map(|row| row::id(row, "contact")).collect()
}

/// Forgets open waves that nobody waits in and nobody comes to any more.
pub async fn close(tx: &Tx) -> anyhow::Result<()> {
    let text = "DELETE FROM journey_wave WHERE opened_at IS NOT NULL \
                AND NOT EXISTS (SELECT 1 FROM journey_entry AS e WHERE e.journey = journey_wave.journey AND e.slot_at = journey_wave.slot_at \
                AND e.enters_at = journey_wave.enters_at AND e.stale_at = journey_wave.stale_at) \
                AND NOT EXISTS (SELECT 1 FROM journey_slot AS s WHERE s.journey = journey_wave.journey AND s.slot_at = journey_wave.slot_at \
                AND s.done_at IS NULL)";
    tx.execute_raw(sql(tx, text, [])).await?;
    Ok(())
}

/// Nobody enters for this slot any more.
pub async fn cancel(tx: &Tx, journey: JourneyId, slot_at: UnixMillis) -> anyhow::Result<()> {
    for table in ["journey_wave", "journey_entry", "journey_slot"] {
        let text = format!("DELETE FROM {table} WHERE journey = $1 AND slot_at = $2");
        let values = [journey.uuid().into(), slot_at.0.into()];
        tx.execute_raw(sql(tx, text, values)).await?;
    }
    Ok(())
}

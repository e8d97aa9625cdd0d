//! What became of the reminders of appointments.

use chassis::{Engine, Tx};
use contract::{AppointmentId, MessageId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::row::{self, big, sql};
use crate::appointment::model::{Reminder, ReminderState};

fn read(row: &QueryResult) -> anyhow::Result<Reminder> {
    Ok(Reminder {
        appointment: row::id(row, "appointment")?,
        version: row::number(row, "version")?,
        step: row::text(row, "step")?,
        place: row::number(row, "place")?,
        target_at: row::millis(row, "target_at")?,
        due_at: row::maybe_millis(row, "due_at")?,
        state: row::named(row, "state", ReminderState::parse)?,
        reason: row::text(row, "reason")?,
        message: row::maybe_id(row, "message")?,
        with: row::maybe_id(row, "with_appointment")?,
        changed_at: row::millis(row, "changed_at")?,
    })
}

/// Writes reminders: new ones, or all of old ones.
pub async fn save(tx: &Tx, engine: Engine, reminders: &[Reminder]) -> anyhow::Result<()> {
    if reminders.is_empty() {
        return Ok(());
    }
    let line = |of: &Reminder| {
        serde_json::json!([
            of.appointment.uuid().simple().to_string(),
            of.version,
            of.step,
            of.place,
            of.target_at.0,
            of.due_at.map(|at| at.0),
            of.state.as_str(),
            of.reason,
            of.message.map(|id| id.uuid().simple().to_string()),
            of.with.map(|id| id.uuid().simple().to_string()),
            of.changed_at.0,
        ])
    };
    let lines: Vec<serde_json::Value> = reminders.iter().map(line).collect();
    let text = format!(
        "insert into reminder (appointment, version, step, place, target_at, due_at, state, reason, message, \
         with_appointment, changed_at) select {}, {}, r.value->>2, {}, {}, {}, r.value->>6, r.value->>7, {}, {}, {} \
         from {} as r where true on conflict (appointment, version, step) do update set place = excluded.place, \
         target_at = excluded.target_at, due_at = excluded.due_at, state = excluded.state, reason = excluded.reason, \
         message = excluded.message, with_appointment = excluded.with_appointment, changed_at = excluded.changed_at",
        engine.uuid("r.value->>0"),
        big(1),
        big(3),
        big(4),
        big(5),
        engine.uuid("r.value->>8"),
        engine.uuid("r.value->>9"),
        big(10),
        engine.rows("$1")
    );
    row::lines(tx, text, &lines).await
}

/// Every reminder of an appointment, the first version first.
pub async fn of_appointment(
    conn: &impl ConnectionTrait,
    id: AppointmentId,
) -> anyhow::Result<Vec<Reminder>> {
    let text = "select * from reminder where appointment = $1 order by version, place";
    row::all(conn, text, [id.uuid().into()], read).await
}

/// The same, and those of others whose texts have told of it: one that it took the place of, or shares a text with.
pub async fn said_of(
    conn: &impl ConnectionTrait,
    id: AppointmentId,
) -> anyhow::Result<Vec<Reminder>> {
    let text = "select * from reminder where appointment = $1 or message in \
                (select message from telling where appointment = $1) order by version, place";
    row::all(conn, text, [id.uuid().into()], read).await
}

/// Reminders that a text carries.
pub async fn of_message(tx: &Tx, message: MessageId) -> anyhow::Result<Vec<Reminder>> {
    let text = "select * from reminder where message = $1";
    row::all(tx, text, [message.uuid().into()], read).await
}

/// Planned reminders of versions that do not count any more.
pub async fn end_planned(
    tx: &Tx,
    id: AppointmentId,
    below: u32,
    state: ReminderState,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let text = "update reminder set state = $3, reason = $3, changed_at = $4 \
                where appointment = $1 and version < $2 and state = 'planned'";
    let values: [Value; 4] = [
        id.uuid().into(),
        i64::from(below).into(),
        state.as_str().into(),
        now.0.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

//! What people were told of appointments, and by which texts.

use chassis::{Engine, Tx};
use contract::{AppointmentId, ContactId, MessageId, Mode, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, big, sql};
use crate::appointment::model::{LOCAL, Telling, TellingKind, TellingState};

fn read(row: &QueryResult) -> anyhow::Result<Telling> {
    Ok(Telling {
        message: row::id(row, "message")?,
        appointment: row::id(row, "appointment")?,
        tenant: row::id(row, "tenant")?,
        mode: row::mode(row)?,
        contact: row::id(row, "contact")?,
        sender: row::text(row, "sender")?,
        version: row::number(row, "version")?,
        kind: row::named(row, "kind", TellingKind::parse)?,
        answer: row.try_get("", "answer")?,
        starts_at: row::millis(row, "starts_at")?,
        local: super::appointment::local(row)?,
        location: row::text(row, "location")?,
        place: row::number(row, "place")?,
        state: row::named(row, "state", TellingState::parse)?,
        queued_at: row::millis(row, "queued_at")?,
    })
}

/// Notes what texts tell; what is noted stays.
pub async fn insert(tx: &Tx, engine: Engine, tellings: &[Telling]) -> anyhow::Result<()> {
    if tellings.is_empty() {
        return Ok(());
    }
    let line = |of: &Telling| {
        serde_json::json!([
            of.message.uuid().simple().to_string(),
            of.appointment.uuid().simple().to_string(),
            of.tenant.uuid().simple().to_string(),
            of.mode.as_str(),
            of.contact.uuid().simple().to_string(),
            of.sender,
            of.version,
            of.kind.as_str(),
            of.answer,
            of.starts_at.0,
            of.local.format(LOCAL).to_string(),
            of.location,
            of.place,
            of.state.as_str(),
            of.queued_at.0,
        ])
    };
    let lines: Vec<serde_json::Value> = tellings.iter().map(line).collect();
    let text = format!(
        "insert into telling (message, appointment, tenant, mode, contact, sender, version, kind, answer, starts_at, \
         local_time, location, place, state, queued_at) select {}, {}, {}, r.value->>3, {}, r.value->>5, {}, \
         r.value->>7, r.value->>8, {}, r.value->>10, r.value->>11, {}, r.value->>13, {} from {} as r where true \
         on conflict (message, appointment) do nothing",
        engine.uuid("r.value->>0"),
        engine.uuid("r.value->>1"),
        engine.uuid("r.value->>2"),
        engine.uuid("r.value->>4"),
        big(6),
        big(9),
        big(12),
        big(14),
        engine.rows("$1")
    );
    row::lines(tx, text, &lines).await
}

/// Everything that was told of an appointment, the first first.
pub async fn of_appointment(
    conn: &impl ConnectionTrait,
    id: AppointmentId,
) -> anyhow::Result<Vec<Telling>> {
    let text = "select * from telling where appointment = $1 order by queued_at, message";
    row::all(conn, text, [id.uuid().into()], read).await
}

/// What a contact was told last, the last first.
pub async fn of_contact(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    mode: Mode,
    contact: ContactId,
    since: UnixMillis,
) -> anyhow::Result<Vec<Telling>> {
    let text = "select * from telling where tenant = $1 and contact = $2 and queued_at >= $3 and mode = $4 \
                order by queued_at desc, message desc, place limit 100";
    let values = [
        tenant.uuid().into(),
        contact.uuid().into(),
        since.0.into(),
        mode.as_str().into(),
    ];
    row::all(conn, text, values, read).await
}

/// How far a text has come. What has left stays left.
pub async fn set_state(
    tx: &Tx,
    message: MessageId,
    state: TellingState,
) -> anyhow::Result<Vec<Telling>> {
    let text =
        "update telling set state = $2 where message = $1 and state <> 'left' and state <> $2";
    let values = [message.uuid().into(), state.as_str().into()];
    tx.execute_raw(sql(tx, text, values)).await?;
    let text = "select * from telling where message = $1 order by place";
    row::all(tx, text, [message.uuid().into()], read).await
}

/// What was told of one appointment was told of the one that replaces it. A text that told of both says enough of it.
pub async fn pass_on(tx: &Tx, from: AppointmentId, to: AppointmentId) -> anyhow::Result<()> {
    let text = "update telling set appointment = $2 where appointment = $1 and not exists \
                (select 1 from telling t where t.message = telling.message and t.appointment = $2)";
    tx.execute_raw(sql(tx, text, [from.uuid().into(), to.uuid().into()]))
        .await?;
    Ok(())
}

/// The local time that was told is another instant by newer zone data.
pub async fn rezone(
    tx: &Tx,
    id: AppointmentId,
    before: UnixMillis,
    at: UnixMillis,
) -> anyhow::Result<()> {
    let text = "update telling set starts_at = $3 where appointment = $1 and starts_at = $2";
    tx.execute_raw(sql(
        tx,
        text,
        [id.uuid().into(), before.0.into(), at.0.into()],
    ))
    .await?;
    Ok(())
}

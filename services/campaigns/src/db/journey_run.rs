//! Runs of journeys.

use std::collections::BTreeMap;

use chassis::{Engine, Tx};
use contract::{ContactId, JourneyId, JourneyRunId, MessageId, Mode, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;

use super::row::{self, sql};
use super::stored;
use crate::journey::run::Run;

#[derive(Debug, Clone)]
pub struct Row {
    pub id: JourneyRunId,
    pub tenant: TenantId,
    pub journey: JourneyId,
    /// The version it was started with, or moved to by hand.
    pub version: u32,
    /// Empty once the contact is gone.
    pub key: String,
    pub contact: ContactId,
    pub mode: Mode,
    pub run: Run,
    /// Its texts: `epoch.number`.
    pub messages: BTreeMap<String, MessageId>,
    /// What is kept of it cannot be read: it seems to have ended, and is to be [`set_aside`].
    pub unread: bool,
    /// Up to here it can still hear of something, its goal after its end included.
    pub hears_until: i64,
    pub started_at: UnixMillis,
    pub moved_at: UnixMillis,
}

fn read(row: &QueryResult) -> anyhow::Result<Row> {
    let state = serde_json::from_str(&row::text(row, "state")?);
    let messages = serde_json::from_str(&row::text(row, "messages")?);
    let moved_at = row::millis(row, "moved_at")?;
    Ok(Row {
        id: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        journey: row::id(row, "journey")?,
        version: row::number(row, "version")?,
        key: row::text(row, "key")?,
        contact: row::id(row, "contact")?,
        mode: row::mode(row)?,
        unread: state.is_err() || messages.is_err(),
        run: state.unwrap_or_else(|_| Run::unreadable(moved_at.0)),
        messages: messages.unwrap_or_default(),
        hears_until: row.try_get("", "hears_until")?,
        started_at: row::millis(row, "started_at")?,
        moved_at,
    })
}

fn hex(id: sea_orm::prelude::Uuid) -> String {
    id.simple().to_string()
}

fn list(ids: impl Iterator<Item = sea_orm::prelude::Uuid>) -> anyhow::Result<sea_orm::Value> {
    let ids: Vec<[String; 1]> = ids.map(|id| [hex(id)]).collect();
    Ok(serde_json::to_string(&ids)?.into())
}

/// Inserts and rewrites runs.
pub async fn save(tx: &Tx, engine: Engine, rows: &[&Row]) -> anyhow::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        lines.push(json!([
            hex(row.id.uuid()),
            hex(row.tenant.uuid()),
            hex(row.journey.uuid()),
            row.version,
            row.key.replace('\0', ""),
            hex(row.contact.uuid()),
            row.mode.as_str(),
            stored::json(&row.run)?,
            serde_json::to_string(&row.messages)?,
            row.run.end.as_ref().map(|end| end.how.as_str()),
            row.run.timer,
            row.hears_until,
            row.started_at.0,
            row.moved_at.0,
        ]));
    }
    let uuid = |at: u8| engine.uuid(&format!("r.value->>{at}"));
    let text = format!(
        "INSERT INTO journey_run (id, tenant, journey, version, key, contact, mode, state, messages, ended, due_at, hears_until, started_at, moved_at) \
         SELECT {}, {}, {}, CAST(r.value->>3 AS BIGINT), r.value->>4, {}, r.value->>6, r.value->>7, r.value->>8, r.value->>9, \
         CAST(r.value->>10 AS BIGINT), CAST(r.value->>11 AS BIGINT), CAST(r.value->>12 AS BIGINT), CAST(r.value->>13 AS BIGINT) FROM {} AS r WHERE true \
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, key = excluded.key, state = excluded.state, messages = excluded.messages, ended = excluded.ended, \
         due_at = excluded.due_at, hears_until = excluded.hears_until, started_at = excluded.started_at, moved_at = excluded.moved_at",
        uuid(0),
        uuid(1),
        uuid(2),
        uuid(5),
        engine.rows("$1")
    );
    tx.execute_raw(sql(tx, text, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// These runs, and those of these contacts that can hear of something, by id. Until the transaction ends nobody else
/// changes them: of two who read the same state, the later one would undo what the earlier one did. All at once, and in
/// one order, so that nobody waits in a circle.
pub async fn take(
    tx: &Tx,
    engine: Engine,
    ids: &[JourneyRunId],
    contacts: &[ContactId],
    now: UnixMillis,
) -> anyhow::Result<Vec<Row>> {
    let text = format!(
        "SELECT j.* FROM journey_run AS j WHERE j.id IN (SELECT {id} FROM {} AS r \
         UNION SELECT k.id FROM {} AS r CROSS JOIN journey_run AS k WHERE k.contact = {id} AND k.hears_until >= $3) ORDER BY j.id{}",
        engine.rows("$1"),
        engine.rows("$2"),
        engine.for_update(),
        id = engine.uuid("r.value->>0"),
    );
    let values = [
        list(ids.iter().map(|id| id.uuid()))?,
        list(contacts.iter().map(|id| id.uuid()))?,
        now.0.into(),
    ];
    let rows = tx.query_all_raw(sql(tx, text, values)).await?;
    rows.iter().map(read).collect()
}

/// Ends runs whose state cannot be read, and keeps it as it is.
pub async fn set_aside(
    tx: &Tx,
    engine: Engine,
    rows: &[Row],
    now: UnixMillis,
) -> anyhow::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let text = format!(
        "UPDATE journey_run SET unread = state WHERE id IN (SELECT {} FROM {} AS r)",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    );
    let ids = list(rows.iter().map(|row| row.id.uuid()))?;
    tx.execute_raw(sql(tx, text, [ids])).await?;
    let ended = rows.iter().map(|row| Row {
        run: Run::unreadable(now.0),
        hears_until: 0,
        moved_at: now,
        ..row.clone()
    });
    let ended: Vec<Row> = ended.collect();
    save(tx, engine, &ended.iter().collect::<Vec<_>>()).await
}

/// Runs of these contacts that can hear of something: live ones, and those whose goal still counts.
pub async fn of_contacts(
    conn: &impl ConnectionTrait,
    engine: Engine,
    contacts: &[ContactId],
    now: UnixMillis,
) -> anyhow::Result<Vec<Row>> {
    if contacts.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT j.* FROM {} AS r CROSS JOIN journey_run AS j WHERE j.contact = {} AND j.hears_until >= $2 ORDER BY j.id",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let values = [list(contacts.iter().map(|id| id.uuid()))?, now.0.into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(read).collect()
}

/// Forgets what could not be read of runs that were set aside before `before`.
pub async fn forget_aside(tx: &Tx, before: UnixMillis) -> anyhow::Result<()> {
    let text = "UPDATE journey_run SET unread = NULL WHERE unread IS NOT NULL AND moved_at < $1";
    tx.execute_raw(sql(tx, text, [before.0.into()])).await?;
    Ok(())
}

/// Where a run belongs, without its state.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub id: JourneyRunId,
    pub tenant: TenantId,
    pub journey: JourneyId,
    pub version: u32,
    pub contact: ContactId,
    pub mode: Mode,
    pub live: bool,
}

/// Places of these runs, and of those of these contacts that can hear of something.
pub async fn places(
    conn: &impl ConnectionTrait,
    engine: Engine,
    ids: &[JourneyRunId],
    contacts: &[ContactId],
    now: UnixMillis,
) -> anyhow::Result<Vec<Place>> {
    let columns = "j.id, j.tenant, j.journey, j.version, j.contact, j.mode, j.ended";
    let among = |column: &str, more: &str| {
        format!(
            "SELECT {columns} FROM {} AS r CROSS JOIN journey_run AS j WHERE j.{column} = {}{more}",
            engine.rows("$1"),
            engine.uuid("r.value->>0")
        )
    };
    let mut rows = Vec::new();
    if !ids.is_empty() {
        let values = [list(ids.iter().map(|id| id.uuid()))?];
        rows = conn
            .query_all_raw(sql(conn, among("id", ""), values))
            .await?;
    }
    if !contacts.is_empty() {
        let values = [list(contacts.iter().map(|id| id.uuid()))?, now.0.into()];
        let text = among("contact", " AND j.hears_until >= $2");
        rows.extend(conn.query_all_raw(sql(conn, text, values)).await?);
    }
    rows.iter()
        .map(|row| {
            Ok(Place {
                id: row::id(row, "id")?,
                tenant: row::id(row, "tenant")?,
                journey: row::id(row, "journey")?,
                version: row::number(row, "version")?,
                contact: row::id(row, "contact")?,
                mode: row::mode(row)?,
                live: row.try_get::<Option<String>>("", "ended")?.is_none(),
            })
        })
        .collect()
}

/// When runs of these contacts were last started, by journey: what entry looks at. Runs whose rows are gone count, too.
pub async fn last_starts(
    conn: &impl ConnectionTrait,
    engine: Engine,
    contacts: &[ContactId],
) -> anyhow::Result<BTreeMap<(ContactId, JourneyId), i64>> {
    if contacts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (rows, contact) = (engine.rows("$1"), engine.uuid("r.value->>0"));
    let text = format!(
        "SELECT contact, journey, max(at) AS at FROM (\
         SELECT j.contact, j.journey, j.started_at AS at FROM {rows} AS r CROSS JOIN journey_run AS j WHERE j.contact = {contact} \
         UNION ALL SELECT e.contact, e.journey, e.last_started_at AS at FROM {rows} AS r CROSS JOIN journey_entered AS e \
         WHERE e.contact = {contact}) AS starts GROUP BY contact, journey"
    );
    let values = [list(contacts.iter().map(|id| id.uuid()))?];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter()
        .map(|row| {
            let of = (row::id(row, "contact")?, row::id(row, "journey")?);
            Ok((of, row.try_get("", "at")?))
        })
        .collect()
}

/// How many runs of these contacts were started since, by journey.
pub async fn starts_since(
    conn: &impl ConnectionTrait,
    engine: Engine,
    contacts: &[ContactId],
    since: UnixMillis,
) -> anyhow::Result<BTreeMap<(ContactId, JourneyId), u32>> {
    if contacts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let text = format!(
        "SELECT j.contact, j.journey, count(*) AS n FROM {} AS r CROSS JOIN journey_run AS j \
         WHERE j.contact = {} AND j.started_at >= $2 GROUP BY j.contact, j.journey",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let values = [list(contacts.iter().map(|id| id.uuid()))?, since.0.into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter()
        .map(|row| {
            let of = (row::id(row, "contact")?, row::id(row, "journey")?);
            Ok((of, row::number(row, "n")?))
        })
        .collect()
}

/// Runs whose timers are due, of journeys that are not paused: earliest first.
pub async fn due(
    conn: &impl ConnectionTrait,
    now: UnixMillis,
    limit: u64,
) -> anyhow::Result<Vec<JourneyRunId>> {
    let text = format!(
        "SELECT r.id FROM journey_run AS r CROSS JOIN journey AS j WHERE j.id = r.journey AND r.due_at <= $1 AND j.state <> 'paused' ORDER BY r.due_at LIMIT {limit}"
    );
    let rows = conn.query_all_raw(sql(conn, text, [now.0.into()])).await?;
    rows.iter().map(|row| row::id(row, "id")).collect()
}

pub async fn by_id(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    id: JourneyRunId,
) -> anyhow::Result<Option<Row>> {
    let text = "SELECT * FROM journey_run WHERE id = $1 AND tenant = $2";
    let row = conn
        .query_one_raw(sql(conn, text, [id.uuid().into(), tenant.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Newest first, older than `before`.
pub async fn page(
    conn: &impl ConnectionTrait,
    journey: JourneyId,
    before: Option<JourneyRunId>,
    live: bool,
    limit: u64,
) -> anyhow::Result<Vec<Row>> {
    let before = before.unwrap_or(JourneyRunId::from_raw(u128::MAX));
    let only = if live { "AND ended IS NULL" } else { "" };
    let text = format!(
        "SELECT * FROM journey_run WHERE journey = $1 AND id < $2 {only} ORDER BY id DESC LIMIT {limit}"
    );
    let rows = conn
        .query_all_raw(sql(
            conn,
            text,
            [journey.uuid().into(), before.uuid().into()],
        ))
        .await?;
    rows.iter().map(read).collect()
}

/// Live runs of a journey that are on other versions, after `after`.
pub async fn on_other_versions(
    conn: &impl ConnectionTrait,
    journey: JourneyId,
    version: u32,
    after: JourneyRunId,
    limit: u64,
) -> anyhow::Result<Vec<Row>> {
    let text = format!(
        "SELECT * FROM journey_run WHERE journey = $1 AND version <> $2 AND id > $3 AND ended IS NULL ORDER BY id LIMIT {limit}"
    );
    let rows = conn
        .query_all_raw(sql(
            conn,
            text,
            [
                journey.uuid().into(),
                i64::from(version).into(),
                after.uuid().into(),
            ],
        ))
        .await?;
    rows.iter().map(read).collect()
}

/// Live runs of a journey by version.
pub async fn live(
    conn: &impl ConnectionTrait,
    journey: JourneyId,
) -> anyhow::Result<BTreeMap<u32, u64>> {
    let text = "SELECT version, count(*) AS n FROM journey_run WHERE journey = $1 AND ended IS NULL GROUP BY version";
    let rows = conn
        .query_all_raw(sql(conn, text, [journey.uuid().into()]))
        .await?;
    rows.iter()
        .map(|row| Ok((row::number(row, "version")?, row::number(row, "n")?)))
        .collect()
}

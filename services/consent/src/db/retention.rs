//! What is past its time, in small batches; and `retention_mark`: how far each class has come.
//!
//! Ids of runs and of entries begin with their time, so that old rows are found by their key.

use chassis::Engine;
use contract::{ConsentId, Phone, RunId, TenantId};
use sea_orm::ConnectionTrait;

use super::{hex, phone_rows};

/// Classes, as they stand in `retention_mark` and in metrics.
pub const CONSENT: &str = "consent_proof";
pub const DECISIONS: &str = "decisions";
pub const REVIEWS: &str = "reviews";
pub const TEXTS: &str = "reply_texts";
pub const CLASSES: [&str; 4] = [CONSENT, DECISIONS, REVIEWS, TEXTS];

/// Everything of `class` older than this (Unix milliseconds) may be gone; 0 when nothing ever went.
pub async fn done_until(
    db: &impl ConnectionTrait,
    engine: Engine,
    class: &str,
) -> anyhow::Result<i64> {
    Ok(mark(db, engine, class).await?.map_or(0, |(until, _)| until))
}

/// The same, with when it was last done.
pub async fn mark(
    db: &impl ConnectionTrait,
    engine: Engine,
    class: &str,
) -> anyhow::Result<Option<(i64, i64)>> {
    let sql = "SELECT until, done_at FROM retention_mark WHERE class = $1";
    let row = db.query_one_raw(engine.sql(sql, [class.into()])).await?;
    row.map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .transpose()
}

/// Never moves back: what is gone stays gone when the time to keep is made longer.
pub async fn set_mark(
    tx: &impl ConnectionTrait,
    engine: Engine,
    class: &str,
    until: i64,
    now: i64,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO retention_mark (class, until, done_at) VALUES ($1, $2, $3) \
               ON CONFLICT (class) DO UPDATE SET done_at = excluded.done_at, \
               until = CASE WHEN excluded.until > retention_mark.until THEN excluded.until ELSE retention_mark.until END";
    tx.execute_raw(engine.sql(sql, [class.into(), until.into(), now.into()]))
        .await?;
    Ok(())
}

fn first_of(millis: i64) -> u128 {
    u128::try_from(millis.max(0)).unwrap_or(0) << 80
}

/// Removes permits granted before `until`, what chunks came to at screening, and what answers were given for; how
/// many rows.
pub async fn remove_decided(
    tx: &impl ConnectionTrait,
    engine: Engine,
    until: i64,
    limit: u32,
) -> anyhow::Result<u64> {
    let bound = RunId::from_raw(first_of(until));
    let mut removed = super::heard::remove(tx, engine, until, limit).await?;
    for (table, key, at) in [
        ("permit", "run, chunk, position", "granted_at"),
        ("screen", "run, chunk, released_at", "at"),
    ] {
        let sql = format!(
            "DELETE FROM {table} WHERE ({key}) IN \
             (SELECT {key} FROM {table} WHERE run < $1 AND {at} < $2 ORDER BY run LIMIT $3)"
        );
        let values = [bound.uuid().into(), until.into(), i64::from(limit).into()];
        removed += tx
            .execute_raw(engine.sql(sql, values))
            .await?
            .rows_affected();
    }
    Ok(removed)
}

/// Removes what people wrote in reviews received before `until` that have been decided.
pub async fn remove_reviews(
    tx: &impl ConnectionTrait,
    engine: Engine,
    until: i64,
    limit: u32,
) -> anyhow::Result<u64> {
    let sql = "DELETE FROM review WHERE id IN (SELECT id FROM review \
               WHERE received_at < $1 AND decided_at IS NOT NULL LIMIT $2)";
    Ok(tx
        .execute_raw(engine.sql(sql, [until.into(), i64::from(limit).into()]))
        .await?
        .rows_affected())
}

/// Entries recorded in `from..until` that hold what a person wrote.
pub async fn replies(
    db: &impl ConnectionTrait,
    engine: Engine,
    (from, until): (i64, i64),
    limit: u32,
) -> anyhow::Result<Vec<ConsentId>> {
    let sql = "SELECT id FROM ledger WHERE id >= $1 AND id < $2 AND inbound IS NOT NULL AND salt IS NOT NULL \
               AND evidence LIKE '%\"received_at\"%' ORDER BY id LIMIT $3";
    let values = [
        ConsentId::from_raw(first_of(from)).uuid().into(),
        ConsentId::from_raw(first_of(until)).uuid().into(),
        i64::from(limit).into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter()
        .map(|row| Ok(ConsentId::from_uuid(row.try_get_by_index(0)?)))
        .collect()
}

/// Blanks these entries' evidence; the chain still verifies.
pub async fn blank(
    tx: &impl ConnectionTrait,
    engine: Engine,
    entries: &[ConsentId],
) -> anyhow::Result<u64> {
    let rows: Vec<[String; 1]> = entries.iter().map(|id| [hex(*id)]).collect();
    let sql = format!(
        "UPDATE ledger SET evidence = '{{}}', salt = NULL WHERE id IN (SELECT {} FROM {} AS r)",
        engine.uuid("value->>0"),
        engine.rows("$1")
    );
    Ok(tx
        .execute_raw(engine.sql(sql, [serde_json::to_string(&rows)?.into()]))
        .await?
        .rows_affected())
}

/// People with entries recorded before `until`, and none since. At most `limit`.
pub async fn idle(
    db: &impl ConnectionTrait,
    engine: Engine,
    until: i64,
    limit: u32,
) -> anyhow::Result<Vec<(TenantId, Phone)>> {
    let sql = "SELECT DISTINCT l.tenant, l.phone FROM ledger l WHERE l.id < $1 AND l.phone <> 0 \
               AND l.seq IS NOT NULL AND l.recorded_at < $2 AND NOT EXISTS (SELECT 1 FROM ledger n \
               WHERE n.tenant = l.tenant AND n.phone = l.phone AND n.recorded_at >= $2) LIMIT $3";
    let values = [
        ConsentId::from_raw(first_of(until)).uuid().into(),
        until.into(),
        i64::from(limit).into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    let mut people = Vec::with_capacity(rows.len());
    for row in rows {
        let (tenant, phone): (uuid::Uuid, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        people.extend(super::phone(phone).map(|phone| (TenantId::from_uuid(tenant), phone)));
    }
    Ok(people)
}

/// Those of `people` that were permitted a text at `since` or later.
pub async fn texted_since(
    db: &impl ConnectionTrait,
    engine: Engine,
    people: &[(TenantId, Phone)],
    since: i64,
) -> anyhow::Result<ahash::AHashSet<Phone>> {
    let sql = format!(
        "SELECT DISTINCT phone FROM permit WHERE granted_at >= $1 AND phone IN \
         (SELECT CAST(value->>0 AS BIGINT) FROM {} AS r)",
        engine.rows("$2")
    );
    let values = [
        since.into(),
        phone_rows(people.iter().map(|(_, phone)| *phone)).into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    let phones: anyhow::Result<Vec<i64>> = rows
        .iter()
        .map(|row| Ok(row.try_get_by_index(0)?))
        .collect();
    Ok(phones?.into_iter().filter_map(super::phone).collect())
}

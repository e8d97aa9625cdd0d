//! Message rows.

use std::sync::Arc;

use ahash::AHashMap;
use chassis::{Db, Engine, Tx};
use contract::{ContactId, DecisionId, Reason};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::block;
use crate::fold::{Message, Step};

/// What a stage of ours made of a message, with all that it knew.
#[derive(Debug, Clone)]
pub struct Handed {
    pub step: Step,
    pub segments: u8,
    pub contact: ContactId,
    pub decision: DecisionId,
    pub provider: Option<Arc<str>>,
    pub provider_message_id: Option<String>,
}

fn stored_reason(reason: &Reason) -> Option<String> {
    (*reason != Reason::OK).then(|| reason.as_str().to_string())
}

fn read_reason(stored: Option<String>) -> Reason {
    stored.map_or(Reason::OK, Reason::from)
}

/// What is known of these messages; those never heard of are absent.
pub async fn load(tx: &Tx, engine: Engine, keys: &[i64]) -> anyhow::Result<AHashMap<i64, Message>> {
    let sql = format!(
        "select mid, outcome, reason, at, segments, receipt, receipt_reason, receipt_at from message \
         where mid in (select CAST(CAST(value AS TEXT) AS BIGINT) from {})",
        engine.rows("$1")
    );
    let rows = tx
        .query_all_raw(engine.sql(sql, [serde_json::to_string(keys)?.into()]))
        .await?;
    let mut known = AHashMap::with_capacity(rows.len());
    for row in &rows {
        known.insert(row.try_get_by_index(0)?, read(row)?);
    }
    Ok(known)
}

/// Columns 1 to 7 as selected by [`load`].
fn read(row: &QueryResult) -> anyhow::Result<Message> {
    let rank = |value: i64| u8::try_from(value);
    let handed = match row.try_get_by_index::<Option<i64>>(3)? {
        None => None,
        Some(at) => Some(Step {
            rank: rank(row.try_get_by_index(1)?)?,
            at,
            reason: read_reason(row.try_get_by_index(2)?),
        }),
    };
    let receipt = match row.try_get_by_index::<Option<i64>>(5)? {
        None => None,
        Some(receipt) => Some(Step {
            rank: rank(receipt)?,
            at: row.try_get_by_index(7)?,
            reason: read_reason(row.try_get_by_index(6)?),
        }),
    };
    Ok(Message {
        handed,
        receipt,
        segments: rank(row.try_get_by_index(4)?)?,
    })
}

/// Writes the handed half of these rows.
pub async fn put_handed(tx: &Tx, engine: Engine, rows: Vec<(i64, Handed)>) -> anyhow::Result<()> {
    let rows: Vec<[Value; 9]> = rows
        .into_iter()
        .map(|(mid, handed)| {
            [
                mid.into(),
                i64::from(handed.step.rank).into(),
                stored_reason(&handed.step.reason).into(),
                handed.step.at.into(),
                i64::from(handed.segments).into(),
                handed.contact.uuid().into(),
                handed.decision.uuid().into(),
                handed.provider.as_deref().map(str::to_string).into(),
                handed.provider_message_id.into(),
            ]
        })
        .collect();
    let head = "insert into message (mid, outcome, reason, at, segments, contact, decision, provider, provider_message_id)";
    let tail = "on conflict (mid) do update set outcome = excluded.outcome, reason = excluded.reason, \
                at = excluded.at, segments = excluded.segments, contact = excluded.contact, \
                decision = excluded.decision, provider = excluded.provider, \
                provider_message_id = excluded.provider_message_id";
    block::insert(tx, engine, head, rows, tail).await
}

/// Writes the receipt half of these rows; a receipt may come before the row it belongs to.
pub async fn put_receipts(tx: &Tx, engine: Engine, rows: Vec<(i64, Step)>) -> anyhow::Result<()> {
    let rows: Vec<[Value; 6]> = rows
        .into_iter()
        .map(|(mid, receipt)| {
            [
                mid.into(),
                0i64.into(),
                0i64.into(),
                i64::from(receipt.rank).into(),
                stored_reason(&receipt.reason).into(),
                receipt.at.into(),
            ]
        })
        .collect();
    let head = "insert into message (mid, outcome, segments, receipt, receipt_reason, receipt_at)";
    let tail = "on conflict (mid) do update set receipt = excluded.receipt, \
                receipt_reason = excluded.receipt_reason, receipt_at = excluded.receipt_at";
    block::insert(tx, engine, head, rows, tail).await
}

/// A message with everything that is known of it.
#[derive(Debug, Clone)]
pub struct Whole {
    pub message: Message,
    pub contact: Option<ContactId>,
    pub decision: Option<DecisionId>,
    pub provider: Option<String>,
    pub provider_message_id: Option<String>,
}

pub async fn find(db: &Db, mid: i64) -> anyhow::Result<Option<Whole>> {
    let sql = "select mid, outcome, reason, at, segments, receipt, receipt_reason, receipt_at, \
               contact, decision, provider, provider_message_id from message where mid = $1";
    let Some(row) = db
        .read()
        .query_one_raw(db.engine().sql(sql, [mid.into()]))
        .await?
    else {
        return Ok(None);
    };
    Ok(Some(Whole {
        message: read(&row)?,
        contact: row
            .try_get_by_index::<Option<Uuid>>(8)?
            .map(ContactId::from_uuid),
        decision: row
            .try_get_by_index::<Option<Uuid>>(9)?
            .map(DecisionId::from_uuid),
        provider: row.try_get_by_index(10)?,
        provider_message_id: row.try_get_by_index(11)?,
    }))
}

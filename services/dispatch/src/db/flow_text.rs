//! Texts of flows: rows of `api_message` that were not asked for over HTTP, written many at a time.

use std::collections::HashSet;

use chassis::{Engine, Tx};
use contract::ids::{MessageId, TenantId};
use sea_orm::ConnectionTrait;
use sea_orm::prelude::Uuid;

use super::ledger::hex;
use crate::sends::texts::{Fate, Resolved};

fn list(messages: &[MessageId]) -> anyhow::Result<sea_orm::Value> {
    let lines: Vec<[String; 1]> = messages.iter().map(|id| [hex(id.bytes())]).collect();
    Ok(serde_json::to_string(&lines)?.into())
}

/// Which of these have rows.
pub async fn known(
    engine: Engine,
    db: &impl ConnectionTrait,
    messages: &[MessageId],
) -> anyhow::Result<HashSet<MessageId>> {
    // CROSS JOIN, so that SQLite looks each id up and never walks the table.
    let sql = format!(
        "SELECT m.id FROM {} AS r CROSS JOIN api_message AS m WHERE m.id = {}",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let rows = db.query_all_raw(engine.sql(sql, [list(messages)?])).await?;
    let ids = rows
        .iter()
        .map(|row| Ok(MessageId::from_uuid(row.try_get::<Uuid>("", "id")?)));
    ids.collect()
}

/// Writes rows in one statement; says which were new.
pub async fn insert(
    engine: Engine,
    tx: &Tx,
    tenant: TenantId,
    owner: &str,
    texts: &[Resolved],
    (now, lease): (i64, i64),
) -> anyhow::Result<HashSet<MessageId>> {
    let mut lines = Vec::with_capacity(texts.len());
    for Resolved { text, chunk, fate } in texts {
        let (due, held_until) = match fate {
            Fate::Now => (Some(lease), None),
            Fate::Later(at) => (Some(at.0), Some(at.0)),
            Fate::Settled(..) => (None, None),
        };
        let work = match due {
            Some(_) => Some(::hex::encode(serde_json::to_vec(chunk)?)),
            None => None,
        };
        let (outcome, reason) = fate.outcome();
        let segments = chunk.texts.first().map_or(0, |text| text.segments);
        lines.push(serde_json::json!([
            hex(text.message.bytes()),
            text.mode.as_str(),
            hex(text.contact.bytes()),
            text.class.as_str(),
            text.sender,
            hex(text.template.bytes()),
            segments,
            text.valid_until.0,
            outcome.rank(),
            reason.as_str(),
            held_until,
            due,
            work,
            text.origin.kind.as_str(),
            text.origin.id,
        ]));
    }
    let uuid = |at: u8| engine.uuid(&format!("r.value->>{at}"));
    let number = |at: u8| format!("CAST(r.value->>{at} AS BIGINT)");
    let sql = format!(
        "INSERT INTO api_message (id, tenant, mode, body_hash, contact, class, sender, template, segments, accepted_at, \
         valid_until, owner, state, reason, held_until, due_at, work, origin_kind, origin) \
         SELECT {}, $2, r.value->>1, $5, {}, r.value->>3, r.value->>4, {}, {}, $3, {}, $4, {}, r.value->>9, {}, {}, {}, \
         r.value->>13, r.value->>14 FROM {} AS r WHERE true ON CONFLICT (id) DO NOTHING RETURNING id",
        uuid(0),
        uuid(2),
        uuid(5),
        number(6),
        number(7),
        number(8),
        number(10),
        number(11),
        engine.bytes("r.value->>12"),
        engine.rows("$1")
    );
    let values = [
        serde_json::to_string(&lines)?.into(),
        tenant.uuid().into(),
        now.into(),
        owner.into(),
        Vec::<u8>::new().into(),
    ];
    let rows = tx.query_all_raw(engine.sql(sql, values)).await?;
    let ids = rows
        .iter()
        .map(|row| Ok(MessageId::from_uuid(row.try_get::<Uuid>("", "id")?)));
    ids.collect()
}

/// Makes texts that wait due at once.
pub async fn due_now(
    engine: Engine,
    tx: &Tx,
    tenant: TenantId,
    messages: &[MessageId],
    now: i64,
) -> anyhow::Result<()> {
    let sql = format!(
        "UPDATE api_message SET due_at = $2 WHERE id IN (SELECT {} FROM {} AS r) AND tenant = $3 AND due_at > $2",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    );
    let values = [list(messages)?, now.into(), tenant.uuid().into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

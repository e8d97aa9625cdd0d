//! Texts are accepted, once under each key.

use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use contract::dispatch::SendChunk;
use contract::ids::{MessageId, TemplateId, TenantId};
use contract::{Mode, Reason};
use sea_orm::{ConnectionTrait, Value};

use super::{COLUMNS, read};
use crate::sends::Send;

/// A text to be accepted.
#[derive(Debug)]
pub struct NewRow {
    pub tenant: TenantId,
    pub dedup: Option<[u8; 32]>,
    pub body: [u8; 32],
    pub template: Option<TemplateId>,
    /// The text that failed, in whose place this one goes out.
    pub redrive_of: Option<MessageId>,
    pub chunk: SendChunk,
}

impl NewRow {
    pub fn id(&self) -> MessageId {
        MessageId::of(self.chunk.head.run, 0, 0)
    }
}

/// False if its key (or its id) is taken.
pub async fn insert(
    engine: Engine,
    tx: &Tx,
    row: &NewRow,
    owner: &str,
    (now, due): (i64, i64),
) -> anyhow::Result<bool> {
    let head = &row.chunk.head;
    let Some(text) = row.chunk.texts.first() else {
        anyhow::bail!("a chunk without its text");
    };
    let sql = "INSERT INTO api_message (id, tenant, mode, dedup, body_hash, contact, class, sender, template, segments, \
               accepted_at, valid_until, owner, state, reason, due_at, work, redrive_of) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) ON CONFLICT DO NOTHING";
    let values: [Value; 18] = [
        row.id().uuid().into(),
        row.tenant.uuid().into(),
        head.mode.as_str().into(),
        row.dedup.map(|key| key.to_vec()).into(),
        row.body.to_vec().into(),
        text.contact.uuid().into(),
        head.class.as_str().into(),
        head.sender.clone().into(),
        row.template.map(TemplateId::uuid).into(),
        i64::from(text.segments).into(),
        now.into(),
        head.valid_until.0.into(),
        owner.into(),
        i64::from(Outcome::Pending.rank()).into(),
        Reason::OK.as_str().into(),
        due.into(),
        serde_json::to_vec(&row.chunk)?.into(),
        row.redrive_of.map(MessageId::uuid).into(),
    ];
    let done = tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(done.rows_affected() == 1)
}

/// The text of a key, with the hash of what was asked for then.
pub async fn by_key(
    engine: Engine,
    db: &impl ConnectionTrait,
    (tenant, mode): (TenantId, Mode),
    key: [u8; 32],
) -> anyhow::Result<Option<(Send, [u8; 32])>> {
    let sql = format!(
        "SELECT {COLUMNS}, body_hash FROM api_message WHERE tenant = $1 AND mode = $2 AND dedup = $3"
    );
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        key.to_vec().into(),
    ];
    let Some(row) = db.query_one_raw(engine.sql(sql, values)).await? else {
        return Ok(None);
    };
    let hash: Vec<u8> = row.try_get("", "body_hash")?;
    Ok(Some((read(&row)?, hash.try_into().unwrap_or([0; 32]))))
}

/// The text that goes out in place of this one.
pub async fn redriven(
    engine: Engine,
    db: &impl ConnectionTrait,
    tenant: TenantId,
    of: MessageId,
) -> anyhow::Result<Option<Send>> {
    let sql = format!("SELECT {COLUMNS} FROM api_message WHERE tenant = $1 AND redrive_of = $2");
    let values = [tenant.uuid().into(), of.uuid().into()];
    let row = db.query_one_raw(engine.sql(sql, values)).await?;
    row.as_ref().map(read).transpose()
}

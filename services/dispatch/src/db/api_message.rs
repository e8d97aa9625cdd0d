//! `api_message`: texts that came by the API on their own, and from flows ([`super::flow_text`]).

use chassis::{Db, Engine, Tx};
use contract::campaigns::BringBack;
use contract::chunk::Outcome;
use contract::dispatch::{HandOversRecorded, SendChunk};
use contract::ids::{ContactId, DecisionId, MessageId, TemplateId, TenantId};
use contract::texts::{Origin, OriginKind};
use contract::{Mode, Phone, Reason, UnixMillis};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Value};

use super::ledger::hex;
use crate::redrive;
use crate::sends::{NO_CAMPAIGN, NOBODY, Send};

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

const COLUMNS: &str = "id, contact, class, sender, template, segments, accepted_at, valid_until, state, reason, \
                       decision, held_until, redrive_of, origin_kind, origin";

/// When a text that is held without an instant is looked at again.
const HELD_AGAIN_MS: i64 = 60_000;

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

pub async fn find(
    engine: Engine,
    db: &DatabaseConnection,
    tenant: TenantId,
    id: MessageId,
) -> anyhow::Result<Option<Send>> {
    let sql = format!("SELECT {COLUMNS} FROM api_message WHERE tenant = $1 AND id = $2");
    let values = [tenant.uuid().into(), id.uuid().into()];
    let row = db.query_one_raw(engine.sql(sql, values)).await?;
    row.as_ref().map(read).transpose()
}

/// Newest first, those before `before`.
pub async fn page(
    engine: Engine,
    db: &DatabaseConnection,
    (tenant, mode): (TenantId, Mode),
    before: Option<MessageId>,
    limit: u64,
) -> anyhow::Result<Vec<Send>> {
    let before = before.unwrap_or(MessageId::from_raw(u128::MAX));
    let sql = format!(
        "SELECT {COLUMNS} FROM api_message WHERE tenant = $1 AND mode = $2 AND id < $3 ORDER BY id DESC LIMIT $4"
    );
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        before.uuid().into(),
        i64::try_from(limit)?.into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// What became of texts at hand-over, in the commit that says it. Rows only rise, so a repetition is harmless;
/// texts of others find no row.
pub async fn settle(
    engine: Engine,
    tx: &Tx,
    hand_overs: &[(TenantId, HandOversRecorded)],
    work_until: i64,
) -> anyhow::Result<()> {
    let slots = hand_overs.iter().flat_map(|(_, event)| &event.slots);
    let own = slots.filter(|slot| slot.campaign == NO_CAMPAIGN && slot.slot.chunk == 0);
    let lines: Vec<_> = own
        .filter_map(|slot| Some((slot, slot.items.first()?)))
        .map(|(slot, item)| {
            let id = MessageId::of(slot.slot.run, 0, item.position);
            let until = (item.outcome == Outcome::Held).then(|| {
                item.until
                    .map_or(slot.at.0 + HELD_AGAIN_MS, |until| until.0)
            });
            let (rank, reason) = (item.outcome.rank(), item.reason.as_str());
            let kept = redrive::may_come(item.outcome, &item.reason) && slot.at.0 < work_until;
            (
                hex(id.bytes()),
                rank,
                reason,
                hex(item.decision.bytes()),
                until,
                kept.then_some(work_until),
            )
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE api_message SET state = CAST(r.value->>1 AS BIGINT), reason = r.value->>2, decision = {}, \
         held_until = CAST(r.value->>4 AS BIGINT), due_at = CAST(r.value->>4 AS BIGINT), \
         work = CASE WHEN r.value->>4 IS NULL AND r.value->>5 IS NULL THEN NULL ELSE work END, \
         work_until = CAST(r.value->>5 AS BIGINT) \
         FROM {} AS r WHERE api_message.id = {} AND api_message.state <= CAST(r.value->>1 AS BIGINT)",
        engine.uuid("r.value->>3"),
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let json = serde_json::to_string(&lines)?;
    tx.execute_raw(engine.sql(sql, [json.into()])).await?;
    Ok(())
}

/// Texts that were unknown and no longer are: taken, or surely not.
pub async fn restate(
    engine: Engine,
    tx: &Tx,
    restated: &[(MessageId, Outcome, Reason)],
) -> anyhow::Result<()> {
    let lines: Vec<_> = restated
        .iter()
        .map(|(id, outcome, reason)| (hex(id.bytes()), outcome.rank(), reason.as_str()))
        .collect();
    let sql = format!(
        "UPDATE api_message SET state = CAST(r.value->>1 AS BIGINT), reason = r.value->>2 FROM {} AS r \
         WHERE api_message.id = {} AND api_message.state IN ({}, {})",
        engine.rows("$1"),
        engine.uuid("r.value->>0"),
        Outcome::Unknown.rank(),
        Outcome::Failed.rank()
    );
    let json = serde_json::to_string(&lines)?;
    tx.execute_raw(engine.sql(sql, [json.into()])).await?;
    Ok(())
}

/// Texts that have arrived: number and words are needed no more.
pub async fn arrived(engine: Engine, tx: &Tx, arrived: &[MessageId]) -> anyhow::Result<()> {
    let lines: Vec<_> = arrived.iter().map(|id| [hex(id.bytes())]).collect();
    let sql = format!(
        "UPDATE api_message SET work = NULL, work_until = NULL WHERE work_until IS NOT NULL \
         AND id IN (SELECT {} FROM {} AS r)",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    );
    let json = serde_json::to_string(&lines)?;
    tx.execute_raw(engine.sql(sql, [json.into()])).await?;
    Ok(())
}

/// Number and words of these texts, where they are still kept.
pub async fn works(
    engine: Engine,
    db: &DatabaseConnection,
    ids: &[MessageId],
) -> anyhow::Result<Vec<SendChunk>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let lines: Vec<_> = ids.iter().map(|id| [hex(id.bytes())]).collect();
    let sql = format!(
        "SELECT work FROM api_message WHERE work IS NOT NULL AND id IN (SELECT {} FROM {} AS r)",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    );
    let values = [serde_json::to_string(&lines)?.into()];
    let mut works = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let work: Vec<u8> = row.try_get("", "work")?;
        works.push(serde_json::from_slice(&work)?);
    }
    Ok(works)
}

/// A text to go on with.
pub type Due = (TenantId, SendChunk);

/// Takes texts that are due, or that `owner` accepted in an earlier life: nobody else does before `lease`.
pub async fn take_due(
    engine: Engine,
    tx: &Tx,
    owner: Option<&str>,
    (now, lease): (i64, i64),
    limit: u64,
) -> anyhow::Result<Vec<Due>> {
    let sql = format!(
        "UPDATE api_message SET due_at = $1 WHERE id IN (SELECT id FROM api_message WHERE due_at IS NOT NULL \
         AND (due_at <= $2 OR (owner = $3 AND state = 0)) ORDER BY due_at LIMIT $4{}{}) RETURNING tenant, work",
        engine.for_update(),
        engine.skip_locked()
    );
    let values = [
        lease.into(),
        now.into(),
        owner.unwrap_or_default().into(),
        i64::try_from(limit)?.into(),
    ];
    let mut due = Vec::new();
    for row in tx.query_all_raw(engine.sql(sql, values)).await? {
        let tenant = TenantId::from_uuid(row.try_get("", "tenant")?);
        let work: Option<Vec<u8>> = row.try_get("", "work")?;
        if let Some(work) = work {
            due.push((tenant, serde_json::from_slice(&work)?));
        }
    }
    Ok(due)
}

/// Makes texts of a tenant, or of everybody, due that are held for a reason until later.
pub async fn bring_back(
    db: &Db,
    tenant: TenantId,
    wish: BringBack,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let everybody = tenant == crate::app::EVERYONE;
            let sql = "UPDATE api_message SET due_at = $1, held_until = $1 WHERE id IN (SELECT id FROM api_message \
                       WHERE due_at > $1 AND state = $2 AND reason = $3 AND ($4 OR tenant = $5) \
                       AND ($6 = '' OR mode = $6) ORDER BY due_at LIMIT $7)";
            let values = [
                now.0.into(),
                i64::from(Outcome::Held.rank()).into(),
                wish.reason.to_string().into(),
                everybody.into(),
                tenant.uuid().into(),
                wish.mode.map_or("", Mode::as_str).into(),
                wish.at_most.map_or(i64::MAX, i64::from).into(),
            ];
            tx.execute_raw(engine.sql(sql, values)).await?;
            Ok(())
        })
    })
    .await
}

/// When the next text is due.
pub async fn next_due(engine: Engine, db: &DatabaseConnection) -> anyhow::Result<Option<i64>> {
    let sql = "SELECT MIN(due_at) AS due FROM api_message WHERE due_at IS NOT NULL";
    let row = db.query_one_raw(engine.sql(sql, [])).await?;
    Ok(row.and_then(|row| row.try_get::<Option<i64>>("", "due").ok().flatten()))
}

/// Lets number and words go of texts that may be redriven no more.
pub async fn forget_works(engine: Engine, tx: &Tx, now: i64) -> anyhow::Result<()> {
    let sql = "UPDATE api_message SET work = NULL, work_until = NULL WHERE work_until <= $1";
    tx.execute_raw(engine.sql(sql, [now.into()])).await?;
    Ok(())
}

/// Lets number and words go of a person's texts that are settled and might have been redriven. `people`: whom they may
/// be to; the number decides.
pub async fn forget_person(
    engine: Engine,
    tx: &Tx,
    tenant: TenantId,
    people: [ContactId; 2],
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "SELECT id, work FROM api_message WHERE tenant = $1 AND contact IN ($2, $3) \
               AND work_until IS NOT NULL AND work IS NOT NULL";
    let [one, other] = people;
    let values = [tenant.uuid().into(), one.uuid().into(), other.uuid().into()];
    for row in tx.query_all_raw(engine.sql(sql, values)).await? {
        let work: Vec<u8> = row.try_get("", "work")?;
        let work: SendChunk = serde_json::from_slice(&work)?;
        if work.texts.iter().any(|text| text.phone == phone) {
            let id: Uuid = row.try_get("", "id")?;
            let sql = "UPDATE api_message SET work = NULL, work_until = NULL WHERE id = $1";
            tx.execute_raw(engine.sql(sql, [id.into()])).await?;
        }
    }
    Ok(())
}

/// Forgets settled texts accepted before `before`; their keys may be used again.
pub async fn forget(engine: Engine, tx: &Tx, before: i64) -> anyhow::Result<()> {
    let sql = "DELETE FROM api_message WHERE due_at IS NULL AND accepted_at < $1";
    tx.execute_raw(engine.sql(sql, [before.into()])).await?;
    Ok(())
}

fn read(row: &QueryResult) -> anyhow::Result<Send> {
    let contact = ContactId::from_uuid(row.try_get("", "contact")?);
    let decision = row.try_get::<Option<Uuid>>("", "decision")?;
    let template = row.try_get::<Option<Uuid>>("", "template")?;
    let rank: i64 = row.try_get("", "state")?;
    Ok(Send {
        id: MessageId::from_uuid(row.try_get("", "id")?),
        contact: (contact != NOBODY).then_some(contact),
        class: row.try_get("", "class")?,
        sender: row.try_get("", "sender")?,
        template: template.map(TemplateId::from_uuid),
        segments: u8::try_from(row.try_get::<i64>("", "segments")?).unwrap_or(u8::MAX),
        accepted_at: UnixMillis(row.try_get("", "accepted_at")?),
        valid_until: UnixMillis(row.try_get("", "valid_until")?),
        outcome: u8::try_from(rank)
            .ok()
            .and_then(Outcome::from_rank)
            .unwrap_or(Outcome::Unknown),
        reason: Reason::from(row.try_get::<String>("", "reason")?),
        decision: decision
            .map(DecisionId::from_uuid)
            .filter(|decision| decision.raw() != 0),
        held_until: row
            .try_get::<Option<i64>>("", "held_until")?
            .map(UnixMillis),
        redrive_of: row
            .try_get::<Option<Uuid>>("", "redrive_of")?
            .map(MessageId::from_uuid),
        origin: origin(row)?,
    })
}

fn origin(row: &QueryResult) -> anyhow::Result<Option<Origin>> {
    let kind: Option<String> = row.try_get("", "origin_kind")?;
    let id: Option<String> = row.try_get("", "origin")?;
    let kind = kind.as_deref().and_then(OriginKind::parse);
    Ok(kind.zip(id).map(|(kind, id)| Origin { kind, id }))
}

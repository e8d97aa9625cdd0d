//! `api_message`: texts that came by the API on their own, and from flows ([`super::flow_text`]).

use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use contract::ids::{ContactId, DecisionId, MessageId, TemplateId, TenantId};
use contract::texts::{Origin, OriginKind};
use contract::{Mode, Reason, UnixMillis};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};

use crate::sends::{NOBODY, Send};

mod accepting;
mod due;
mod outcomes;
mod works;

pub use accepting::{NewRow, by_key, insert, redriven};
pub use due::{Due, bring_back, next_due, take_due};
pub use outcomes::{arrived, restate, settle};
pub use works::{forget_person, forget_works, works};

const COLUMNS: &str = "id, contact, class, sender, template, segments, accepted_at, valid_until, state, reason, \
                       decision, held_until, redrive_of, origin_kind, origin";

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

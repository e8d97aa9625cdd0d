//! Replies, opt-outs and opt-ins, each once by its own id.

use ahash::AHashMap;
use chassis::{Db, Engine, Tx};
use contract::consent::{OptInsRecorded, OptOutConfirmed, OptOutRecorded};
use contract::inbound::MessageReceived;
use contract::{ConsentId, ContactId, Envelope, TenantId};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, Value};

use super::block;

/// An opt-out as it is shown; `None` until it is confirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct OptOut {
    pub consent: ConsentId,
    pub contact: Option<ContactId>,
    pub method: Option<String>,
    pub recorded_at: i64,
    pub confirmed_at: Option<i64>,
}

/// A tenant's opt-outs, oldest first, those after `after`.
pub async fn opt_outs(
    db: &Db,
    tenant: TenantId,
    after: ConsentId,
    limit: u64,
) -> anyhow::Result<Vec<OptOut>> {
    let sql = "select consent, contact, method, recorded_at, confirmed_at from opt_out \
               where tenant = $1 and consent > $2 order by consent limit $3";
    let values: [Value; 3] = [
        tenant.uuid().into(),
        after.uuid().into(),
        i64::try_from(limit)?.into(),
    ];
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?;
    rows.iter()
        .map(|row| {
            let contact: Option<Uuid> = row.try_get("", "contact")?;
            Ok(OptOut {
                consent: ConsentId::from_uuid(row.try_get("", "consent")?),
                contact: contact.map(ContactId::from_uuid),
                method: row.try_get("", "method")?,
                recorded_at: row.try_get("", "recorded_at")?,
                confirmed_at: row.try_get("", "confirmed_at")?,
            })
        })
        .collect()
}

pub async fn put_replies(
    tx: &Tx,
    engine: Engine,
    batch: &[Envelope<MessageReceived>],
) -> anyhow::Result<()> {
    let rows: Vec<[Value; 4]> = batch
        .iter()
        .map(|envelope| {
            let body = &envelope.body;
            [
                body.inbound.uuid().into(),
                envelope.tenant.uuid().into(),
                body.contact.map(ContactId::uuid).into(),
                body.at.0.into(),
            ]
        })
        .collect();
    let head = "insert into reply (inbound, tenant, contact, at)";
    block::insert(tx, engine, head, rows, "on conflict do nothing").await
}

pub async fn put_opt_outs(
    tx: &Tx,
    engine: Engine,
    batch: &[Envelope<OptOutRecorded>],
) -> anyhow::Result<()> {
    let sql = "insert into opt_out (consent, tenant, contact, method, recorded_at) values ($1, $2, $3, $4, $5) \
               on conflict (consent) do update set contact = excluded.contact, method = excluded.method";
    for envelope in batch {
        let body = &envelope.body;
        let values = [
            body.consent.uuid().into(),
            envelope.tenant.uuid().into(),
            body.contact.map(ContactId::uuid).into(),
            body.method.clone().into(),
            body.at.0.into(),
        ];
        tx.execute_raw(engine.sql(sql, values)).await?;
    }
    Ok(())
}

pub async fn put_confirmations(
    tx: &Tx,
    engine: Engine,
    batch: &[Envelope<OptOutConfirmed>],
) -> anyhow::Result<()> {
    let sql = "insert into opt_out (consent, tenant, recorded_at, confirmed_at) values ($1, $2, $3, $4) \
               on conflict (consent) do update set confirmed_at = excluded.confirmed_at";
    for envelope in batch {
        let body = &envelope.body;
        let values = [
            body.consent.uuid().into(),
            envelope.tenant.uuid().into(),
            body.recorded_at.0.into(),
            body.confirmed_at.0.into(),
        ];
        tx.execute_raw(engine.sql(sql, values)).await?;
    }
    Ok(())
}

pub async fn put_opt_ins(
    tx: &Tx,
    engine: Engine,
    batch: &[Envelope<OptInsRecorded>],
) -> anyhow::Result<()> {
    let rows: Vec<[Value; 5]> = batch
        .iter()
        .map(|envelope| {
            [
                envelope.id.uuid().into(),
                envelope.tenant.uuid().into(),
                envelope.body.method.clone().into(),
                i64::from(envelope.body.count).into(),
                envelope.body.at.0.into(),
            ]
        })
        .collect();
    let head = "insert into opt_in (event, tenant, method, people, at)";
    block::insert(tx, engine, head, rows, "on conflict do nothing").await
}

/// Something that people do after a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    Reply,
    OptOut,
}

/// How many reactions between two instants came from people who stand in the message keys `keys`.
///
/// Driven by the reactions, which are few; the messages of a run are only scanned when there are some.
pub async fn reactions(
    db: &Db,
    tenant: TenantId,
    reaction: Reaction,
    (from, to): (i64, i64),
    keys: (i64, i64),
) -> anyhow::Result<u64> {
    let (table, at) = match reaction {
        Reaction::Reply => ("reply", "at"),
        Reaction::OptOut => ("opt_out", "recorded_at"),
    };
    let engine = db.engine();
    let sql = format!(
        "select contact, count(*) as times from {table} where tenant = $1 and {at} >= $2 and {at} < $3 \
         and contact is not null group by contact"
    );
    let rows = db
        .read()
        .query_all_raw(engine.sql(sql, [tenant.uuid().into(), from.into(), to.into()]))
        .await?;
    let mut times: AHashMap<Uuid, i64> = AHashMap::with_capacity(rows.len());
    for row in &rows {
        times.insert(row.try_get("", "contact")?, row.try_get("", "times")?);
    }
    if times.is_empty() {
        return Ok(0);
    }
    let wanted: Vec<[String; 1]> = times
        .keys()
        .map(|contact| [contact.simple().to_string()])
        .collect();
    let sql = format!(
        "select distinct contact from message where mid >= $1 and mid < $2 and outcome >= 30 \
         and contact in (select {} from {})",
        engine.uuid("value->>0"),
        engine.rows("$3")
    );
    let values = [
        keys.0.into(),
        keys.1.into(),
        serde_json::to_string(&wanted)?.into(),
    ];
    let mut sum = 0;
    for row in db.read().query_all_raw(engine.sql(sql, values)).await? {
        sum += times
            .get(&row.try_get::<Uuid>("", "contact")?)
            .copied()
            .unwrap_or(0);
    }
    Ok(u64::try_from(sum).unwrap_or(0))
}

//! `look_up`: texts of which nobody can say what became of them, and what was done to find out.

use channels::look_up::Fingerprint;
use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use contract::ids::{CampaignId, ContactId, MessageId, RunId, TenantId};
use contract::{Mode, Phone, UnixMillis};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};

use super::ledger::hex;
use crate::book::Learned;
use crate::doubt::{Cause, Doubt};

/// A row.
#[derive(Debug, Clone)]
pub struct Open {
    pub message: MessageId,
    pub mode: Mode,
    pub campaign: CampaignId,
    pub contact: ContactId,
    pub provider: String,
    pub provider_message_id: String,
    pub cause: Cause,
    pub outcome: Outcome,
    pub at: UnixMillis,
    pub to: Option<Phone>,
    pub sender: String,
    pub fingerprint: Option<Fingerprint>,
    pub open: bool,
    pub tries: u32,
    pub due: Option<UnixMillis>,
    pub last_at: Option<UnixMillis>,
    pub last_result: String,
}

/// Name of a text as it stands in the JSON that statements take.
pub(super) fn key(message: MessageId) -> (String, u32, u16) {
    (
        hex(message.run().bytes()),
        message.chunk(),
        message.position(),
    )
}

/// Writes down texts in doubt; those that are there already stay as they are.
pub async fn insert(
    engine: Engine,
    tx: &Tx,
    dispatcher: &str,
    doubts: &[Doubt],
) -> anyhow::Result<()> {
    let lines: Vec<_> = doubts
        .iter()
        .map(|one| {
            let trace = &one.trace;
            (
                key(one.message),
                [
                    hex(one.tenant.bytes()),
                    hex(one.campaign.bytes()),
                    hex(one.contact.bytes()),
                ],
                (
                    trace.mode.as_str(),
                    &trace.provider,
                    &one.provider_message_id,
                    trace.cause.as_str(),
                ),
                (one.outcome.rank(), one.at.0, trace.to.map(Phone::digits)),
                (
                    &trace.sender,
                    trace.fingerprint.map(hex::encode),
                    one.due.map(|due| due.0),
                ),
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO look_up (run, chunk, position, tenant, campaign, contact, mode, provider, provider_message_id, \
         cause, outcome, at, phone, sender, fingerprint, due_at, dispatcher, open, tries, last_result) \
         SELECT {}, CAST(value->0->>1 AS BIGINT), CAST(value->0->>2 AS BIGINT), {}, {}, {}, value->2->>0, value->2->>1, \
         value->2->>2, value->2->>3, CAST(value->3->>0 AS BIGINT), CAST(value->3->>1 AS BIGINT), \
         CAST(value->3->>2 AS BIGINT), value->4->>0, {}, CAST(value->4->>2 AS BIGINT), $2, 1, 0, '' \
         FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.uuid("value->0->>0"),
        engine.uuid("value->1->>0"),
        engine.uuid("value->1->>1"),
        engine.uuid("value->1->>2"),
        engine.bytes("value->4->>1"),
        engine.rows("$1")
    );
    let values = [serde_json::to_string(&lines)?.into(), dispatcher.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Takes texts of one provider that are due, and counts the try: nobody else does before `lease`.
pub async fn take(
    engine: Engine,
    tx: &Tx,
    (dispatcher, provider): (&str, &str),
    (now, lease): (i64, i64),
    limit: u32,
) -> anyhow::Result<Vec<Open>> {
    let sql = format!(
        "UPDATE look_up SET due_at = $1, tries = tries + 1 WHERE (run, chunk, position) IN \
         (SELECT run, chunk, position FROM look_up WHERE dispatcher = $2 AND provider = $3 AND due_at <= $4 \
         ORDER BY due_at LIMIT $5{}{}) RETURNING *",
        engine.for_update(),
        engine.skip_locked()
    );
    let values = [
        lease.into(),
        dispatcher.into(),
        provider.into(),
        now.into(),
        i64::from(limit).into(),
    ];
    let rows = tx.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// When the next text of a provider is due.
pub async fn next_due(
    engine: Engine,
    db: &DatabaseConnection,
    dispatcher: &str,
    provider: &str,
) -> anyhow::Result<Option<i64>> {
    let sql = "SELECT MIN(due_at) AS due FROM look_up WHERE dispatcher = $1 AND provider = $2 AND due_at IS NOT NULL";
    let values = [dispatcher.into(), provider.into()];
    let row = db.query_one_raw(engine.sql(sql, values)).await?;
    Ok(row.and_then(|row| row.try_get::<Option<i64>>("", "due").ok().flatten()))
}

/// What a look-up came to, for a text that is still open.
#[derive(Debug)]
pub struct Tried {
    pub message: MessageId,
    /// Where it was found.
    pub provider: String,
    pub tries: u32,
    pub at: UnixMillis,
    pub result: String,
    /// Nothing: it is given up, and number and fingerprint go.
    pub due: Option<UnixMillis>,
}

/// Writes down what look-ups came to; what a receipt has closed meanwhile stays closed.
pub async fn tried(engine: Engine, tx: &Tx, tried: &[Tried]) -> anyhow::Result<()> {
    let lines: Vec<_> = tried
        .iter()
        .map(|one| {
            let due = one.due.map(|due| due.0);
            (
                key(one.message),
                &one.provider,
                one.tries,
                one.at.0,
                &one.result,
                due,
            )
        })
        .collect();
    let sql = format!(
        "UPDATE look_up SET provider = r.value->>1, tries = CAST(r.value->>2 AS BIGINT), \
         last_at = CAST(r.value->>3 AS BIGINT), last_result = r.value->>4, \
         due_at = CASE WHEN open = 1 THEN CAST(r.value->>5 AS BIGINT) ELSE NULL END, \
         phone = CASE WHEN r.value->>5 IS NULL THEN NULL ELSE phone END, \
         fingerprint = CASE WHEN r.value->>5 IS NULL THEN NULL ELSE fingerprint END \
         FROM {} AS r WHERE {}",
        engine.rows("$1"),
        named_by(engine, "r.value->0")
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// Number and fingerprint of a person's texts in doubt go; what the provider has not named is looked up no more.
pub async fn forget_person(
    engine: Engine,
    tx: &Tx,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "UPDATE look_up SET phone = NULL, fingerprint = NULL, \
               due_at = CASE WHEN provider_message_id = '' THEN NULL ELSE due_at END \
               WHERE tenant = $1 AND open = 1 AND phone = $2";
    let values = [tenant.uuid().into(), phone.digits().cast_signed().into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Texts whose state rose: final ones are closed, others stay open until a receipt comes.
pub async fn risen(engine: Engine, tx: &Tx, risen: &[(MessageId, Outcome)]) -> anyhow::Result<()> {
    let lines: Vec<_> = risen
        .iter()
        .map(|(message, outcome)| (key(*message), outcome.rank(), u8::from(!outcome.is_final())))
        .collect();
    let still = "CAST(r.value->>2 AS BIGINT) = 1";
    let sql = format!(
        "UPDATE look_up SET outcome = CAST(r.value->>1 AS BIGINT), open = CAST(r.value->>2 AS BIGINT), \
         due_at = CASE WHEN {still} THEN due_at ELSE NULL END, phone = CASE WHEN {still} THEN phone ELSE NULL END, \
         fingerprint = CASE WHEN {still} THEN fingerprint ELSE NULL END FROM {} AS r WHERE {}",
        engine.rows("$1"),
        named_by(engine, "r.value->0")
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// Names that came after the hand-over.
pub async fn learned(engine: Engine, tx: &Tx, learned: &[Learned]) -> anyhow::Result<()> {
    let lines: Vec<_> = learned
        .iter()
        .map(|one| (key(one.message), &one.provider, &one.provider_message_id))
        .collect();
    let sql = format!(
        "UPDATE look_up SET provider = r.value->>1, provider_message_id = r.value->>2 FROM {} AS r \
         WHERE {} AND provider_message_id = ''",
        engine.rows("$1"),
        named_by(engine, "r.value->0")
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// Names of open texts that came after their hand-over.
pub async fn names(engine: Engine, db: &DatabaseConnection) -> anyhow::Result<Vec<Learned>> {
    let sql = "SELECT run, chunk, position, provider, provider_message_id FROM look_up \
               WHERE open = 1 AND provider_message_id <> '' AND cause <> $1";
    let values = [Cause::NoReceipt.as_str().into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    let read = rows.iter().map(|row| {
        Ok(Learned {
            message: message(row)?,
            provider: row.try_get("", "provider")?,
            provider_message_id: row.try_get("", "provider_message_id")?,
        })
    });
    read.collect()
}

/// Whether another text in doubt was found under this name.
pub async fn is_named(
    engine: Engine,
    db: &DatabaseConnection,
    (provider, id): (&str, &str),
    except: MessageId,
) -> anyhow::Result<bool> {
    let sql = "SELECT run, chunk, position FROM look_up WHERE provider = $1 AND provider_message_id = $2 \
               AND provider_message_id <> ''";
    let rows = db
        .query_all_raw(engine.sql(sql, [provider.into(), id.into()]))
        .await?;
    for row in &rows {
        if message(row)? != except {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a chunk that was delivered again tells of its texts in doubt: now they can be looked up.
pub async fn fill(engine: Engine, tx: &Tx, doubts: &[Doubt]) -> anyhow::Result<()> {
    let lines: Vec<_> = doubts
        .iter()
        .map(|one| {
            let trace = &one.trace;
            (
                key(one.message),
                trace.mode.as_str(),
                trace.to.map(Phone::digits),
                &trace.sender,
                trace.fingerprint.map(hex::encode),
                one.due.map(|due| due.0),
            )
        })
        .collect();
    let sql = format!(
        "UPDATE look_up SET mode = r.value->>1, phone = CAST(r.value->>2 AS BIGINT), sender = r.value->>3, \
         fingerprint = {}, tries = 0, due_at = CAST(r.value->>5 AS BIGINT) FROM {} AS r \
         WHERE {} AND open = 1 AND phone IS NULL AND provider_message_id = ''",
        engine.bytes("r.value->>4"),
        engine.rows("$1"),
        named_by(engine, "r.value->0")
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// Open texts of a tenant in ascending order of id, those after `after`.
pub async fn page(
    engine: Engine,
    db: &DatabaseConnection,
    (tenant, mode): (TenantId, Mode),
    after: Option<MessageId>,
    limit: u64,
) -> anyhow::Result<Vec<Open>> {
    let after = after.map_or((RunId::from_raw(0), -1, -1), |message| {
        let (chunk, position) = (i64::from(message.chunk()), i64::from(message.position()));
        (message.run(), chunk, position)
    });
    let sql = "SELECT * FROM look_up WHERE tenant = $1 AND mode = $2 AND open = 1 AND (run, chunk, position) > ($3, $4, $5) \
               ORDER BY run, chunk, position LIMIT $6";
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        after.0.uuid().into(),
        after.1.into(),
        after.2.into(),
        i64::try_from(limit)?.into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// How many open texts there are of a kind.
#[derive(Debug)]
pub struct Count {
    pub provider: String,
    pub cause: String,
    pub outcome: Outcome,
    /// 0: under an hour old, 1: under a day, 2: older.
    pub age: i64,
    /// Whether they are still looked up.
    pub goes_on: bool,
    pub texts: i64,
}

pub async fn counts(
    engine: Engine,
    db: &DatabaseConnection,
    (tenant, mode): (TenantId, Mode),
    now: i64,
) -> anyhow::Result<Vec<Count>> {
    let sql = "SELECT provider, cause, outcome, CAST(CASE WHEN at > $3 THEN 0 WHEN at > $4 THEN 1 ELSE 2 END AS BIGINT) AS age, \
               CAST(CASE WHEN due_at IS NULL THEN 0 ELSE 1 END AS BIGINT) AS goes_on, COUNT(*) AS texts \
               FROM look_up WHERE tenant = $1 AND mode = $2 AND open = 1 \
               GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5";
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        (now - 3_600_000).into(),
        (now - 86_400_000).into(),
    ];
    let mut counts = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        counts.push(Count {
            provider: row.try_get("", "provider")?,
            cause: row.try_get("", "cause")?,
            outcome: outcome(&row)?,
            age: row.try_get("", "age")?,
            goes_on: row.try_get::<i64>("", "goes_on")? != 0,
            texts: row.try_get("", "texts")?,
        });
    }
    Ok(counts)
}

pub async fn find(
    engine: Engine,
    db: &impl ConnectionTrait,
    message: MessageId,
) -> anyhow::Result<Option<Open>> {
    let sql = "SELECT * FROM look_up WHERE run = $1 AND chunk = $2 AND position = $3";
    let values = [
        message.run().uuid().into(),
        i64::from(message.chunk()).into(),
        i64::from(message.position()).into(),
    ];
    let row = db.query_one_raw(engine.sql(sql, values)).await?;
    row.as_ref().map(read).transpose()
}

pub async fn forget(engine: Engine, tx: &Tx, before: i64) -> anyhow::Result<()> {
    tx.execute_raw(engine.sql("DELETE FROM look_up WHERE at < $1", [before.into()]))
        .await?;
    Ok(())
}

/// The row that a [`key`] at `place` names.
fn named_by(engine: Engine, place: &str) -> String {
    format!(
        "look_up.run = {} AND look_up.chunk = CAST({place}->>1 AS BIGINT) AND look_up.position = CAST({place}->>2 AS BIGINT)",
        engine.uuid(&format!("{place}->>0"))
    )
}

fn message(row: &QueryResult) -> anyhow::Result<MessageId> {
    let (chunk, position): (i64, i64) = (row.try_get("", "chunk")?, row.try_get("", "position")?);
    let run = RunId::from_uuid(row.try_get("", "run")?);
    Ok(MessageId::of(
        run,
        u32::try_from(chunk)?,
        u16::try_from(position)?,
    ))
}

fn outcome(row: &QueryResult) -> anyhow::Result<Outcome> {
    let rank = u8::try_from(row.try_get::<i64>("", "outcome")?)?;
    Ok(Outcome::from_rank(rank).unwrap_or(Outcome::Unknown))
}

fn read(row: &QueryResult) -> anyhow::Result<Open> {
    let mode: String = row.try_get("", "mode")?;
    let cause: String = row.try_get("", "cause")?;
    let phone: Option<i64> = row.try_get("", "phone")?;
    let fingerprint: Option<Vec<u8>> = row.try_get("", "fingerprint")?;
    Ok(Open {
        message: message(row)?,
        mode: if mode == Mode::Test.as_str() {
            Mode::Test
        } else {
            Mode::Live
        },
        campaign: CampaignId::from_uuid(row.try_get("", "campaign")?),
        contact: ContactId::from_uuid(row.try_get("", "contact")?),
        provider: row.try_get("", "provider")?,
        provider_message_id: row.try_get("", "provider_message_id")?,
        cause: Cause::parse(&cause).unwrap_or(Cause::NoAnswer),
        outcome: outcome(row)?,
        at: UnixMillis(row.try_get("", "at")?),
        to: phone.and_then(|digits| Phone::from_digits(u64::try_from(digits).ok()?)),
        sender: row.try_get("", "sender")?,
        fingerprint: fingerprint.and_then(|bytes| bytes.try_into().ok()),
        open: row.try_get::<i64>("", "open")? != 0,
        tries: u32::try_from(row.try_get::<i64>("", "tries")?)?,
        due: row.try_get::<Option<i64>>("", "due_at")?.map(UnixMillis),
        last_at: row.try_get::<Option<i64>>("", "last_at")?.map(UnixMillis),
        last_result: row.try_get("", "last_result")?,
    })
}

//! `look_up`: texts of which nobody can say what became of them, and what was done to find out.

use channels::look_up::Fingerprint;
use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use contract::ids::{CampaignId, ContactId, MessageId, RunId};
use contract::{Mode, Phone, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::ledger::hex;
use crate::doubt::Cause;

mod doubts;
mod names;
mod report;
mod tries;

pub use doubts::{fill, forget_person, insert};
pub use names::{is_named, learned, names};
pub use report::{Count, counts, page};
pub use tries::{Tried, next_due, risen, take, tried};

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

//! `carrier_code`: what carriers said, in their own words, of texts that they refused or did not deliver.

use channels::Fault;
use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use contract::ids::MessageId;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::ledger::hex;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierCode {
    pub message: MessageId,
    /// What it made of the text: failed (at the hand-over) or undelivered (a receipt).
    pub outcome: Outcome,
    pub provider: String,
    pub code: String,
    /// What the code means.
    pub fault: Option<Fault>,
    pub at: i64,
}

/// Writes codes; what was said first of an outcome stays, so a repeated write is harmless.
pub async fn insert(engine: Engine, tx: &Tx, codes: &[CarrierCode]) -> anyhow::Result<()> {
    let lines: Vec<_> = codes
        .iter()
        .map(|one| {
            let message = one.message;
            (
                hex(message.run().bytes()),
                message.chunk(),
                message.position(),
                one.outcome.rank(),
                &one.provider,
                &one.code,
                one.fault.map(Fault::as_str),
                one.at,
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO carrier_code (run, chunk, position, outcome, provider, code, fault, at) \
         SELECT {}, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT), value->>4, \
         value->>5, value->>6, CAST(value->>7 AS BIGINT) FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.uuid("value->>0"),
        engine.rows("$1")
    );
    tx.execute_raw(engine.sql(sql, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// Those of a text, in the order in which its outcomes rise.
pub async fn of_text(
    engine: Engine,
    db: &DatabaseConnection,
    message: MessageId,
) -> anyhow::Result<Vec<CarrierCode>> {
    let sql = "SELECT outcome, provider, code, fault, at FROM carrier_code \
               WHERE run = $1 AND chunk = $2 AND position = $3 ORDER BY outcome";
    let values = [
        message.run().uuid().into(),
        i64::from(message.chunk()).into(),
        i64::from(message.position()).into(),
    ];
    let mut codes = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let rank = u8::try_from(row.try_get::<i64>("", "outcome")?)?;
        let fault: Option<String> = row.try_get("", "fault")?;
        codes.push(CarrierCode {
            message,
            outcome: Outcome::from_rank(rank).unwrap_or(Outcome::Unknown),
            provider: row.try_get("", "provider")?,
            code: row.try_get("", "code")?,
            fault: fault.as_deref().and_then(Fault::parse),
            at: row.try_get("", "at")?,
        });
    }
    Ok(codes)
}

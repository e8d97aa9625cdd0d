//! Look-ups: which are due, and what they came to.

use chassis::{Engine, Tx};
use contract::UnixMillis;
use contract::chunk::Outcome;
use contract::ids::MessageId;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::{Open, key, named_by, read};

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

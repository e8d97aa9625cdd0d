//! `decision`: every distinct decision once, as evidence.

use std::sync::Arc;

use chassis::Engine;
use contract::DecisionId;
use sea_orm::ConnectionTrait;

use super::hex;
use crate::decision::Decision;

/// Writes decisions; those already there stay as they are.
pub async fn store(
    tx: &impl ConnectionTrait,
    engine: Engine,
    policy_set: &[u8; 32],
    decisions: &[Arc<Decision>],
    now: i64,
) -> anyhow::Result<()> {
    if decisions.is_empty() {
        return Ok(());
    }
    let rows = decisions
        .iter()
        .map(|decision| {
            let verdict = &decision.verdict;
            let policies = serde_json::to_string(&verdict.policies)?;
            let reasons = serde_json::to_string(&verdict.reasons)?;
            Ok((
                hex(decision.id),
                decision.written.clone(),
                verdict.effect.as_str(),
                &verdict.reason,
                policies,
                reasons,
            ))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let sql = format!(
        "INSERT INTO decision (policy_set, first_seen, id, facts, effect, reason, policies, reasons) \
         SELECT {}, CAST($2 AS BIGINT), {}, value->>1, value->>2, value->>3, value->>4, value->>5 FROM {} AS r WHERE true \
         ON CONFLICT DO NOTHING",
        engine.bytes("$1"),
        engine.uuid("value->>0"),
        engine.rows("$3")
    );
    let values = [
        hex::encode(policy_set).into(),
        now.into(),
        serde_json::to_string(&rows)?.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// A decision as it was stored.
#[derive(Debug, Clone)]
pub struct Stored {
    pub policy_set: Vec<u8>,
    pub facts: String,
    pub effect: String,
    pub reason: String,
    pub policies: String,
    /// JSON; absent in rows from before they were kept.
    pub reasons: Option<String>,
    pub first_seen: i64,
}

pub async fn find(
    db: &impl ConnectionTrait,
    engine: Engine,
    id: DecisionId,
) -> anyhow::Result<Option<Stored>> {
    let sql = "SELECT policy_set, facts, effect, reason, policies, reasons, first_seen FROM decision WHERE id = $1";
    let Some(row) = db
        .query_one_raw(engine.sql(sql, [id.uuid().into()]))
        .await?
    else {
        return Ok(None);
    };
    Ok(Some(Stored {
        policy_set: row.try_get("", "policy_set")?,
        facts: row.try_get("", "facts")?,
        effect: row.try_get("", "effect")?,
        reason: row.try_get("", "reason")?,
        policies: row.try_get("", "policies")?,
        reasons: row.try_get("", "reasons")?,
        first_seen: row.try_get("", "first_seen")?,
    }))
}

/// The facts of many decisions, as they are written.
pub async fn facts_of(
    db: &impl ConnectionTrait,
    engine: Engine,
    ids: &[DecisionId],
) -> anyhow::Result<Vec<(DecisionId, String)>> {
    let rows: Vec<[String; 1]> = ids.iter().map(|id| [hex(*id)]).collect();
    let sql = format!(
        "SELECT d.id, d.facts FROM {} AS r CROSS JOIN decision d WHERE d.id = {}",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let values = [serde_json::to_string(&rows)?.into()];
    let found = db.query_all_raw(engine.sql(sql, values)).await?;
    found
        .iter()
        .map(|row| {
            let id = DecisionId::from_uuid(row.try_get_by_index(0)?);
            Ok((id, row.try_get_by_index(1)?))
        })
        .collect()
}

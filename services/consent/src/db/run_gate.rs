//! `run_gate`: whether permits of a run may be granted.

use chassis::Engine;
use contract::consent::{Gate, RunCancelled};
use contract::{Reason, RunId, TenantId};
use sea_orm::ConnectionTrait;

use super::hex;

const fn word(gate: Gate) -> &'static str {
    match gate {
        Gate::Open => "open",
        Gate::Paused => "paused",
        Gate::Cancelled => "cancelled",
    }
}

/// Stands before the reason that a run was cancelled for: `cancelled SUPERSEDED`.
const CANCELLED_FOR: &str = "cancelled ";

/// A gate that cannot be read is shut.
fn read(text: Option<&str>) -> (Gate, Option<Reason>) {
    match text {
        None | Some("open") => (Gate::Open, None),
        Some("cancelled") => (Gate::Cancelled, None),
        Some(text) => match text.strip_prefix(CANCELLED_FOR) {
            Some(reason) => (Gate::Cancelled, Some(reason.to_string().into())),
            None => (Gate::Paused, None),
        },
    }
}

/// A cancelled run stays so, whatever is said of it later: of two questions that overtake each other the cancellation
/// is the one that counts.
pub async fn set(
    tx: &impl ConnectionTrait,
    engine: Engine,
    run: RunId,
    gate: Gate,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO run_gate (run, gate) VALUES ($1, $2) ON CONFLICT (run) DO UPDATE SET gate = excluded.gate \
               WHERE run_gate.gate NOT LIKE 'cancelled%'";
    tx.execute_raw(engine.sql(sql, [run.uuid().into(), word(gate).into()]))
        .await?;
    Ok(())
}

/// Shuts these gates for good. Of two reasons the first stays.
pub async fn cancel(
    tx: &impl ConnectionTrait,
    engine: Engine,
    runs: &[RunId],
    reason: &Reason,
) -> anyhow::Result<()> {
    let sql = format!(
        "INSERT INTO run_gate (run, gate) SELECT DISTINCT {}, $2 FROM {} AS r WHERE true \
         ON CONFLICT (run) DO UPDATE SET gate = excluded.gate WHERE run_gate.gate NOT LIKE 'cancelled%'",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    );
    let word = format!("{CANCELLED_FOR}{reason}");
    tx.execute_raw(engine.sql(sql, [list(runs)?, word.into()]))
        .await?;
    Ok(())
}

/// What is known of runs whose gates are shut, in their order.
pub async fn left(
    db: &impl ConnectionTrait,
    engine: Engine,
    runs: &[RunId],
) -> anyhow::Result<Vec<RunCancelled>> {
    let run = engine.uuid("r.value->>0");
    let sql = format!(
        "SELECT CAST(r.value->>1 AS BIGINT) AS place, \
         CAST(EXISTS (SELECT 1 FROM permit_open AS o WHERE o.run = {run}) AS INTEGER) AS open, \
         CAST(EXISTS (SELECT 1 FROM permit AS p WHERE p.run = {run}) AS INTEGER) AS permitted FROM {} AS r",
        engine.rows("$1")
    );
    let mut left = vec![
        RunCancelled {
            settled: false,
            permitted: true
        };
        runs.len()
    ];
    for row in db.query_all_raw(engine.sql(sql, [list(runs)?])).await? {
        let place = usize::try_from(row.try_get_by_index::<i64>(0)?)?;
        if let Some(one) = left.get_mut(place) {
            one.settled = row.try_get_by_index::<i32>(1)? == 0;
            one.permitted = row.try_get_by_index::<i32>(2)? != 0;
        }
    }
    Ok(left)
}

fn list(runs: &[RunId]) -> anyhow::Result<sea_orm::Value> {
    let lines: Vec<(String, usize)> = runs
        .iter()
        .enumerate()
        .map(|(n, run)| (hex(*run), n))
        .collect();
    Ok(serde_json::to_string(&lines)?.into())
}

/// What a question for permits must know first, all held as it is until the transaction ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footing {
    /// The dispatcher's present epoch; `None`: never registered.
    pub epoch: Option<i64>,
    pub gate: Gate,
    /// What the run was cancelled for, where it was said.
    pub reason: Option<Reason>,
    /// The tenant's policy version in force; 0 for the pack alone.
    pub policy: i64,
}

pub async fn footing(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    dispatcher: &str,
    run: RunId,
) -> anyhow::Result<Footing> {
    let share = engine.for_share();
    let sql = format!(
        "SELECT (SELECT epoch FROM dispatcher WHERE name = $1{share}) AS epoch, \
         (SELECT gate FROM run_gate WHERE run = $2{share}) AS gate, \
         (SELECT version FROM policy_active WHERE tenant = $3{share}) AS policy"
    );
    for _ in 0..2 {
        let values = [dispatcher.into(), run.uuid().into(), tenant.uuid().into()];
        let row = tx.query_one_raw(engine.sql(sql.clone(), values)).await?;
        let Some(row) = row else { break };
        let gate: Option<String> = row.try_get_by_index(1)?;
        if gate.is_some() || engine == Engine::Sqlite {
            let (gate, reason) = read(gate.as_deref());
            return Ok(Footing {
                epoch: row.try_get_by_index(0)?,
                gate,
                reason,
                policy: row.try_get_by_index::<Option<i64>>(2)?.unwrap_or(0),
            });
        }
        // Without a row there is nothing to hold, and the gate could be shut behind our back.
        let insert = "INSERT INTO run_gate (run, gate) VALUES ($1, 'open') ON CONFLICT DO NOTHING";
        tx.execute_raw(engine.sql(insert, [run.uuid().into()]))
            .await?;
    }
    anyhow::bail!("the gate of the run cannot be read")
}

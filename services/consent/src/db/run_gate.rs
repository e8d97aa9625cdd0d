//! `run_gate`: whether permits of a run may be granted.

use chassis::Engine;
use contract::consent::Gate;
use contract::{RunId, TenantId};
use sea_orm::ConnectionTrait;

const fn word(gate: Gate) -> &'static str {
    match gate {
        Gate::Open => "open",
        Gate::Paused => "paused",
        Gate::Cancelled => "cancelled",
    }
}

/// A gate that cannot be read is shut.
fn read(text: Option<&str>) -> Gate {
    match text {
        None | Some("open") => Gate::Open,
        Some("cancelled") => Gate::Cancelled,
        Some(_) => Gate::Paused,
    }
}

pub async fn set(
    tx: &impl ConnectionTrait,
    engine: Engine,
    run: RunId,
    gate: Gate,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO run_gate (run, gate) VALUES ($1, $2) ON CONFLICT (run) DO UPDATE SET gate = excluded.gate";
    tx.execute_raw(engine.sql(sql, [run.uuid().into(), word(gate).into()]))
        .await?;
    Ok(())
}

/// What a question for permits must know first, all held as it is until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footing {
    /// The dispatcher's present epoch; `None`: never registered.
    pub epoch: Option<i64>,
    pub gate: Gate,
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
            return Ok(Footing {
                epoch: row.try_get_by_index(0)?,
                gate: read(gate.as_deref()),
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

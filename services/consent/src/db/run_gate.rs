//! `run_gate`: whether permits of a run may be granted.

use chassis::Engine;
use contract::RunId;
use contract::consent::Gate;
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

/// The dispatcher's present epoch (`None`: never registered) and the run's gate, both held as they are
/// until the transaction ends.
pub async fn epoch_and_gate(
    tx: &impl ConnectionTrait,
    engine: Engine,
    dispatcher: &str,
    run: RunId,
) -> anyhow::Result<(Option<i64>, Gate)> {
    let share = engine.for_share();
    let sql = format!(
        "SELECT (SELECT epoch FROM dispatcher WHERE name = $1{share}) AS epoch, \
         (SELECT gate FROM run_gate WHERE run = $2{share}) AS gate"
    );
    for _ in 0..2 {
        let row = tx
            .query_one_raw(engine.sql(sql.clone(), [dispatcher.into(), run.uuid().into()]))
            .await?;
        let Some(row) = row else { break };
        let (epoch, gate): (Option<i64>, Option<String>) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        if gate.is_some() || engine == Engine::Sqlite {
            return Ok((epoch, read(gate.as_deref())));
        }
        // Without a row there is nothing to hold, and the gate could be shut behind our back.
        let insert = "INSERT INTO run_gate (run, gate) VALUES ($1, 'open') ON CONFLICT DO NOTHING";
        tx.execute_raw(engine.sql(insert, [run.uuid().into()]))
            .await?;
    }
    anyhow::bail!("the gate of the run cannot be read")
}

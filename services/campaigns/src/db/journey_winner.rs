//! Splits that are decided, and what they are decided by.

use std::collections::{BTreeMap, HashMap};

use chassis::{Engine, Tx};
use contract::{JourneyId, UnixMillis};
use sea_orm::ConnectionTrait;

use super::row::{self, sql};
use crate::journeys::winners::Tally;

/// Winners of versions of journeys, by step.
pub type Winners = HashMap<(JourneyId, u32), BTreeMap<String, String>>;

/// Winners of these versions.
pub async fn of(
    conn: &impl ConnectionTrait,
    engine: Engine,
    versions: &[(JourneyId, u32)],
) -> anyhow::Result<Winners> {
    if versions.is_empty() {
        return Ok(Winners::new());
    }
    let lines: Vec<(String, u32)> = versions
        .iter()
        .map(|(id, version)| (id.uuid().simple().to_string(), *version))
        .collect();
    let text = format!(
        "SELECT w.journey, w.version, w.step, w.variant FROM {} AS r CROSS JOIN journey_winner AS w \
         WHERE w.journey = {} AND w.version = CAST(r.value->>1 AS BIGINT)",
        engine.rows("$1"),
        engine.uuid("r.value->>0")
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [serde_json::to_string(&lines)?.into()]))
        .await?;
    let mut winners = Winners::new();
    for row in &rows {
        let version = (row::id(row, "journey")?, row::number(row, "version")?);
        winners
            .entry(version)
            .or_default()
            .insert(row::text(row, "step")?, row::text(row, "variant")?);
    }
    Ok(winners)
}

/// The first decision stands. False where there was one.
pub async fn insert(
    tx: &Tx,
    (journey, version): (JourneyId, u32),
    step: &str,
    variant: &str,
    figures: &[Tally],
    now: UnixMillis,
) -> anyhow::Result<bool> {
    let text = "INSERT INTO journey_winner (journey, version, step, variant, figures, decided_at) \
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let values = [
        journey.uuid().into(),
        i64::from(version).into(),
        step.into(),
        variant.into(),
        serde_json::to_string(figures)?.into(),
        now.0.into(),
    ];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

/// How many runs of a version fell to each variant of a split, and how many of them reached the goal. Runs whose rows are
/// gone count, too.
pub async fn tallies(
    conn: &impl ConnectionTrait,
    engine: Engine,
    journey: JourneyId,
    version: u32,
    step: &str,
) -> anyhow::Result<Vec<Tally>> {
    let state = match engine {
        Engine::Sqlite => "state",
        Engine::Postgres => "CAST(state AS json)",
    };
    let text = format!(
        "SELECT variant, CAST(sum(runs) AS BIGINT) AS runs, CAST(sum(reached) AS BIGINT) AS reached FROM (\
         SELECT variant, count(*) AS runs, count(goal) AS reached FROM \
         (SELECT {state}->'variants'->>CAST($3 AS TEXT) AS variant, {state}->>'goal' AS goal FROM journey_run \
         WHERE journey = $1 AND version = $2) AS r WHERE variant IS NOT NULL GROUP BY variant \
         UNION ALL SELECT variant, runs, reached FROM journey_tally WHERE journey = $1 AND version = $2 AND step = $3) AS both_kinds \
         GROUP BY variant ORDER BY variant"
    );
    let values = [
        journey.uuid().into(),
        i64::from(version).into(),
        step.into(),
    ];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter()
        .map(|row| {
            Ok(Tally {
                variant: row::text(row, "variant")?,
                runs: row::number(row, "runs")?,
                reached: row::number(row, "reached")?,
            })
        })
        .collect()
}

//! Runs that are past their time. What rules ask about for longer is kept in small rows: when somebody last entered, and
//! how the variants of splits stand.

use std::collections::{BTreeMap, HashSet};

use chassis::{Engine, Tx};
use contract::{ContactId, JourneyId, JourneyRunId, UnixMillis};
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::row::{self, big, sql};

/// A run that ended long ago, and what stays of it.
#[derive(Debug, Clone)]
pub struct Old {
    pub id: JourneyRunId,
    journey: JourneyId,
    version: u32,
    contact: ContactId,
    started_at: i64,
    stays: Stays,
}

/// The part of a run's state that outlives it.
#[derive(Debug, Clone, Default, Deserialize)]
struct Stays {
    #[serde(default)]
    variants: BTreeMap<String, String>,
    #[serde(default)]
    goal: Option<IgnoredAny>,
}

/// Runs that ended, and heard of their goals for the last time, before an instant; after an id: ids ascend with the
/// time at which runs were started.
pub async fn ended_before(
    conn: &impl ConnectionTrait,
    before: UnixMillis,
    after: JourneyRunId,
    limit: u64,
) -> anyhow::Result<Vec<Old>> {
    let text = format!(
        "SELECT id, journey, version, contact, started_at, state FROM journey_run WHERE id > $1 AND id < $2 \
         AND ended IS NOT NULL AND moved_at < $3 AND hears_until < $3 ORDER BY id LIMIT {limit}"
    );
    let newest = JourneyRunId::from_raw(u128::from(before.0.max(0).unsigned_abs()) << 80);
    let values = [after.uuid().into(), newest.uuid().into(), before.0.into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter()
        .map(|row| {
            Ok(Old {
                id: row::id(row, "id")?,
                journey: row::id(row, "journey")?,
                version: row::number(row, "version")?,
                contact: row::id(row, "contact")?,
                started_at: row.try_get("", "started_at")?,
                // A state that nobody can read any more counts for nothing, and goes like the others.
                stays: serde_json::from_str(&row::text(row, "state")?).unwrap_or_default(),
            })
        })
        .collect()
}

/// Takes their rows away and notes what stays. Answers how many there were: what another process took is not ours.
pub async fn forget(tx: &Tx, engine: Engine, old: &[Old]) -> anyhow::Result<u64> {
    let ids: Vec<[String; 1]> = old.iter().map(|one| [hex(one.id.uuid())]).collect();
    let text = format!(
        "DELETE FROM journey_run WHERE ended IS NOT NULL AND id IN (SELECT {} FROM {} AS r) RETURNING id",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    );
    let rows = tx
        .query_all_raw(sql(tx, text, [serde_json::to_string(&ids)?.into()]))
        .await?;
    let gone: HashSet<JourneyRunId> = rows
        .iter()
        .map(|row| row::id(row, "id"))
        .collect::<anyhow::Result<_>>()?;
    let (mut entered, mut tallies) = (BTreeMap::new(), BTreeMap::new());
    for one in old.iter().filter(|one| gone.contains(&one.id)) {
        let last = entered
            .entry((one.contact, one.journey))
            .or_insert(one.started_at);
        *last = one.started_at.max(*last);
        for (step, variant) in &one.stays.variants {
            let (runs, reached) = tallies
                .entry((one.journey, one.version, step, variant))
                .or_insert((0_u64, 0_u64));
            *runs += 1;
            *reached += u64::from(one.stays.goal.is_some());
        }
    }
    note_entered(tx, engine, &entered).await?;
    add_to_tallies(tx, engine, &tallies).await?;
    Ok(gone.len() as u64)
}

async fn note_entered(
    tx: &Tx,
    engine: Engine,
    entered: &BTreeMap<(ContactId, JourneyId), i64>,
) -> anyhow::Result<()> {
    if entered.is_empty() {
        return Ok(());
    }
    let line = |((contact, journey), at): (&(ContactId, JourneyId), &i64)| {
        json!([hex(contact.uuid()), hex(journey.uuid()), at])
    };
    let lines: Vec<_> = entered.iter().map(line).collect();
    let text = format!(
        "INSERT INTO journey_entered (contact, journey, last_started_at) SELECT {}, {}, {} FROM {} AS r WHERE true \
         ON CONFLICT (contact, journey) DO UPDATE SET last_started_at = CASE \
         WHEN excluded.last_started_at > journey_entered.last_started_at THEN excluded.last_started_at \
         ELSE journey_entered.last_started_at END",
        engine.uuid("r.value->>0"),
        engine.uuid("r.value->>1"),
        big(2),
        engine.rows("$1")
    );
    row::lines(tx, text, &lines).await
}

type Tallies<'a> = BTreeMap<(JourneyId, u32, &'a String, &'a String), (u64, u64)>;

async fn add_to_tallies(tx: &Tx, engine: Engine, tallies: &Tallies<'_>) -> anyhow::Result<()> {
    if tallies.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = tallies
        .iter()
        .map(|((journey, version, step, variant), (runs, reached))| {
            json!([hex(journey.uuid()), version, step, variant, runs, reached])
        })
        .collect();
    let text = format!(
        "INSERT INTO journey_tally (journey, version, step, variant, runs, reached) \
         SELECT {}, {}, r.value->>2, r.value->>3, {}, {} FROM {} AS r WHERE true \
         ON CONFLICT (journey, version, step, variant) DO UPDATE SET runs = journey_tally.runs + excluded.runs, \
         reached = journey_tally.reached + excluded.reached",
        engine.uuid("r.value->>0"),
        big(1),
        big(4),
        big(5),
        engine.rows("$1")
    );
    row::lines(tx, text, &lines).await
}

fn hex(id: sea_orm::prelude::Uuid) -> String {
    id.simple().to_string()
}

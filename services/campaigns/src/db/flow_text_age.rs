//! Rows of `flow_text` that are past their time.

use std::collections::HashSet;

use chassis::{Engine, Tx};
use contract::chunk::Outcome;
use contract::ids::{Id, Kind};
use contract::texts::{Origin, OriginKind};
use contract::{AppointmentId, JourneyRunId, MessageId, UnixMillis};
use sea_orm::{ConnectionTrait, Value};

use super::row::{self, sql};

/// A text that settled long ago, and what it belongs to.
#[derive(Debug, Clone)]
pub struct Old {
    pub message: MessageId,
    pub origin: Origin,
}

/// Texts queued and settled before an instant, after an id: ids ascend with the time at which texts were queued.
pub async fn settled_before(
    conn: &impl ConnectionTrait,
    before: UnixMillis,
    after: MessageId,
    limit: u64,
) -> anyhow::Result<Vec<Old>> {
    let text = format!(
        "SELECT id, origin_kind, origin FROM flow_text WHERE id > $1 AND id < $2 AND state >= {} AND changed_at < $3 \
         ORDER BY id LIMIT {limit}",
        Outcome::Expired.rank()
    );
    let newest = MessageId::from_raw(u128::from(before.0.max(0).unsigned_abs()) << 80);
    let values = [after.uuid().into(), newest.uuid().into(), before.0.into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter()
        .map(|row| {
            Ok(Old {
                message: row::id(row, "id")?,
                origin: Origin {
                    kind: row::named(row, "origin_kind", OriginKind::parse)?,
                    id: row::text(row, "origin")?,
                },
            })
        })
        .collect()
}

/// Those of these appointments that are agreed and still to come.
pub async fn appointments_to_come(
    conn: &impl ConnectionTrait,
    engine: Engine,
    ids: &[AppointmentId],
    now: UnixMillis,
) -> anyhow::Result<HashSet<AppointmentId>> {
    let text = format!(
        "SELECT id FROM appointment WHERE id IN {} AND status = 'scheduled' AND starts_at > $2",
        among(engine)
    );
    let values = [list(ids)?, now.0.into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(|row| row::id(row, "id")).collect()
}

/// Those of these runs that have not ended.
pub async fn live_runs(
    conn: &impl ConnectionTrait,
    engine: Engine,
    ids: &[JourneyRunId],
) -> anyhow::Result<HashSet<JourneyRunId>> {
    let text = format!(
        "SELECT id FROM journey_run WHERE id IN {} AND ended IS NULL",
        among(engine)
    );
    let rows = conn.query_all_raw(sql(conn, text, [list(ids)?])).await?;
    rows.iter().map(|row| row::id(row, "id")).collect()
}

pub async fn delete(tx: &Tx, engine: Engine, ids: &[MessageId]) -> anyhow::Result<()> {
    let text = format!("DELETE FROM flow_text WHERE id IN {}", among(engine));
    tx.execute_raw(sql(tx, text, [list(ids)?])).await?;
    Ok(())
}

fn list<K: Kind>(ids: &[Id<K>]) -> anyhow::Result<Value> {
    let ids: Vec<[String; 1]> = ids
        .iter()
        .map(|id| [id.uuid().simple().to_string()])
        .collect();
    Ok(serde_json::to_string(&ids)?.into())
}

/// The ids bound at `$1`, as a list to look among.
fn among(engine: Engine) -> String {
    format!(
        "(SELECT {} FROM {} AS r)",
        engine.uuid("r.value->>0"),
        engine.rows("$1")
    )
}

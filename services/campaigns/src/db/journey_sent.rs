//! Texts that count against the limits of journeys, over all runs of a contact.

use chassis::{Engine, Tx};
use contract::{ContactId, JourneyId, JourneyRunId, UnixMillis};
use sea_orm::ConnectionTrait;

use super::row::{self, sql};

/// One text of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub contact: ContactId,
    pub journey: JourneyId,
    pub run: JourneyRunId,
    /// Which of the run's texts that count.
    pub nth: u32,
    pub at: i64,
    pub counts_until: i64,
}

fn hex(id: sea_orm::prelude::Uuid) -> String {
    id.simple().to_string()
}

/// Whoever counts in these journeys waits until the one before has committed.
pub async fn take_turns(
    tx: &Tx,
    engine: Engine,
    journeys: impl Iterator<Item = JourneyId>,
) -> anyhow::Result<()> {
    let lines: Vec<[String; 1]> = journeys.map(|id| [hex(id.uuid())]).collect();
    // SQLite has one writer.
    if lines.is_empty() || engine.for_update().is_empty() {
        return Ok(());
    }
    let text = format!(
        "SELECT id FROM journey WHERE id IN (SELECT {} FROM {} AS r) ORDER BY id{}",
        engine.uuid("r.value->>0"),
        engine.rows("$1"),
        engine.for_update()
    );
    tx.query_all_raw(sql(tx, text, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// What still counts of these contacts in these journeys.
pub async fn of(
    conn: &impl ConnectionTrait,
    engine: Engine,
    pairs: impl Iterator<Item = (JourneyId, ContactId)>,
    now: UnixMillis,
) -> anyhow::Result<Vec<Sent>> {
    let lines: Vec<(String, String)> = pairs
        .map(|(journey, contact)| (hex(journey.uuid()), hex(contact.uuid())))
        .collect();
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT s.* FROM {} AS r CROSS JOIN journey_sent AS s \
         WHERE s.contact = {} AND s.journey = {} AND s.counts_until > $2",
        engine.rows("$1"),
        engine.uuid("r.value->>1"),
        engine.uuid("r.value->>0")
    );
    let values = [serde_json::to_string(&lines)?.into(), now.0.into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter()
        .map(|row| {
            Ok(Sent {
                contact: row::id(row, "contact")?,
                journey: row::id(row, "journey")?,
                run: row::id(row, "run")?,
                nth: row::number(row, "nth")?,
                at: row.try_get("", "sent_at")?,
                counts_until: row.try_get("", "counts_until")?,
            })
        })
        .collect()
}

/// A text that is known stays as it is.
pub async fn insert(tx: &Tx, engine: Engine, sent: &[Sent]) -> anyhow::Result<()> {
    if sent.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = sent
        .iter()
        .map(|one| {
            let (contact, journey) = (hex(one.contact.uuid()), hex(one.journey.uuid()));
            let run = hex(one.run.uuid());
            (contact, journey, run, one.nth, one.at, one.counts_until)
        })
        .collect();
    let uuid = |at: u8| engine.uuid(&format!("r.value->>{at}"));
    let number = |at: u8| format!("CAST(r.value->>{at} AS BIGINT)");
    let text = format!(
        "INSERT INTO journey_sent (contact, journey, run, nth, sent_at, counts_until) \
         SELECT {}, {}, {}, {}, {}, {} FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        uuid(0),
        uuid(1),
        uuid(2),
        number(3),
        number(4),
        number(5),
        engine.rows("$1")
    );
    tx.execute_raw(sql(tx, text, [serde_json::to_string(&lines)?.into()]))
        .await?;
    Ok(())
}

/// Forgets what does not count any more.
pub async fn forget(tx: &Tx, now: UnixMillis) -> anyhow::Result<()> {
    let text = "DELETE FROM journey_sent WHERE counts_until <= $1";
    tx.execute_raw(sql(tx, text, [now.0.into()])).await?;
    Ok(())
}

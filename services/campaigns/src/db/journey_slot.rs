//! Slots of schedules, and how far their audiences have entered.

use chassis::Tx;
use chrono::NaiveDateTime;
use contract::{AudiencePart, ContactId, JourneyId, Mode, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};

#[derive(Debug, Clone)]
pub struct Slot {
    pub journey: JourneyId,
    pub slot_at: UnixMillis,
    pub tenant: TenantId,
    pub mode: Mode,
    /// `None`: everybody.
    pub audience: Option<AudiencePart>,
    pub cursor: Option<ContactId>,
    /// Each contact enters by their own clock.
    pub by_clock: Option<ByClock>,
    /// Where nobody has entered by then, nobody does any more. `None`: it is never too late.
    pub stale_at: Option<UnixMillis>,
    /// How often its next page could not be told since the last one.
    pub tries: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByClock {
    pub local: NaiveDateTime,
    /// Whose clock showed it before is not let in.
    pub since: UnixMillis,
}

const FORM: &str = "%Y-%m-%dT%H:%M:%S";

fn read(row: &QueryResult) -> anyhow::Result<Slot> {
    let local: Option<String> = row.try_get("", "local_time")?;
    let since = row::maybe_millis(row, "since")?;
    let by_clock = match (local, since) {
        (Some(local), Some(since)) => Some(ByClock {
            local: NaiveDateTime::parse_from_str(&local, FORM)?,
            since,
        }),
        _ => None,
    };
    let segment = row::maybe_id(row, "segment")?.map(AudiencePart::Segment);
    let list = row::maybe_id(row, "audience")?.map(AudiencePart::List);
    Ok(Slot {
        journey: row::id(row, "journey")?,
        slot_at: row::millis(row, "slot_at")?,
        tenant: row::id(row, "tenant")?,
        mode: row::mode(row)?,
        audience: segment.or(list),
        cursor: row::maybe_id(row, "cursor")?,
        by_clock,
        stale_at: row::maybe_millis(row, "stale_at")?,
        tries: row::number(row, "tries")?,
    })
}

/// A slot that is known stays as it is.
pub async fn insert(tx: &Tx, slot: &Slot) -> anyhow::Result<()> {
    let text = "INSERT INTO journey_slot (journey, slot_at, tenant, mode, audience, segment, entered, local_time, since, turn_at, stale_at) \
                VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $2, $9) ON CONFLICT DO NOTHING";
    let (list, segment) = match slot.audience {
        None => (None, None),
        Some(AudiencePart::List(list)) => (Some(list.uuid()), None),
        Some(AudiencePart::Segment(segment)) => (None, Some(segment.uuid())),
    };
    let by_clock = slot.by_clock;
    let values = [
        slot.journey.uuid().into(),
        slot.slot_at.0.into(),
        slot.tenant.uuid().into(),
        slot.mode.as_str().into(),
        list.into(),
        segment.into(),
        by_clock.map(|by| by.local.format(FORM).to_string()).into(),
        by_clock.map(|by| by.since.0).into(),
        slot.stale_at.map(|at| at.0).into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Of the slots whose audiences have not been gone through yet, the one whose turn came first. They take turns page by
/// page: neither a large audience nor one that cannot be told holds up the slots of others.
pub async fn open(conn: &impl ConnectionTrait, now: UnixMillis) -> anyhow::Result<Option<Slot>> {
    let text = "SELECT * FROM journey_slot WHERE done_at IS NULL AND turn_at <= $1 ORDER BY turn_at, slot_at, journey LIMIT 1";
    let row = conn.query_one_raw(sql(conn, text, [now.0.into()])).await?;
    row.as_ref().map(read).transpose()
}

/// The next page of a slot cannot be told yet: its turn comes again at `turn_at`.
pub async fn put_off(tx: &Tx, slot: &Slot, turn_at: UnixMillis) -> anyhow::Result<()> {
    let text = "UPDATE journey_slot SET turn_at = $3, tries = tries + 1 WHERE journey = $1 AND slot_at = $2 AND done_at IS NULL";
    let values = [
        slot.journey.uuid().into(),
        slot.slot_at.0.into(),
        turn_at.0.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

pub async fn one(
    conn: &impl ConnectionTrait,
    journey: JourneyId,
    slot_at: UnixMillis,
) -> anyhow::Result<Option<Slot>> {
    let text = "SELECT * FROM journey_slot WHERE journey = $1 AND slot_at = $2";
    let values = [journey.uuid().into(), slot_at.0.into()];
    let row = conn.query_one_raw(sql(conn, text, values)).await?;
    row.as_ref().map(read).transpose()
}

/// The last slot of a journey that is known.
pub async fn last(
    conn: &impl ConnectionTrait,
    journey: JourneyId,
) -> anyhow::Result<Option<UnixMillis>> {
    let text = "SELECT max(slot_at) AS at FROM journey_slot WHERE journey = $1";
    let row = conn
        .query_one_raw(sql(conn, text, [journey.uuid().into()]))
        .await?;
    row.map_or(Ok(None), |row| row::maybe_millis(&row, "at"))
}

/// Slots of a journey by the clock of each contact, as far as they are kept.
pub async fn by_clock(
    conn: &impl ConnectionTrait,
    journey: JourneyId,
) -> anyhow::Result<Vec<Slot>> {
    let text = "SELECT * FROM journey_slot WHERE journey = $1 AND local_time IS NOT NULL";
    let rows = conn
        .query_all_raw(sql(conn, text, [journey.uuid().into()]))
        .await?;
    rows.iter().map(read).collect()
}

/// So many more have been looked at, up to this one. False where another process was there first.
pub async fn advance(
    tx: &Tx,
    slot: &Slot,
    last: Option<ContactId>,
    entered: usize,
    done: bool,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    let nobody = ContactId::from_raw(0).uuid();
    let text = "UPDATE journey_slot SET cursor = $3, entered = entered + $4, done_at = $5, turn_at = $8, tries = 0 \
                WHERE journey = $1 AND slot_at = $2 AND done_at IS NULL AND COALESCE(cursor, $6) = $7";
    let values = [
        slot.journey.uuid().into(),
        slot.slot_at.0.into(),
        last.or(slot.cursor).map(|contact| contact.uuid()).into(),
        i64::try_from(entered)?.into(),
        done.then_some(now.0).into(),
        nobody.into(),
        slot.cursor.map_or(nobody, |contact| contact.uuid()).into(),
        now.0.into(),
    ];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

/// Forgets slots that were done before.
pub async fn forget(tx: &Tx, before: UnixMillis) -> anyhow::Result<()> {
    let text = "DELETE FROM journey_slot WHERE done_at < $1";
    tx.execute_raw(sql(tx, text, [before.0.into()])).await?;
    Ok(())
}

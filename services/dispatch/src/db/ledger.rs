//! `ledger`: what was permitted and how its hand-over went. Rows are written once.

use chassis::{Engine, Tx};
use contract::chunk::{Outcome, SlotRef};
use contract::dispatch::SlotOutcome;
use contract::ids::{CampaignId, MessageId, TenantId};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult};

use super::items::Items;
use crate::book::PartKey;
use crate::slots;

/// A row of the ledger in memory.
#[derive(Debug)]
pub struct LedgerRow {
    pub key: PartKey,
    pub tenant: TenantId,
    pub campaign: CampaignId,
    pub provider: String,
    pub at: i64,
    pub items: Items,
}

impl LedgerRow {
    /// The row for a slot's outcome: only texts that had a permit stand in the ledger.
    pub fn of(tenant: TenantId, outcome: &SlotOutcome) -> Option<Self> {
        let permitted = |outcome: Outcome| {
            outcome.is_handed_over() || matches!(outcome, Outcome::Failed | Outcome::Unknown)
        };
        let items = Items::pack(outcome.items.iter().filter(|item| permitted(item.outcome)));
        (!items.items.is_empty()).then(|| Self {
            key: PartKey {
                slot: outcome.slot,
                part: items.part(),
            },
            tenant,
            campaign: outcome.campaign,
            provider: outcome.provider.clone(),
            at: outcome.at.0,
            items,
        })
    }
}

/// The rows as the JSON that [`insert`] takes.
pub fn to_json(rows: &[LedgerRow]) -> anyhow::Result<String> {
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        lines.push((
            hex(row.key.slot.run.bytes()),
            row.key.slot.chunk,
            row.key.slot.slot,
            row.key.part,
            hex(row.tenant.bytes()),
            hex(row.campaign.bytes()),
            row.provider.as_str(),
            row.items.mask().cast_signed(),
            row.at,
            hex::encode(row.items.to_bytes()?),
        ));
    }
    Ok(serde_json::to_string(&lines)?)
}

pub fn hex(bytes: [u8; 16]) -> String {
    hex::encode(bytes)
}

/// Writes rows; those that are there already stay as they are, so a repeated write is harmless.
pub async fn insert(engine: Engine, tx: &Tx, dispatcher: &str, json: String) -> anyhow::Result<()> {
    let (run, tenant, campaign) = (
        engine.uuid("value->>0"),
        engine.uuid("value->>4"),
        engine.uuid("value->>5"),
    );
    let (items, rows) = (engine.bytes("value->>9"), engine.rows("$1"));
    let sql = format!(
        "INSERT INTO ledger (run, chunk, slot, part, tenant, campaign, provider, mask, at, items, dispatcher) \
         SELECT {run}, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT), \
         {tenant}, {campaign}, value->>6, CAST(value->>7 AS BIGINT), CAST(value->>8 AS BIGINT), {items}, $2 \
         FROM {rows} AS r WHERE true ON CONFLICT DO NOTHING"
    );
    tx.execute_raw(engine.sql(sql, [json.into(), dispatcher.into()]))
        .await?;
    Ok(())
}

/// Which places of these slots stand in the ledger, as a bit mask per slot in the order asked for.
pub async fn masks(
    engine: Engine,
    db: &DatabaseConnection,
    asked: &[SlotRef],
) -> anyhow::Result<Vec<u64>> {
    let keys: Vec<_> = asked
        .iter()
        .enumerate()
        .map(|(n, slot)| (n, hex(slot.run.bytes()), slot.chunk, slot.slot))
        .collect();
    let sql = format!(
        "SELECT CAST(r.value->>0 AS BIGINT) AS n, l.mask AS mask FROM {} AS r JOIN ledger l ON l.run = {} \
         AND l.chunk = CAST(r.value->>2 AS BIGINT) AND l.slot = CAST(r.value->>3 AS BIGINT)",
        engine.rows("$1"),
        engine.uuid("r.value->>1")
    );
    let rows = db
        .query_all_raw(engine.sql(sql, [serde_json::to_string(&keys)?.into()]))
        .await?;
    let mut masks = vec![0_u64; asked.len()];
    for row in rows {
        let (n, mask): (i64, i64) = (row.try_get("", "n")?, row.try_get("", "mask")?);
        if let Some(known) = usize::try_from(n).ok().and_then(|n| masks.get_mut(n)) {
            *known |= mask.cast_unsigned();
        }
    }
    Ok(masks)
}

/// The row that holds a message, with its folded states if there are any.
pub async fn find(
    engine: Engine,
    db: &DatabaseConnection,
    tenant: TenantId,
    message: MessageId,
) -> anyhow::Result<Option<(LedgerRow, Option<[u8; 64]>)>> {
    let Some(slot) = slots::slot_of(message.position()) else {
        return Ok(None);
    };
    let sql = "SELECT l.run, l.chunk, l.slot, l.part, l.tenant, l.campaign, l.provider, l.at, l.items, s.states \
               FROM ledger l LEFT JOIN ledger_state s \
               ON s.run = l.run AND s.chunk = l.chunk AND s.slot = l.slot AND s.part = l.part \
               WHERE l.run = $1 AND l.chunk = $2 AND l.slot = $3 AND l.tenant = $4";
    let values = [
        message.run().uuid().into(),
        i64::from(message.chunk()).into(),
        i64::from(slot).into(),
        tenant.uuid().into(),
    ];
    let bit = 1_u64 << slots::place(message.position());
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let (row, states) = read(&row)?;
        if row.items.mask() & bit != 0 {
            return Ok(Some((row, states)));
        }
    }
    Ok(None)
}

/// Provider of a text and the name that it gave it at hand-over (empty: none), whosever it is.
pub async fn name_of(
    engine: Engine,
    db: &impl ConnectionTrait,
    message: MessageId,
) -> anyhow::Result<Option<(String, String)>> {
    let Some(slot) = slots::slot_of(message.position()) else {
        return Ok(None);
    };
    let sql = "SELECT provider, items FROM ledger WHERE run = $1 AND chunk = $2 AND slot = $3";
    let values = [
        message.run().uuid().into(),
        i64::from(message.chunk()).into(),
        i64::from(slot).into(),
    ];
    let place = slots::place(message.position());
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let items: Vec<u8> = row.try_get("", "items")?;
        let items = Items::from_bytes(&items)?;
        if let Some(item) = items.items.iter().find(|item| item.place == place) {
            let provider = row.try_get("", "provider")?;
            return Ok(Some((provider, item.provider_message_id.clone())));
        }
    }
    Ok(None)
}

/// Rows of this dispatcher with texts whose receipts are still to come, written between `from` and `until`, oldest first.
pub async fn awaiting(
    engine: Engine,
    db: &DatabaseConnection,
    dispatcher: &str,
    (from, until): (i64, i64),
    limit: u32,
) -> anyhow::Result<Vec<(LedgerRow, Option<[u8; 64]>)>> {
    let sql = "SELECT l.run, l.chunk, l.slot, l.part, l.tenant, l.campaign, l.provider, l.at, l.items, s.states \
               FROM ledger l LEFT JOIN ledger_state s \
               ON s.run = l.run AND s.chunk = l.chunk AND s.slot = l.slot AND s.part = l.part \
               WHERE l.at BETWEEN $1 AND $2 AND (l.dispatcher = $3 OR l.dispatcher IS NULL) \
               AND (s.awaiting IS NULL OR s.awaiting > 0) ORDER BY l.at LIMIT $4";
    let values = [
        from.into(),
        until.into(),
        dispatcher.into(),
        i64::from(limit).into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// Whether a text other than `except`, handed over between `from` and `until`, was given this name by its provider.
pub async fn is_named(
    engine: Engine,
    db: &DatabaseConnection,
    (provider, id): (&str, &str),
    (from, until): (i64, i64),
    except: MessageId,
) -> anyhow::Result<bool> {
    let sql = "SELECT run, chunk, slot, part, tenant, campaign, provider, at, items, NULL AS states FROM ledger \
               WHERE at BETWEEN $1 AND $2 AND provider = $3";
    let values = [from.into(), until.into(), provider.into()];
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let items: Vec<u8> = row.try_get("", "items")?;
        let (key, items) = (read_key(&row)?, Items::from_bytes(&items)?);
        let slot = key.slot;
        let named = items.items.iter().any(|item| {
            let position = slots::position(slot.slot, item.place);
            item.provider_message_id == id
                && MessageId::of(slot.run, slot.chunk, position) != except
        });
        if named {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads a row of the ledger joined with its states.
pub fn read(row: &QueryResult) -> anyhow::Result<(LedgerRow, Option<[u8; 64]>)> {
    let key = read_key(row)?;
    let items: Vec<u8> = row.try_get("", "items")?;
    let states: Option<Vec<u8>> = row.try_get("", "states")?;
    let read = LedgerRow {
        key,
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        campaign: CampaignId::from_uuid(row.try_get("", "campaign")?),
        provider: row.try_get("", "provider")?,
        at: row.try_get("", "at")?,
        items: Items::from_bytes(&items)?,
    };
    Ok((read, states.and_then(|states| states.try_into().ok())))
}

fn read_key(row: &QueryResult) -> anyhow::Result<PartKey> {
    let (chunk, slot, part): (i64, i64, i64) = (
        row.try_get("", "chunk")?,
        row.try_get("", "slot")?,
        row.try_get("", "part")?,
    );
    Ok(PartKey {
        slot: SlotRef {
            run: contract::RunId::from_uuid(row.try_get("", "run")?),
            chunk: u32::try_from(chunk)?,
            slot: u8::try_from(slot)?,
        },
        part: u8::try_from(part)?,
    })
}

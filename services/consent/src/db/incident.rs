//! `incident`: texts that left though they must not have, each once.

use ahash::AHashSet;
use anyhow::Context;
use chassis::Engine;
use contract::{CampaignId, ConsentId, ContactId, IncidentId, MessageId, RunId, TenantId};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::hex;
use crate::incident::Kind;

/// Times are Unix milliseconds.
#[derive(Debug, Clone)]
pub struct Incident {
    pub id: IncidentId,
    pub kind: Kind,
    pub message: MessageId,
    pub campaign: CampaignId,
    pub contact: Option<ContactId>,
    /// The keyed hash of the number, where a permit says which it was.
    pub person: Option<[u8; 32]>,
    /// The ledger's entry that the text went against.
    pub opt_out: Option<ConsentId>,
    pub opt_out_recorded_at: Option<i64>,
    pub opt_out_confirmed_at: Option<i64>,
    pub permit_granted_at: Option<i64>,
    pub handed_over_at: i64,
    pub found_at: i64,
}

/// Keeps these; returns those that were not there yet.
pub async fn insert(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    incidents: &[Incident],
) -> anyhow::Result<AHashSet<IncidentId>> {
    let rows: Vec<_> = incidents
        .iter()
        .map(|one| {
            (
                hex(one.id),
                one.kind.as_str(),
                (
                    hex(one.message.run()),
                    one.message.chunk(),
                    one.message.position(),
                ),
                hex(one.campaign),
                one.contact.map(hex),
                one.person.map(hex::encode),
                one.opt_out.map(hex),
                one.opt_out_recorded_at,
                one.opt_out_confirmed_at,
                one.permit_granted_at,
                one.handed_over_at,
                one.found_at,
            )
        })
        .collect();
    let big = |place: u8| format!("CAST(value->>{place} AS BIGINT)");
    let sql = format!(
        "INSERT INTO incident (tenant, id, kind, run, chunk, position, campaign, contact, person, opt_out, \
         opt_out_recorded_at, opt_out_confirmed_at, permit_granted_at, handed_over_at, found_at) \
         SELECT $1, {}, value->>1, {}, CAST(value->2->>1 AS BIGINT), CAST(value->2->>2 AS BIGINT), \
         {}, {}, {}, {}, {}, {}, {}, {}, {} FROM {} AS r WHERE true ON CONFLICT DO NOTHING RETURNING id",
        engine.uuid("value->>0"),
        engine.uuid("value->2->>0"),
        engine.uuid("value->>3"),
        engine.uuid("value->>4"),
        engine.bytes("value->>5"),
        engine.uuid("value->>6"),
        big(7),
        big(8),
        big(9),
        big(10),
        big(11),
        engine.rows("$2")
    );
    let values = [tenant.uuid().into(), serde_json::to_string(&rows)?.into()];
    let kept = tx.query_all_raw(engine.sql(sql, values)).await?;
    kept.iter()
        .map(|row| Ok(IncidentId::from_uuid(row.try_get_by_index::<Uuid>(0)?)))
        .collect()
}

const COLUMNS: &str = "id, kind, run, chunk, position, campaign, contact, person, opt_out, opt_out_recorded_at, \
                       opt_out_confirmed_at, permit_granted_at, handed_over_at, found_at";

/// Which ones a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub after: Option<IncidentId>,
    /// Found then or later.
    pub since: Option<i64>,
    pub kind: Option<Kind>,
}

/// In the order they were found.
pub async fn list(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    wanted: Wanted,
    limit: u32,
) -> anyhow::Result<Vec<Incident>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM incident WHERE tenant = $1 AND id > $2 AND found_at >= $3 \
         AND ($4 = '' OR kind = $4) ORDER BY id LIMIT $5"
    );
    let after = wanted.after.unwrap_or(IncidentId::from_raw(0));
    let values = [
        tenant.uuid().into(),
        after.uuid().into(),
        wanted.since.unwrap_or(i64::MIN).into(),
        wanted.kind.map_or("", Kind::as_str).into(),
        i64::from(limit).into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

pub async fn find(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    id: IncidentId,
) -> anyhow::Result<Option<Incident>> {
    let sql = format!("SELECT {COLUMNS} FROM incident WHERE tenant = $1 AND id = $2");
    let values = [tenant.uuid().into(), id.uuid().into()];
    let row = db.query_one_raw(engine.sql(sql, values)).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &QueryResult) -> anyhow::Result<Incident> {
    let kind: String = row.try_get("", "kind")?;
    let run = RunId::from_uuid(row.try_get("", "run")?);
    let chunk = u32::try_from(row.try_get::<i64>("", "chunk")?)?;
    let position = u16::try_from(row.try_get::<i64>("", "position")?)?;
    let id = |column: &str| row.try_get::<Option<Uuid>>("", column);
    Ok(Incident {
        id: IncidentId::from_uuid(row.try_get("", "id")?),
        kind: Kind::parse(&kind).context("a stored kind is none")?,
        message: MessageId::of(run, chunk, position),
        campaign: CampaignId::from_uuid(row.try_get("", "campaign")?),
        contact: id("contact")?.map(ContactId::from_uuid),
        person: match row.try_get::<Option<Vec<u8>>>("", "person")? {
            None => None,
            Some(_) => Some(super::book::bytes(row, "person")?),
        },
        opt_out: id("opt_out")?.map(ConsentId::from_uuid),
        opt_out_recorded_at: row.try_get("", "opt_out_recorded_at")?,
        opt_out_confirmed_at: row.try_get("", "opt_out_confirmed_at")?,
        permit_granted_at: row.try_get("", "permit_granted_at")?,
        handed_over_at: row.try_get("", "handed_over_at")?,
        found_at: row.try_get("", "found_at")?,
    })
}

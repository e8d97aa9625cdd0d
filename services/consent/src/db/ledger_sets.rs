//! `ledger`: questions about many people or entries at once.

use ahash::AHashMap;
use chassis::Engine;
use contract::TenantId;
use sea_orm::ConnectionTrait;

use super::ledger::{COLUMNS, Entry, entry};
use crate::chain::GENESIS;

/// People or entries in one statement.
const AT_ONCE: usize = 1_000;

/// The chained entries of these people (keyed hashes), in the order of the chain.
pub async fn of_people(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    people: &[[u8; 32]],
) -> anyhow::Result<Vec<Entry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ledger WHERE tenant = $1 AND seq IS NOT NULL \
         AND person IN (SELECT {} FROM {} AS r)",
        engine.bytes("value->>0"),
        engine.rows("$2")
    );
    let mut entries = Vec::new();
    for some in people.chunks(AT_ONCE) {
        let rows: Vec<[String; 1]> = some.iter().map(|person| [hex::encode(person)]).collect();
        let values = [tenant.uuid().into(), serde_json::to_string(&rows)?.into()];
        for row in db.query_all_raw(engine.sql(sql.clone(), values)).await? {
            entries.push(entry(&row)?);
        }
    }
    entries.sort_unstable_by_key(|entry| entry.chained.as_ref().map(|chained| chained.seq));
    Ok(entries)
}

/// The hashes of the entries with these sequence numbers; 0 stands for what is before the first.
pub async fn hashes(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    seqs: &[i64],
) -> anyhow::Result<AHashMap<i64, [u8; 32]>> {
    let sql = format!(
        "SELECT seq, hash FROM ledger WHERE tenant = $1 \
         AND seq IN (SELECT CAST(value->>0 AS BIGINT) FROM {} AS r)",
        engine.rows("$2")
    );
    let mut hashes = AHashMap::from_iter([(0, GENESIS)]);
    for some in seqs.chunks(AT_ONCE) {
        let rows: Vec<[i64; 1]> = some.iter().map(|seq| [*seq]).collect();
        let values = [tenant.uuid().into(), serde_json::to_string(&rows)?.into()];
        for row in db.query_all_raw(engine.sql(sql.clone(), values)).await? {
            hashes.insert(row.try_get("", "seq")?, super::book::bytes(&row, "hash")?);
        }
    }
    Ok(hashes)
}

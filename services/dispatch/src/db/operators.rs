//! `operator_prefix` and `number_lookup`: whose network a number is in.

use chassis::{Db, Engine, Tx};
use contract::{Phone, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::routing_version;

/// Prefixes of every tenant: tenant, prefix, operator.
pub async fn prefixes(
    engine: Engine,
    db: &DatabaseConnection,
) -> anyhow::Result<Vec<(TenantId, String, String)>> {
    let sql = "SELECT tenant, prefix, operator FROM operator_prefix ORDER BY tenant, prefix";
    let rows = db.query_all_raw(engine.sql(sql, [])).await?;
    rows.iter()
        .map(|row| {
            let tenant = TenantId::from_uuid(row.try_get("", "tenant")?);
            Ok((
                tenant,
                row.try_get("", "prefix")?,
                row.try_get("", "operator")?,
            ))
        })
        .collect()
}

/// Lookups of every tenant: tenant, digits, operator.
pub async fn lookups(
    engine: Engine,
    db: &DatabaseConnection,
) -> anyhow::Result<Vec<(TenantId, u64, String)>> {
    let sql = "SELECT tenant, phone, operator FROM number_lookup";
    let rows = db.query_all_raw(engine.sql(sql, [])).await?;
    rows.iter()
        .map(|row| {
            let tenant = TenantId::from_uuid(row.try_get("", "tenant")?);
            let phone: i64 = row.try_get("", "phone")?;
            Ok((tenant, phone.cast_unsigned(), row.try_get("", "operator")?))
        })
        .collect()
}

/// A tenant's prefixes with their operators, in order, those after `after`.
pub async fn page_of_prefixes(
    engine: Engine,
    db: &DatabaseConnection,
    tenant: TenantId,
    after: &str,
    limit: u64,
) -> anyhow::Result<Vec<(String, String)>> {
    let sql = "SELECT prefix, operator FROM operator_prefix WHERE tenant = $1 AND prefix > $2 \
               ORDER BY prefix LIMIT $3";
    let values = [
        tenant.uuid().into(),
        after.into(),
        i64::try_from(limit)?.into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "prefix")?, row.try_get("", "operator")?)))
        .collect()
}

/// What lookups found.
#[derive(Debug)]
pub struct Lookup {
    pub phone: Phone,
    pub operator: String,
    /// When it was last told.
    pub at: UnixMillis,
}

/// A tenant's lookups by number, those after the number `after`.
pub async fn page_of_lookups(
    engine: Engine,
    db: &DatabaseConnection,
    tenant: TenantId,
    after: i64,
    limit: u64,
) -> anyhow::Result<Vec<Lookup>> {
    let sql = "SELECT phone, operator, at FROM number_lookup WHERE tenant = $1 AND phone > $2 \
               ORDER BY phone LIMIT $3";
    let values = [
        tenant.uuid().into(),
        after.into(),
        i64::try_from(limit)?.into(),
    ];
    let mut page = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let digits: i64 = row.try_get("", "phone")?;
        let Some(phone) = Phone::from_digits(digits.cast_unsigned()) else {
            anyhow::bail!("a number that was looked up is none");
        };
        page.push(Lookup {
            phone,
            operator: row.try_get("", "operator")?,
            at: UnixMillis(row.try_get("", "at")?),
        });
    }
    Ok(page)
}

/// Replaces all prefixes of a tenant.
pub async fn replace_prefixes(
    db: &Db,
    tenant: TenantId,
    rows: Vec<(String, String)>,
) -> anyhow::Result<()> {
    let (engine, json) = (db.engine(), serde_json::to_string(&rows)?);
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "DELETE FROM operator_prefix WHERE tenant = $1";
            tx.execute_raw(engine.sql(sql, [tenant.uuid().into()]))
                .await?;
            let sql = format!(
                "INSERT INTO operator_prefix (tenant, prefix, operator) \
                 SELECT $2, value->>0, value->>1 FROM {} AS r WHERE true \
                 ON CONFLICT (tenant, prefix) DO UPDATE SET operator = excluded.operator",
                engine.rows("$1")
            );
            tx.execute_raw(engine.sql(sql, [json.into(), tenant.uuid().into()]))
                .await?;
            routing_version::raise(engine, tx).await
        })
    })
    .await
}

/// Adds what lookups found; a number known already is known anew.
pub async fn add_lookups(
    db: &Db,
    tenant: TenantId,
    rows: &[(Phone, String)],
    at: UnixMillis,
) -> anyhow::Result<()> {
    let rows: Vec<_> = rows
        .iter()
        .map(|(phone, operator)| (phone.digits(), operator))
        .collect();
    let (engine, json) = (db.engine(), serde_json::to_string(&rows)?);
    db.write(move |tx| {
        Box::pin(async move {
            let sql = format!(
                "INSERT INTO number_lookup (tenant, phone, operator, at) \
                 SELECT $2, CAST(value->>0 AS BIGINT), value->>1, $3 FROM {} AS r WHERE true \
                 ON CONFLICT (tenant, phone) DO UPDATE SET operator = excluded.operator, at = excluded.at",
                engine.rows("$1")
            );
            tx.execute_raw(engine.sql(sql, [json.into(), tenant.uuid().into(), at.0.into()]))
                .await?;
            routing_version::raise(engine, tx).await
        })
    })
    .await
}

/// What a lookup found about one number goes.
pub async fn forget_number(
    engine: Engine,
    tx: &Tx,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM number_lookup WHERE tenant = $1 AND phone = $2";
    let values = [tenant.uuid().into(), phone.digits().cast_signed().into()];
    let gone = tx.execute_raw(engine.sql(sql, values)).await?;
    if gone.rows_affected() > 0 {
        routing_version::raise(engine, tx).await?;
    }
    Ok(())
}

//! `route` and `sender_pool`: small things that a tenant names, with a body of JSON.

use chassis::{Engine, Tx};
use contract::{Mode, TenantId, UnixMillis};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, SqlErr};

use super::routing_version;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Route,
    SenderPool,
}

impl Table {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::SenderPool => "sender_pool",
        }
    }
}

#[derive(Debug, Clone)]
pub struct NamedRow {
    pub id: Uuid,
    pub tenant: TenantId,
    pub mode: Mode,
    pub name: String,
    /// JSON.
    pub body: String,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

const COLUMNS: &str = "id, tenant, mode, name, body, created_at, updated_at";

/// Writes a new row; `false` where the name is taken.
pub async fn insert(engine: Engine, tx: &Tx, table: Table, row: NamedRow) -> anyhow::Result<bool> {
    let sql = format!(
        "INSERT INTO {} ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        table.as_str()
    );
    let values = [
        row.id.into(),
        row.tenant.uuid().into(),
        row.mode.as_str().into(),
        row.name.into(),
        row.body.into(),
        row.created_at.0.into(),
        row.updated_at.0.into(),
    ];
    let written = tx.execute_raw(engine.sql(sql, values)).await?;
    routing_version::raise(engine, tx).await?;
    Ok(written.rows_affected() == 1)
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Done,
    NotFound,
    NameTaken,
}

/// Replaces name and body of a row of this tenant and mode.
pub async fn update(
    engine: Engine,
    tx: &Tx,
    table: Table,
    row: NamedRow,
) -> anyhow::Result<Changed> {
    let taken = format!(
        "SELECT 1 AS one FROM {} WHERE tenant = $1 AND mode = $2 AND name = $3 AND id <> $4",
        table.as_str()
    );
    let values = [
        row.tenant.uuid().into(),
        row.mode.as_str().into(),
        row.name.clone().into(),
        row.id.into(),
    ];
    if tx.query_one_raw(engine.sql(taken, values)).await?.is_some() {
        return Ok(Changed::NameTaken);
    }
    let sql = format!(
        "UPDATE {} SET name = $1, body = $2, updated_at = $3 WHERE id = $4 AND tenant = $5 AND mode = $6",
        table.as_str()
    );
    let values = [
        row.name.into(),
        row.body.into(),
        row.updated_at.0.into(),
        row.id.into(),
        row.tenant.uuid().into(),
        row.mode.as_str().into(),
    ];
    let written = match tx.execute_raw(engine.sql(sql, values)).await {
        Ok(written) => written,
        // Somebody else took the name between the two statements.
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            return Ok(Changed::NameTaken);
        }
        Err(error) => return Err(error.into()),
    };
    routing_version::raise(engine, tx).await?;
    Ok(if written.rows_affected() == 1 {
        Changed::Done
    } else {
        Changed::NotFound
    })
}

/// `false` where there is no such row of this tenant and mode.
pub async fn delete(
    engine: Engine,
    tx: &Tx,
    table: Table,
    (tenant, mode, id): (TenantId, Mode, Uuid),
) -> anyhow::Result<bool> {
    let sql = format!(
        "DELETE FROM {} WHERE id = $1 AND tenant = $2 AND mode = $3",
        table.as_str()
    );
    let values = [id.into(), tenant.uuid().into(), mode.as_str().into()];
    let gone = tx.execute_raw(engine.sql(sql, values)).await?;
    routing_version::raise(engine, tx).await?;
    Ok(gone.rows_affected() == 1)
}

/// A tenant's rows of one mode by name.
pub async fn of_tenant(
    engine: Engine,
    db: &DatabaseConnection,
    table: Table,
    tenant: TenantId,
    mode: Mode,
) -> anyhow::Result<Vec<NamedRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {} WHERE tenant = $1 AND mode = $2 ORDER BY name",
        table.as_str()
    );
    let values = [tenant.uuid().into(), mode.as_str().into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// Everybody's rows.
pub async fn all(
    engine: Engine,
    db: &DatabaseConnection,
    table: Table,
) -> anyhow::Result<Vec<NamedRow>> {
    let sql = format!("SELECT {COLUMNS} FROM {} ORDER BY id", table.as_str());
    let rows = db.query_all_raw(engine.sql(sql, [])).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> anyhow::Result<NamedRow> {
    let mode: String = row.try_get("", "mode")?;
    Ok(NamedRow {
        id: row.try_get("", "id")?,
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        mode: Mode::parse(&mode).unwrap_or(Mode::Test),
        name: row.try_get("", "name")?,
        body: row.try_get("", "body")?,
        created_at: UnixMillis(row.try_get("", "created_at")?),
        updated_at: UnixMillis(row.try_get("", "updated_at")?),
    })
}

//! Reading our own types out of result rows.

use anyhow::Context;
use chassis::{Engine, Tx};
use contract::ids::{Id, Kind};
use contract::{Class, Mode, UnixMillis};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};

/// A statement with `$1` placeholders for the engine behind `conn`.
pub fn sql(
    conn: &impl ConnectionTrait,
    text: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(conn.get_database_backend(), text, values)
}

pub fn id<K: Kind>(row: &QueryResult, column: &str) -> anyhow::Result<Id<K>> {
    Ok(Id::from_uuid(row.try_get::<Uuid>("", column)?))
}

pub fn maybe_id<K: Kind>(row: &QueryResult, column: &str) -> anyhow::Result<Option<Id<K>>> {
    Ok(row.try_get::<Option<Uuid>>("", column)?.map(Id::from_uuid))
}

pub fn millis(row: &QueryResult, column: &str) -> anyhow::Result<UnixMillis> {
    Ok(UnixMillis(row.try_get("", column)?))
}

pub fn maybe_millis(row: &QueryResult, column: &str) -> anyhow::Result<Option<UnixMillis>> {
    Ok(row.try_get::<Option<i64>>("", column)?.map(UnixMillis))
}

pub fn text(row: &QueryResult, column: &str) -> anyhow::Result<String> {
    Ok(row.try_get("", column)?)
}

/// A count or number that is never negative.
pub fn number<T: TryFrom<i64>>(row: &QueryResult, column: &str) -> anyhow::Result<T> {
    let number: i64 = row.try_get("", column)?;
    T::try_from(number)
        .ok()
        .with_context(|| format!("{column} is out of range"))
}

pub fn class(row: &QueryResult) -> anyhow::Result<Class> {
    named(row, "class", Class::parse)
}

pub fn mode(row: &QueryResult) -> anyhow::Result<Mode> {
    named(row, "mode", Mode::parse)
}

/// A column that holds one of a few names.
pub fn named<T>(
    row: &QueryResult,
    column: &str,
    parse: fn(&str) -> Option<T>,
) -> anyhow::Result<T> {
    parse(&text(row, column)?)
        .with_context(|| format!("{column} holds a name that this version does not know"))
}

/// Every row that a question finds, in its order.
pub async fn all<T>(
    conn: &impl ConnectionTrait,
    text: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
    read: fn(&QueryResult) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(read).collect()
}

/// The row that a question finds.
pub async fn one<T>(
    conn: &impl ConnectionTrait,
    text: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
    read: fn(&QueryResult) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let row = conn.query_one_raw(sql(conn, text, values)).await?;
    row.as_ref().map(read).transpose()
}

/// Whether there is a row.
pub async fn any(
    conn: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> anyhow::Result<bool> {
    let row = conn.query_one_raw(sql(conn, text, values)).await?;
    Ok(row.is_some())
}

/// A number of a line that [`lines`] writes.
pub fn big(at: u8) -> String {
    format!("CAST(r.value->>{at} AS BIGINT)")
}

/// Carries out a statement that takes its rows from JSON at `$1`.
pub async fn lines(
    tx: &impl ConnectionTrait,
    text: String,
    lines: &[serde_json::Value],
) -> anyhow::Result<()> {
    let json = serde_json::to_string(lines)?;
    tx.execute_raw(sql(tx, text, [json.into()])).await?;
    Ok(())
}

/// The database a transaction is in.
pub fn engine(tx: &Tx) -> Engine {
    match tx.get_database_backend() {
        DbBackend::Postgres => Engine::Postgres,
        _ => Engine::Sqlite,
    }
}

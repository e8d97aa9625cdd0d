//! Reading our own types out of result rows.

use anyhow::Context;
use contract::ids::{Id, Kind};
use contract::{Class, Mode, UnixMillis};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};

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

//! Many rows in one statement. Three fixed sizes, so that a handful of prepared statements serves any number.

use std::fmt::Write;

use chassis::{Engine, Tx};
use sea_orm::{ConnectionTrait, Value};

const SIZES: [usize; 3] = [64, 8, 1];

/// Runs `head VALUES (…), (…) tail` over all rows.
pub async fn insert<const WIDTH: usize>(
    tx: &Tx,
    engine: Engine,
    head: &str,
    rows: Vec<[Value; WIDTH]>,
    tail: &str,
) -> anyhow::Result<()> {
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    for size in SIZES {
        if left < size {
            continue;
        }
        let sql = text(engine, head, WIDTH, size, tail);
        while left >= size {
            let values: Vec<Value> = rows.by_ref().take(size).flatten().collect();
            tx.execute_raw(engine.sql(sql.clone(), values)).await?;
            left -= size;
        }
    }
    Ok(())
}

/// SQLite finds numbered placeholders by walking all their names, so it gets plain ones.
fn text(engine: Engine, head: &str, width: usize, rows: usize, tail: &str) -> String {
    let mut sql = String::with_capacity(head.len() + tail.len() + rows * width * 5 + 16);
    sql.push_str(head);
    sql.push_str(" values ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=width {
            let comma = if column == width { ")" } else { ", " };
            let _ = match engine {
                Engine::Sqlite => write!(sql, "?{comma}"),
                Engine::Postgres => write!(sql, "${}{comma}", row * width + column),
            };
        }
    }
    sql.push(' ');
    sql.push_str(tail);
    sql
}

#[cfg(test)]
mod tests {
    #[test]
    fn placeholders_count_on_over_the_rows() {
        assert_eq!(
            super::text(
                chassis::Engine::Postgres,
                "insert into t (a, b)",
                2,
                2,
                "on conflict do nothing"
            ),
            "insert into t (a, b) values ($1, $2), ($3, $4) on conflict do nothing"
        );
        assert_eq!(
            super::text(chassis::Engine::Sqlite, "insert into t (a)", 1, 2, ""),
            "insert into t (a) values (?), (?) "
        );
    }
}

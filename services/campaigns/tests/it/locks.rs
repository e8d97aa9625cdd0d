//! Two writers at once, as PostgreSQL has them: one is held up while the other acts.

use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, TransactionTrait};
use testkit::Kit;

use crate::appointments::until;

async fn number(tx: &impl ConnectionTrait, sql: &str) -> i64 {
    let statement = Statement::from_string(tx.get_database_backend(), sql);
    let row = tx.query_one_raw(statement).await.unwrap();
    row.map_or(0, |row| row.try_get_by_index(0).unwrap())
}

/// Carries this out and holds what it locks until the transaction ends.
pub async fn hold(kit: &Kit, sql: &str) -> DatabaseTransaction {
    let tx = kit.db("campaigns").read().begin().await.unwrap();
    tx.execute_unprepared(sql).await.unwrap();
    tx
}

/// Until so many connections of this database wait for a lock.
pub async fn until_waiting(kit: &Kit, many: i64) {
    let waiting = "select count(distinct pid) from pg_locks where not granted and database = \
                   (select oid from pg_database where datname = current_database())";
    let waiting_for_a_row = "select count(distinct pid) from pg_stat_activity where wait_event_type = 'Lock' and \
                             datname = current_database()";
    let db = kit.db("campaigns");
    until("transactions wait", async || {
        let here = number(db.read(), waiting).await;
        here.max(number(db.read(), waiting_for_a_row).await) >= many
    })
    .await;
}

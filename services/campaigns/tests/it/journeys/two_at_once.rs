//! Two processes that move the same run at the same instant.

use chassis::Engine;
use sea_orm::{ConnectionTrait, Statement, TransactionTrait};

use super::*;
use crate::appointments::until;

const LATER: &str = "journey: v1\nname: later\npurpose: informational\ntrigger: {event: order.placed, key: event.order}\n\
    exit: [{event: order.returned}]\nsteps:\n  - {id: pause, wait: {for: PT1H}}\n  - {id: hello, send: {template: greeting}}\n  \
    - {id: rest, wait: {for: P1D}}\n";

async fn count(conn: &impl ConnectionTrait, sql: &str) -> i64 {
    let statement = Statement::from_string(conn.get_database_backend(), sql);
    let row = conn.query_one_raw(statement).await.unwrap();
    row.map_or(0, |row| row.try_get_by_index(0).unwrap())
}

/// Who waits for a lock, for the row of another transaction too.
const WAITING: &str = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";

#[tokio::test(flavor = "multi_thread")]
async fn an_exit_that_one_process_works_in_outlives_the_timer_that_another_one_works_in() {
    let kit = kit(10).await;
    let db = kit.db("campaigns");
    if db.engine() == Engine::Sqlite {
        // A file has one writer: nothing of this can happen.
        return kit.stop().await;
    }
    let id = published(&kit, LATER).await;
    tell(
        &kit,
        &[event("e1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    // Nobody queues a text until this ends: whoever works in the timer has read the run and waits.
    let held = db.read().begin().await.unwrap();
    held.execute_unprepared("lock table flow_text in exclusive mode")
        .await
        .unwrap();
    kit.clock.advance(chrono::Duration::hours(1));
    until("the timer is worked in", async || {
        count(db.read(), WAITING).await >= 1
    })
    .await;
    // The process that waits cannot take it: it comes by way of another one.
    let returned =
        json!({"event": {"id": "e2", "name": "order.returned", "data": {"order": "o1"}}});
    let came = format!(
        "insert into journey_input (tenant, mode, contact, body, hops) values ('{}', 'test', '{}', '{returned}', 0)",
        kit.tenant.uuid(),
        fake::contact(1).uuid()
    );
    db.read().execute_unprepared(&came).await.unwrap();
    let beside = kit.beside().await;
    let ended = "select count(*) from journey_run where ended is not null";
    until(
        "the exit is worked in, or waits for the timer",
        async || count(db.read(), ended).await == 1 || count(db.read(), WAITING).await >= 2,
    )
    .await;
    held.commit().await.unwrap();
    until("the run has ended", async || {
        count(db.read(), ended).await == 1
    })
    .await;
    let left = "select count(*) from journey_input where held_by is null";
    until("all is worked in", async || {
        count(db.read(), left).await == 0
    })
    .await;
    until("nobody waits", async || {
        count(db.read(), WAITING).await == 0
    })
    .await;
    let runs = runs(&kit, &id).await;
    assert_eq!(runs[0]["state"], "cancelled", "{runs:?}");
    beside.stop().await.unwrap();
    kit.stop().await;
}

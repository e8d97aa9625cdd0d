//! Two consent services on one PostgreSQL: only there can one look while the other writes.

use std::future::Future;
use std::time::Duration;

use chassis::host::Host;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use sea_orm::ConnectionTrait;
use testkit::{eventually, postgres};

use crate::Kit;

/// Before it is asked once more: the question may wait behind the transaction that is held up.
const ASK_AGAIN: Duration = Duration::from_millis(40);

pub async fn start() -> (Kit, Host) {
    let cluster = postgres::shared().await;
    let url = cluster.url(&cluster.create_database().await.unwrap());
    let on_postgres = |settings: chassis::Settings| settings.with("database.url", url);
    let kit = Kit::start_with(&[consent::SERVICE], on_postgres).await;
    let beside = kit.beside().await;
    (kit, beside)
}

pub async fn end((kit, beside): (Kit, Host)) {
    beside.stop().await.unwrap();
    kit.stop().await;
}

/// Resolves once nothing is under way in either service. What shares a transaction with the one that is held up
/// next is held up, too, and the other service must not have to wait for it.
pub async fn quiet(kit: &Kit) {
    let sql = "SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL) + (SELECT count(*) FROM opt_out_pending)";
    let look = async || (count(kit, sql).await == 0).then_some(());
    eventually("the services are quiet", look).await;
}

/// Answers, first of all those that came while a transaction was held up.
pub struct Answers<F: Future> {
    pub meanwhile: Option<F::Output>,
    rest: FuturesUnordered<F>,
}

/// Asks while one service is held up, again and again as long as the question may have gone to that one; until
/// the other answers, or is seen waiting for the rows of the one held up.
pub async fn ask_the_other<F: Future>(kit: &Kit, ask: impl Fn() -> F) -> Answers<F> {
    let mut rest = FuturesUnordered::new();
    loop {
        rest.push(ask());
        tokio::select! {
            Some(answer) = rest.next() => return Answers { meanwhile: Some(answer), rest },
            () = tokio::time::sleep(ASK_AGAIN) => {}
        }
        if waits_for_a_person(kit).await {
            return Answers {
                meanwhile: None,
                rest,
            };
        }
    }
}

impl<F: Future> Answers<F> {
    /// All that are still to come.
    pub async fn rest(self) -> Vec<F::Output> {
        self.rest.collect().await
    }
}

/// Does a transaction wait for the row of a person?
async fn waits_for_a_person(kit: &Kit) -> bool {
    let sql = "SELECT count(*) FROM pg_stat_activity \
               WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%standing%'";
    count(kit, sql).await > 0
}

async fn count(kit: &Kit, sql: &str) -> i64 {
    let db = kit.db("consent");
    let row = db.read().query_one_raw(db.engine().sql(sql, [])).await;
    row.unwrap().unwrap().try_get_by_index(0).unwrap()
}

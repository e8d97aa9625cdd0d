//! Jobs that wait share one commit, and stay apart in it.

use chassis::{Db, Tx};
use sea_orm::ConnectionTrait;
use testkit::Kit;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::probe::{self, mark, numbers, until_on_the_bus};

/// Keeps the writer busy until told otherwise, so that what is queued meanwhile shares the next commit.
async fn hold(db: &Db) -> (oneshot::Sender<()>, JoinHandle<anyhow::Result<()>>) {
    let (started, has_started) = oneshot::channel::<()>();
    let (release, released) = oneshot::channel::<()>();
    let db = db.clone();
    let holding = tokio::spawn(async move {
        let job = db.write(move |_tx| {
            Box::pin(async move {
                let _told = started.send(());
                Ok(released.await?)
            })
        });
        job.await
    });
    has_started.await.unwrap();
    (release, holding)
}

async fn insert(db: &Db, tx: &Tx, number: i64) -> anyhow::Result<()> {
    let sql = "insert into mark (number) values ($1)";
    tx.execute_raw(db.engine().sql(sql, [number.into()]))
        .await?;
    Ok(())
}

async fn count(db: &Db, on: &impl ConnectionTrait) -> anyhow::Result<i64> {
    let sql = db.engine().sql("select count(*) as n from mark", []);
    let row = on.query_one_raw(sql).await?.unwrap();
    Ok(row.try_get("", "n")?)
}

/// What a job of the group does with its number.
#[derive(Clone, Copy)]
enum Job {
    Insert,
    InsertThenFail,
    FailInTheDatabase,
    HideAFailureInTheDatabase,
}

async fn run(db: &Db, job: Job, number: i64) -> anyhow::Result<()> {
    let on = db.clone();
    db.write(move |tx| {
        Box::pin(async move {
            insert(&on, tx, number).await?;
            match job {
                Job::Insert => {}
                Job::InsertThenFail => anyhow::bail!("job {number} failed"),
                Job::FailInTheDatabase => insert(&on, tx, number).await?,
                Job::HideAFailureInTheDatabase => {
                    let _hidden = insert(&on, tx, number).await;
                }
            }
            Ok(())
        })
    })
    .await
}

async fn together(kit: &Kit, jobs: &[Job]) -> Vec<anyhow::Result<()>> {
    let db = kit.db("probe");
    let (release, holding) = hold(&db).await;
    let waiting = jobs
        .iter()
        .zip(1..)
        .map(|(job, number)| run(&db, *job, number));
    let waiting = futures::future::join_all(waiting);
    let releasing = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        release.send(()).unwrap();
    };
    let (results, ()) = tokio::join!(waiting, releasing);
    holding.await.unwrap().unwrap();
    results
}

#[tokio::test]
async fn concurrent_writes_share_a_commit() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let db = kit.db("probe");
    let (release, holding) = hold(&db).await;
    let mut waiting = Vec::new();
    for number in 0..10 {
        let on = db.clone();
        waiting.push(db.write(move |tx| {
            Box::pin(async move {
                insert(&on, tx, number).await?;
                // Those before it are in the same transaction, which nobody else sees yet.
                Ok((count(&on, tx).await?, count(&on, on.read()).await?))
            })
        }));
    }
    let waiting = futures::future::try_join_all(waiting);
    let releasing = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        release.send(()).unwrap();
    };
    let (seen, ()) = tokio::join!(waiting, releasing);
    let expected: Vec<(i64, i64)> = (1..=10).map(|inside| (inside, 0)).collect();
    assert_eq!(seen.unwrap(), expected);
    assert_eq!(count(&db, db.read()).await.unwrap(), 10);
    holding.await.unwrap().unwrap();
    kit.stop().await;
}

#[tokio::test]
async fn one_failing_job_of_a_group_undoes_only_itself() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let jobs = [
        Job::Insert,
        Job::InsertThenFail,
        Job::Insert,
        Job::FailInTheDatabase,
        Job::Insert,
    ];
    let results = together(&kit, &jobs).await;
    let kept: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(kept, [true, false, true, false, true]);
    let reason = results[1].as_ref().unwrap_err().to_string();
    assert_eq!(reason, "job 2 failed");
    assert_eq!(numbers(&kit, "mark").await, [1, 3, 5]);
    kit.stop().await;
}

#[tokio::test]
async fn a_job_that_hides_a_failure_of_the_database_harms_no_other() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let jobs = [Job::Insert, Job::HideAFailureInTheDatabase, Job::Insert];
    let results = together(&kit, &jobs).await;
    assert!(results[0].is_ok() && results[2].is_ok(), "{results:?}");
    let kept = numbers(&kit, "mark").await;
    let hidden = if results[1].is_ok() {
        vec![1, 2, 3]
    } else {
        vec![1, 3]
    };
    assert_eq!(kept, hidden);
    kit.stop().await;
}

#[tokio::test]
async fn what_a_failing_job_of_a_group_said_is_not_heard() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let (cx, tenant) = (kit.cx("probe"), kit.tenant);
    let (release, holding) = hold(&cx.db).await;
    let bus = kit.bus.clone();
    let failing = cx.db.write(move |tx| {
        Box::pin(async move {
            probe::say(&bus, tx, tenant, 1).await?;
            anyhow::Result::<()>::Err(anyhow::anyhow!("changed its mind"))
        })
    });
    let releasing = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        release.send(()).unwrap();
    };
    let (failed, kept, ()) = tokio::join!(failing, mark(cx, tenant, vec![2]), releasing);
    assert!(failed.is_err() && kept.is_ok());
    holding.await.unwrap().unwrap();
    until_on_the_bus(&kit, &[2]).await;
    probe::settle().await;
    until_on_the_bus(&kit, &[2]).await;
    kit.stop().await;
}

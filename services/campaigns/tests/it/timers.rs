//! The due-table, with schedulers of the tests' own on a database of their own.

use std::sync::Arc;
use std::time::Duration;

use campaigns::timers::{self, Bell, Claim, Handler, Pace, Scheduler, Timer};
use chassis::db::Location;
use chassis::lifecycle::Lifecycle;
use chassis::{Clock, Db, SqlMigration, Tx};
use contract::UnixMillis;
use futures::future::BoxFuture;
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, Statement};

const FIRED: SqlMigration = SqlMigration {
    name: "9000_fired",
    sql: "CREATE TABLE fired (id {uuid} NOT NULL, by TEXT NOT NULL, at BIGINT NOT NULL)",
};

/// Notes what fires, and refuses what it is told to refuse.
struct Note {
    by: &'static str,
    refuses: Option<Uuid>,
}

impl Handler for Note {
    fn kind(&self) -> &'static str {
        "note"
    }

    fn fire<'t>(
        &'t self,
        tx: &'t Tx,
        now: UnixMillis,
        due: &'t [Timer],
    ) -> BoxFuture<'t, anyhow::Result<()>> {
        Box::pin(async move {
            for timer in due {
                let text = "insert into fired (id, by, at) values ($1, $2, $3)";
                let values = [timer.id.into(), self.by.into(), now.0.into()];
                let backend = tx.get_database_backend();
                tx.execute_raw(Statement::from_sql_and_values(backend, text, values))
                    .await?;
                anyhow::ensure!(Some(timer.id) != self.refuses, "refused");
            }
            Ok(())
        })
    }
}

/// A database that any number of schedulers open, each as a process of its own would.
struct Place {
    folder: tempfile::TempDir,
    url: Option<String>,
    clock: Clock,
    lifecycle: Lifecycle,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            url: testkit::database_url(),
            clock: Clock::starting_at("2026-06-10T15:00:00Z".parse().unwrap()),
            lifecycle: Lifecycle::default(),
        }
    }

    async fn open(&self) -> Db {
        let location = match &self.url {
            Some(url) => Location::Postgres(url.clone()),
            None => Location::Folder(self.folder.path().to_path_buf()),
        };
        let mut migrations = campaigns::SERVICE.migrations.to_vec();
        migrations.push(FIRED);
        chassis::db::open(&location, "campaigns", &migrations, 2, &self.lifecycle)
            .await
            .unwrap()
    }

    fn scheduler(
        &self,
        db: &Db,
        bell: &Arc<Bell>,
        by: &'static str,
        refuses: Option<Uuid>,
    ) -> Scheduler {
        let pace = Pace {
            batch: 50,
            lease: Duration::from_secs(10),
            poll: Duration::from_secs(3600),
        };
        let handler = Arc::new(Note { by, refuses });
        let (db, clock, bell) = (db.clone(), self.clock.clone(), bell.clone());
        Scheduler::new(db, clock, bell, vec![handler], pace, by.to_string())
    }

    /// A timer that many seconds from now.
    fn timer(&self, n: u128, owner: u128, seconds: i64) -> Timer {
        Timer {
            id: Uuid::from_u128(n),
            kind: "note".into(),
            owner: Uuid::from_u128(owner),
            due_at: UnixMillis(self.clock.millis().0 + seconds * 1000),
        }
    }
}

async fn set(db: &Db, timers: Vec<Timer>) {
    let engine = db.engine();
    db.write(move |tx| Box::pin(async move { timers::set(tx, engine, &timers).await }))
        .await
        .unwrap();
}

/// What fired, in order, and which scheduler did it.
async fn fired(db: &Db) -> Vec<(u128, String)> {
    let text = "select id, by from fired";
    let rows = db
        .read()
        .query_all_raw(db.engine().sql(text, []))
        .await
        .unwrap();
    rows.iter()
        .map(|row| {
            let id: Uuid = row.try_get("", "id").unwrap();
            (id.as_u128(), row.try_get("", "by").unwrap())
        })
        .collect()
}

async fn numbers(db: &Db) -> Vec<u128> {
    fired(db).await.into_iter().map(|(n, _)| n).collect()
}

fn never() -> tokio_util::sync::CancellationToken {
    tokio_util::sync::CancellationToken::new()
}

#[tokio::test]
async fn what_is_due_fires_once_and_the_next_one_is_known() {
    let place = Place::new();
    let db = place.open().await;
    let scheduler = place.scheduler(&db, &Arc::default(), "a", None);
    let later = place.timer(3, 1, 600);
    set(
        &db,
        vec![place.timer(2, 1, -1), place.timer(1, 1, -5), later.clone()],
    )
    .await;
    // Set again: the same occurrence.
    set(&db, vec![place.timer(1, 1, -5)]).await;
    let next = scheduler.fire_all(&never()).await.unwrap();
    assert_eq!((numbers(&db).await, next), (vec![1, 2], Some(later.due_at)));
    place.clock.advance(chrono::Duration::seconds(601));
    assert_eq!(scheduler.fire_all(&never()).await.unwrap(), None);
    assert_eq!(numbers(&db).await, [1, 2, 3]);
    assert_eq!(timers::pending(db.read()).await.unwrap(), 0);
    assert!(place.lifecycle.stop(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn a_scheduler_that_slept_between_claim_and_commit_is_refused() {
    let place = Place::new();
    let (db, other) = (place.open().await, place.open().await);
    let frozen = place.scheduler(&db, &Arc::default(), "frozen", None);
    let awake = place.scheduler(&other, &Arc::default(), "awake", None);
    set(&db, (0..20).map(|n| place.timer(n, 1, -1)).collect()).await;
    let Claim::Due { epoch, timers } = frozen.claim().await.unwrap() else {
        panic!("nothing to claim")
    };
    // The other one must wait for the lease to run out.
    assert!(matches!(awake.claim().await.unwrap(), Claim::Elsewhere(_)));
    place.clock.advance(chrono::Duration::seconds(11));
    let Claim::Due {
        epoch: newer,
        timers: first,
    } = awake.claim().await.unwrap()
    else {
        panic!("the lease was not taken over")
    };
    assert!(newer > epoch);
    assert_eq!(awake.fire(newer, &first[..10]).await.unwrap(), 10);
    // Half is still there to be fired, but no longer by this one.
    assert_eq!(frozen.fire(epoch, &timers).await.unwrap(), 0);
    assert_eq!(numbers(&db).await.len(), 10);
    assert!(matches!(frozen.claim().await.unwrap(), Claim::Elsewhere(_)));
    awake.fire_all(&never()).await.unwrap();
    let fired = fired(&db).await;
    assert!(fired.iter().all(|(_, by)| by == "awake"));
    assert_eq!(fired.len(), 20);
    assert!(place.lifecycle.stop(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn two_schedulers_fire_a_thousand_slots_once() {
    let place = Place::new();
    let (db, other) = (place.open().await, place.open().await);
    let bells: [Arc<Bell>; 2] = Default::default();
    let schedulers = [
        place.scheduler(&db, &bells[0], "a", None),
        place.scheduler(&other, &bells[1], "b", None),
    ];
    let stop = never();
    let running = schedulers.map(|scheduler| {
        let stop = stop.clone();
        tokio::spawn(async move { scheduler.run(stop).await })
    });
    for tenth in 0..10u128 {
        let timers: Vec<_> = (0..100)
            .map(|n| place.timer(tenth * 100 + n, n, 0))
            .collect();
        set(&db, timers).await;
        // Now and then a holder's time runs out while it works.
        place
            .clock
            .advance(chrono::Duration::seconds(i64::from(tenth % 3 == 0) * 11));
        bells.iter().for_each(|bell| bell.wake(UnixMillis(0)));
    }
    let started = std::time::Instant::now();
    while numbers(&db).await.len() < 1000 {
        assert!(started.elapsed() < Duration::from_secs(60));
        bells.iter().for_each(|bell| bell.wake(UnixMillis(0)));
        place.clock.advance(chrono::Duration::seconds(1));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    for task in running {
        task.await.unwrap();
    }
    let mut fired = numbers(&db).await;
    fired.sort_unstable();
    assert_eq!(fired, (0..1000).collect::<Vec<u128>>());
    assert!(place.lifecycle.stop(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn a_new_earlier_timer_does_not_wait_for_the_next_look() {
    let place = Place::new();
    let db = place.open().await;
    let bell: Arc<Bell> = Arc::default();
    let scheduler = place.scheduler(&db, &bell, "a", None);
    let stop = never();
    let stopping = stop.clone();
    let running = tokio::spawn(async move { scheduler.run(stopping).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let soon = place.timer(1, 1, 1);
    set(&db, vec![soon.clone()]).await;
    bell.wake(soon.due_at);
    let started = std::time::Instant::now();
    while numbers(&db).await.is_empty() {
        assert!(started.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(place.clock.millis() >= soon.due_at);
    stop.cancel();
    running.await.unwrap();
    assert!(place.lifecycle.stop(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn one_that_fails_holds_up_nobody_and_comes_again() {
    let place = Place::new();
    let db = place.open().await;
    let refusing = place.scheduler(&db, &Arc::default(), "a", Some(Uuid::from_u128(3)));
    set(&db, (0..6).map(|n| place.timer(n, 1, -1)).collect()).await;
    let next = refusing.fire_all(&never()).await.unwrap().unwrap();
    assert_eq!(numbers(&db).await, [0, 1, 2, 4, 5]);
    assert!(next > place.clock.millis(), "it is tried again later");
    place.clock.advance(chrono::Duration::seconds(2));
    assert_eq!(
        place
            .scheduler(&db, &Arc::default(), "a", None)
            .fire_all(&never())
            .await
            .unwrap(),
        None
    );
    assert_eq!(numbers(&db).await, [0, 1, 2, 4, 5, 3]);
    assert!(place.lifecycle.stop(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn timers_of_a_paused_owner_wait_and_those_taken_back_never_fire() {
    let place = Place::new();
    let db = place.open().await;
    let scheduler = place.scheduler(&db, &Arc::default(), "a", None);
    set(
        &db,
        vec![
            place.timer(1, 1, -1),
            place.timer(2, 2, -1),
            place.timer(3, 3, -1),
        ],
    )
    .await;
    db.write(|tx| {
        Box::pin(async move {
            timers::pause(tx, Uuid::from_u128(2)).await?;
            timers::cancel(tx, Uuid::from_u128(3)).await
        })
    })
    .await
    .unwrap();
    assert_eq!(scheduler.fire_all(&never()).await.unwrap(), None);
    assert_eq!(numbers(&db).await, [1]);
    db.write(|tx| Box::pin(timers::resume(tx, Uuid::from_u128(2))))
        .await
        .unwrap();
    scheduler.fire_all(&never()).await.unwrap();
    assert_eq!(numbers(&db).await, [1, 2]);
    assert!(place.lifecycle.stop(Duration::from_secs(5)).await);
}

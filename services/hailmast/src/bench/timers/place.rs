//! A database of timers in a folder of its own, and what has fired in it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use campaigns::timers::{self, Timer};
use chassis::db::Location;
use chassis::lifecycle::Lifecycle;
use chassis::{Clock, Db, SqlMigration};
use contract::UnixMillis;
use sea_orm::ConnectionTrait;
use sea_orm::prelude::Uuid;

/// What the handler of a worker writes: one row each time a timer fires.
const FIRED: SqlMigration = SqlMigration {
    name: "9000_fired",
    sql: "CREATE TABLE fired (seq {serial_pk}, id {uuid} NOT NULL, at BIGINT NOT NULL)",
};

pub const KIND: &str = "bench";

/// Timers set in one transaction.
const AT_ONCE: u32 = 5_000;

pub async fn open(folder: &Path, lifecycle: &Lifecycle) -> anyhow::Result<Db> {
    let mut migrations = campaigns::SERVICE.migrations.to_vec();
    migrations.push(FIRED);
    let location = Location::Folder(folder.to_path_buf());
    chassis::db::open(&location, "campaigns", &migrations, 2, lifecycle).await
}

pub struct Place {
    folder: tempfile::TempDir,
    pub db: Db,
    pub clock: Clock,
    lifecycle: Lifecycle,
}

/// What has fired since it was last forgotten.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fired {
    pub times: u32,
    pub different: u32,
    pub last_at: UnixMillis,
}

impl Place {
    pub async fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let lifecycle = Lifecycle::default();
        Ok(Self {
            db: open(folder.path(), &lifecycle).await?,
            folder,
            clock: Clock::system(),
            lifecycle,
        })
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// Sets `count` timers whose ids begin at `first`, the nth due at `due(n)`.
    pub async fn set(
        &self,
        first: u128,
        count: u32,
        due: impl Fn(u32) -> UnixMillis,
    ) -> anyhow::Result<()> {
        for start in (0..count).step_by(AT_ONCE as usize) {
            let end = start.saturating_add(AT_ONCE).min(count);
            let timers: Vec<Timer> = (start..end)
                .map(|n| Timer {
                    // As scattered as the ids of real occurrences are.
                    id: timers::occurrence_id(KIND, Uuid::from_u128(first), &[&n.to_be_bytes()]),
                    kind: KIND.to_string(),
                    owner: Uuid::from_u128(first + u128::from(n) / 10),
                    due_at: due(n),
                })
                .collect();
            let engine = self.db.engine();
            self.db
                .write(move |tx| Box::pin(async move { timers::set(tx, engine, &timers).await }))
                .await?;
        }
        Ok(())
    }

    pub async fn pending(&self) -> anyhow::Result<u64> {
        timers::pending(self.db.read()).await
    }

    pub async fn fired(&self) -> anyhow::Result<Fired> {
        let text = "select count(*) as times, count(distinct id) as different, coalesce(max(at), 0) as last_at \
                    from fired";
        let row = self
            .db
            .read()
            .query_one_raw(self.db.engine().sql(text, []))
            .await?;
        let row = row.ok_or_else(|| anyhow::anyhow!("a count gave no row"))?;
        let number = |column| -> anyhow::Result<i64> { Ok(row.try_get("", column)?) };
        Ok(Fired {
            times: u32::try_from(number("times")?)?,
            different: u32::try_from(number("different")?)?,
            last_at: UnixMillis(number("last_at")?),
        })
    }

    pub async fn forget_fired(&self) -> anyhow::Result<()> {
        self.db
            .write(|tx| {
                Box::pin(async move {
                    tx.execute_unprepared("delete from fired").await?;
                    Ok(())
                })
            })
            .await
    }

    /// Waits until that many have fired, or until nothing has for a long time.
    pub async fn until_fired(&self, count: u32) -> anyhow::Result<Fired> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let mut progress = (0, std::time::Instant::now());
        loop {
            let fired = self.fired().await?;
            if fired.different >= count {
                return Ok(fired);
            }
            if fired.different > progress.0 {
                progress = (fired.different, std::time::Instant::now());
            }
            if progress.1.elapsed() > PATIENCE {
                return Ok(fired);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub async fn close(self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.lifecycle.stop(Duration::from_secs(10)).await,
            "the database did not close"
        );
        Ok(())
    }
}

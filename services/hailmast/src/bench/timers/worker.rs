//! A scheduler as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use campaigns::timers::{Bell, Handler, Pace, Scheduler, Timer};
use chassis::lifecycle::Lifecycle;
use chassis::{Clock, Tx};
use contract::{RunId, UnixMillis};
use futures::future::BoxFuture;
use sea_orm::ConnectionTrait;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::place;
use crate::process::Usage;

/// Writes a row for each timer, in the transaction that ends it.
struct Note {
    engine: chassis::Engine,
}

impl Handler for Note {
    fn kind(&self) -> &'static str {
        place::KIND
    }

    fn fire<'t>(
        &'t self,
        tx: &'t Tx,
        now: UnixMillis,
        due: &'t [Timer],
    ) -> BoxFuture<'t, anyhow::Result<()>> {
        Box::pin(async move {
            let ids: Vec<[String; 1]> = due
                .iter()
                .map(|timer| [timer.id.simple().to_string()])
                .collect();
            let text = format!(
                "insert into fired (id, at) select {}, $2 from {} as r",
                self.engine.uuid("r.value->>0"),
                self.engine.rows("$1")
            );
            let values = [serde_json::to_string(&ids)?.into(), now.0.into()];
            tx.execute_raw(self.engine.sql(text, values)).await?;
            Ok(())
        })
    }
}

/// Says `ready` and fires timers until it is killed.
pub async fn run(folder: PathBuf) -> anyhow::Result<ExitCode> {
    let lifecycle = Lifecycle::default();
    let db = place::open(&folder, &lifecycle).await?;
    let pace = Pace {
        batch: 500,
        lease: Duration::from_secs(1),
        poll: Duration::from_millis(250),
    };
    let handler = Arc::new(Note {
        engine: db.engine(),
    });
    let me = RunId::begin(Clock::system().now()).to_string();
    let scheduler = Scheduler::new(
        db,
        Clock::system(),
        Arc::new(Bell::default()),
        vec![handler],
        pace,
        me,
    );
    println!("ready");
    scheduler.run(lifecycle.stopping()).await;
    Ok(ExitCode::SUCCESS)
}

/// A running one.
pub struct Worker {
    child: Child,
}

impl Worker {
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bench", "timers", "--worker"])
            .arg(folder)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("a scheduler cannot be started")?;
        let output = child.stdout.take().context("no standard output")?;
        let first = BufReader::new(output).lines().next_line().await?;
        anyhow::ensure!(
            first.as_deref() == Some("ready"),
            "a scheduler did not get ready"
        );
        Ok(Self { child })
    }

    pub fn usage(&self) -> Usage {
        Usage::of(self.child.id())
    }

    /// SIGKILL, and waits for its end.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// Stands still for a while, as a machine that swaps or is migrated does.
    pub async fn freeze(&self, time: Duration) -> anyhow::Result<()> {
        self.signal("STOP").await?;
        tokio::time::sleep(time).await;
        self.signal("CONT").await
    }

    async fn signal(&self, name: &str) -> anyhow::Result<()> {
        let pid = self.child.id().context("the scheduler has ended")?;
        let done = Command::new("kill")
            .args([&format!("-{name}"), &pid.to_string()])
            .status()
            .await?;
        anyhow::ensure!(done.success(), "SIG{name} could not be sent");
        Ok(())
    }
}

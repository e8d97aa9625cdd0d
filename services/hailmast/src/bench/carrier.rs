//! The simulated carrier as a second process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

pub struct Carrier {
    pub address: SocketAddr,
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Carrier {
    pub async fn start(log: &Path, receipt_delay_ms: &str) -> anyhow::Result<Self> {
        Self::start_throttling(log, receipt_delay_ms, None).await
    }

    /// One that throws every so many submits back.
    pub async fn start_throttling(
        log: &Path,
        receipt_delay_ms: &str,
        every: Option<u32>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        if let Some(every) = every {
            command.args(["smsc", "--throttle-every", &every.to_string()]);
        } else {
            command.arg("smsc");
        }
        let mut child = command
            .args([
                "--listen",
                "127.0.0.1:0",
                "--receipt-delay-ms",
                receipt_delay_ms,
                "--log",
            ])
            .arg(log)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the simulated carrier cannot be started")?;
        let commands = child.stdin.take().context("no standard input")?;
        let mut answers =
            BufReader::new(child.stdout.take().context("no standard output")?).lines();
        let first: Value = serde_json::from_str(
            &answers
                .next_line()
                .await?
                .context("the carrier ended at once")?,
        )?;
        let address = first["listening"]
            .as_str()
            .context("the carrier did not say where it listens")?
            .parse()?;
        Ok(Self {
            address,
            child,
            commands,
            answers,
        })
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Obeys one command and answers with a line of JSON.
    pub async fn command(&mut self, line: &str) -> anyhow::Result<Value> {
        self.commands
            .write_all(format!("{line}\n").as_bytes())
            .await?;
        let answer = self.answers.next_line().await?;
        Ok(serde_json::from_str(
            &answer.context("the carrier has ended")?,
        )?)
    }

    /// Flushes its log and ends.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.commands.write_all(b"stop\n").await?;
        while self.answers.next_line().await?.is_some() {}
        self.child.wait().await?;
        Ok(())
    }
}

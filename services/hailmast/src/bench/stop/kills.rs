//! kill -9 at instants that a seed chooses.

use std::sync::Arc;
use std::time::{Duration, Instant};

use channels::simulator::StopEntry;

use super::SharedCarrier;
use super::chance::Chance;
use super::running::Running;
use super::texter::{StopLog, micros};

/// From one recovery to the next kill, in milliseconds.
const SHORTEST: u64 = 500;
const IN_HAND: Duration = Duration::from_millis(500);
const UP_WITHIN: Duration = Duration::from_secs(60);

pub struct Kills {
    running: Arc<Running>,
    carrier: SharedCarrier,
    log: StopLog,
    chance: Chance,
}

impl Kills {
    pub const fn new(
        running: Arc<Running>,
        carrier: SharedCarrier,
        log: StopLog,
        seed: u64,
    ) -> Self {
        let chance = Chance::new(seed ^ 0x006B_696C_6C73);
        Self {
            running,
            carrier,
            log,
            chance,
        }
    }

    /// Kills so many times, about evenly spread over `during`.
    pub async fn run(&self, times: usize, during: Duration) -> anyhow::Result<()> {
        let (begun, mut chance) = (Instant::now(), self.chance.clone());
        for done in 0..times {
            let left = during.saturating_sub(begun.elapsed()).as_millis();
            let share = u64::try_from(left / (times - done) as u128).unwrap_or(0);
            // Half of the share on average: starting again takes its time as well.
            let wait = chance.between(SHORTEST, share.max(2 * SHORTEST));
            tokio::time::sleep(Duration::from_millis(wait)).await;
            self.down()?;
            if done % 3 == 2 {
                self.running.kill_nats().await?;
            } else {
                self.running.kill_process().await?;
            }
            self.until_up().await?;
        }
        Ok(())
    }

    /// Notes that something is down from now on.
    pub fn down(&self) -> anyhow::Result<()> {
        self.log.add(&StopEntry::Down { t: micros() })
    }

    /// Waits until everything is up, and notes it: the API is ready, the carrier is bound, and texts flow that
    /// were not permitted before.
    pub async fn until_up(&self) -> anyhow::Result<()> {
        let since = Instant::now();
        let (mut ready_since, mut before) = (None, None);
        while since.elapsed() < UP_WITHIN {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if !self.running.ready().await {
                ready_since = None;
                continue;
            }
            // What was in hand has left by then.
            if ready_since.get_or_insert_with(Instant::now).elapsed() < IN_HAND {
                continue;
            }
            let stats = self.carrier.lock().await.command("stats").await?;
            let submits = stats["submits"].as_u64().unwrap_or(0);
            if stats["bound"].as_u64() > Some(0) && submits > *before.get_or_insert(submits) {
                return self.log.add(&StopEntry::Up { t: micros() });
            }
        }
        anyhow::bail!("no text left within a minute of a kill")
    }
}

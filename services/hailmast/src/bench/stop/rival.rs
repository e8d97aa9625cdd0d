//! A dispatcher that is frozen with permits in its hands, its successor, and its awakening.

use std::time::Duration;

use super::kills::Kills;
use super::running::Running;

/// Texts flow for this long before the first is frozen, and after it goes on.
const BEFORE: Duration = Duration::from_secs(3);
/// Its successor gets this far with the chunks that both know.
const AHEAD: Duration = Duration::from_secs(2);

/// Freezes the first dispatcher, starts another of its name, waits until that one has settled what was left
/// open and hands over, and lets the first go on.
pub async fn take_over(running: &Running, kills: &Kills, during: Duration) -> anyhow::Result<()> {
    let begun = tokio::time::Instant::now();
    tokio::time::sleep(BEFORE).await;
    kills.down()?;
    running.signal_beside("-STOP").await?;
    running.start_beside("dispatch").await?;
    kills.until_up().await?;
    tokio::time::sleep(AHEAD).await;
    running.signal_beside("-CONT").await?;
    tokio::time::sleep_until(begun + during.max(BEFORE * 4)).await;
    Ok(())
}

//! Takes one mechanism of the gate away, so that a test can show that the judge of the carrier's log would
//! find out. Only in builds with the feature `sabotage`, which is never on by default: in every other build
//! [`removed`] is the constant `false` and [`dawdle`] does nothing.

/// What can be taken away: `HAILMAST_SABOTAGE=row_lock|primary_key|epoch|closure_wait`, read once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// A person's row is held while permits are granted or an opt-out is recorded.
    RowLock,
    /// A text is permitted once, and told as permitted before from then on.
    PrimaryKey,
    /// A dispatcher that has a successor gets no permits.
    Epoch,
    /// An opt-out is confirmed once the permits that were open have closed.
    ClosureWait,
}

#[cfg(not(feature = "sabotage"))]
pub const fn removed(_: Mechanism) -> bool {
    false
}

/// Makes room for a race between looking at a standing and granting by it.
#[cfg(not(feature = "sabotage"))]
pub async fn dawdle() {}

#[cfg(feature = "sabotage")]
pub use on::{dawdle, removed};

#[cfg(feature = "sabotage")]
mod on {
    use std::sync::OnceLock;
    use std::time::Duration;

    use super::Mechanism;

    pub fn removed(mechanism: Mechanism) -> bool {
        static REMOVED: OnceLock<Option<Mechanism>> = OnceLock::new();
        *REMOVED.get_or_init(chosen) == Some(mechanism)
    }

    /// `HAILMAST_SABOTAGE_DELAY_MS`, also where nothing is removed: the comparison must bear the same load.
    pub async fn dawdle() {
        static DELAY: OnceLock<Duration> = OnceLock::new();
        let delay = DELAY.get_or_init(|| {
            let millis = std::env::var("HAILMAST_SABOTAGE_DELAY_MS");
            Duration::from_millis(millis.ok().and_then(|text| text.parse().ok()).unwrap_or(0))
        });
        if !delay.is_zero() {
            tokio::time::sleep(*delay).await;
        }
    }

    fn chosen() -> Option<Mechanism> {
        let chosen = match std::env::var("HAILMAST_SABOTAGE").ok()?.as_str() {
            "row_lock" => Mechanism::RowLock,
            "primary_key" => Mechanism::PrimaryKey,
            "epoch" => Mechanism::Epoch,
            "closure_wait" => Mechanism::ClosureWait,
            _ => return None,
        };
        tracing::error!(
            ?chosen,
            "SABOTAGED for a test: this process must never text anybody"
        );
        Some(chosen)
    }
}

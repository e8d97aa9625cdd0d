//! The rhythm of what is done once after the start and then daily.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::app::App;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Leave for a start to settle.
const FIRST_MILLIS: i64 = 60_000;
const DAY_MILLIS: i64 = 24 * 3_600_000;

/// When it is done next.
pub struct Days {
    due: i64,
}

impl Days {
    pub fn from_now(app: &App) -> Self {
        Self {
            due: app.cx.clock.millis().0 + FIRST_MILLIS,
        }
    }

    /// Waits until it is to be done, and says when that is. `None`: the service stops.
    pub async fn next(&mut self, app: &App) -> Option<DateTime<Utc>> {
        let stopping = app.cx.stopping();
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stopping.cancelled() => return None,
            }
            let now = app.cx.clock.now();
            if now.timestamp_millis() >= self.due {
                self.due = now.timestamp_millis() + DAY_MILLIS;
                return Some(now);
            }
        }
    }
}

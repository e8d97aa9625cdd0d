//! Slots of a schedule as timers: each owner has one, and whoever hears that it has come sets the next.

use chassis::Tx;
use chrono::{DateTime, Utc};
use contract::UnixMillis;
use futures::future::BoxFuture;
use sea_orm::prelude::Uuid;
use tokio::sync::Notify;

use super::{Handler, Timer, occurrence_id};

/// What happens at the slots of owners of one kind.
pub trait Scheduled: Send + Sync + 'static {
    const KIND: &'static str;

    /// Records what becomes of the slots from this one up to now, and sets the timer of the next.
    fn has_come<'t>(
        &'t self,
        tx: &'t Tx,
        owner: Uuid,
        slot: UnixMillis,
        now: UnixMillis,
    ) -> BoxFuture<'t, anyhow::Result<()>>;

    /// Rung after the commit.
    fn bell(&self) -> &Notify;
}

/// Hears of slots.
pub struct Slots<S>(pub S);

impl<S: Scheduled> Handler for Slots<S> {
    fn kind(&self) -> &'static str {
        S::KIND
    }

    fn fire<'t>(
        &'t self,
        tx: &'t Tx,
        now: UnixMillis,
        due: &'t [Timer],
    ) -> BoxFuture<'t, anyhow::Result<()>> {
        Box::pin(async move {
            for timer in due {
                self.0.has_come(tx, timer.owner, timer.due_at, now).await?;
            }
            Ok(())
        })
    }

    fn fired(&self) {
        self.0.bell().notify_one();
    }
}

/// The idempotency key of a slot: of its timer, and of what it starts.
pub fn slot_id(kind: &str, owner: Uuid, at: DateTime<Utc>) -> Uuid {
    occurrence_id(kind, owner, &[&at.timestamp_millis().to_be_bytes()])
}

/// The timer of a slot.
pub fn slot_timer(kind: &str, owner: Uuid, at: DateTime<Utc>) -> Timer {
    Timer {
        id: slot_id(kind, owner, at),
        kind: kind.to_string(),
        owner,
        due_at: at.into(),
    }
}

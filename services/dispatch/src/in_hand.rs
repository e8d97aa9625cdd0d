//! Slots being worked on: one that is delivered again meanwhile waits for the first to end, and no other does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use contract::chunk::SlotRef;
use tokio::sync::OwnedMutexGuard;

#[derive(Debug, Default)]
pub struct InHand {
    slots: Mutex<HashMap<SlotRef, Arc<tokio::sync::Mutex<()>>>>,
}

/// The slot is ours while this lives.
#[derive(Debug)]
pub struct Held<'h> {
    all: &'h InHand,
    slot: SlotRef,
    _lock: OwnedMutexGuard<()>,
}

impl InHand {
    pub async fn hold(&self, slot: SlotRef) -> Held<'_> {
        let lock = self
            .slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(slot)
            .or_default()
            .clone();
        Held {
            all: self,
            slot,
            _lock: lock.lock_owned().await,
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut slots = self
            .all
            .slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // One count is the map's, one the guard's: nobody else waits.
        if slots
            .get(&self.slot)
            .is_some_and(|lock| Arc::strong_count(lock) <= 2)
        {
            slots.remove(&self.slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::RunId;
    use std::time::Duration;

    #[tokio::test]
    async fn the_same_slot_waits_and_others_do_not() {
        let in_hand = InHand::default();
        let slot = |slot| SlotRef {
            run: RunId::from_raw(1 << 40),
            chunk: 3,
            slot,
        };
        let first = in_hand.hold(slot(1)).await;
        let _other = in_hand.hold(slot(2)).await;
        let again = in_hand.hold(slot(1));
        tokio::pin!(again);
        assert!(
            tokio::time::timeout(Duration::from_millis(10), &mut again)
                .await
                .is_err()
        );
        drop(first);
        drop(again.await);
        assert_eq!(in_hand.slots.lock().unwrap().len(), 1);
    }
}

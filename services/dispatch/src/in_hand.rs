//! Chunks being worked on: a chunk that is delivered again meanwhile waits for the first one to end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use contract::RunId;
use tokio::sync::OwnedMutexGuard;

type Key = (RunId, u32);

#[derive(Debug, Default)]
pub struct InHand {
    chunks: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<()>>>>,
}

/// The chunk is ours while this lives.
#[derive(Debug)]
pub struct Held<'h> {
    all: &'h InHand,
    key: Key,
    _lock: OwnedMutexGuard<()>,
}

impl InHand {
    pub async fn hold(&self, run: RunId, chunk: u32) -> Held<'_> {
        let key = (run, chunk);
        let lock = self
            .chunks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key)
            .or_default()
            .clone();
        Held {
            all: self,
            key,
            _lock: lock.lock_owned().await,
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut chunks = self
            .all
            .chunks
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // One count is the map's, one the guard's: nobody else waits.
        if chunks
            .get(&self.key)
            .is_some_and(|lock| Arc::strong_count(lock) <= 2)
        {
            chunks.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn the_same_chunk_waits_and_others_do_not() {
        let in_hand = InHand::default();
        let run = RunId::from_raw(1 << 40);
        let first = in_hand.hold(run, 1).await;
        let _other = in_hand.hold(run, 2).await;
        let again = in_hand.hold(run, 1);
        tokio::pin!(again);
        assert!(
            tokio::time::timeout(Duration::from_millis(10), &mut again)
                .await
                .is_err()
        );
        drop(first);
        drop(again.await);
        assert_eq!(in_hand.chunks.lock().unwrap().len(), 1);
    }
}

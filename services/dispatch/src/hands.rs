//! How many slots of chunks are worked on at once.

use contract::chunk::ChunkHead;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

use crate::sends;

/// Marketing and the other classes have hands of their own.
#[derive(Debug)]
pub struct Hands {
    marketing: Semaphore,
    urgent: Semaphore,
}

impl Hands {
    pub fn new(slots: usize) -> Self {
        Self {
            marketing: Semaphore::new(slots.max(1)),
            urgent: Semaphore::new(slots.max(1)),
        }
    }

    /// Waits for a hand; what somebody waits for needs none.
    pub async fn take(
        &self,
        head: &ChunkHead,
    ) -> Result<Option<SemaphorePermit<'_>>, AcquireError> {
        if head.class.is_reply() || sends::is_waited_for(head) {
            return Ok(None);
        }
        let hands = if head.class.is_urgent() {
            &self.urgent
        } else {
            &self.marketing
        };
        hands.acquire().await.map(Some)
    }
}

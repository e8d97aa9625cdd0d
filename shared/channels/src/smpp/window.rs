//! PDUs written and not yet answered, by sequence number.

use std::time::Instant;

use ahash::AHashMap;

use super::batches::Job;

#[derive(Debug)]
pub(super) struct Outstanding {
    pub(super) job: Job,
    /// Where in the connection's stream of bytes the PDU begins.
    pub(super) begins: u64,
    pub(super) at: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Window {
    by_sequence: AHashMap<u32, Outstanding>,
}

impl Window {
    pub(super) fn len(&self) -> usize {
        self.by_sequence.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_sequence.is_empty()
    }

    pub(super) fn insert(&mut self, sequence: u32, outstanding: Outstanding) {
        self.by_sequence.insert(sequence, outstanding);
    }

    pub(super) fn remove(&mut self, sequence: u32) -> Option<Outstanding> {
        self.by_sequence.remove(&sequence)
    }

    /// Takes out what has waited since before `limit`.
    pub(super) fn overdue(&mut self, limit: Instant) -> Vec<Outstanding> {
        self.by_sequence
            .extract_if(|_, o| o.at < limit)
            .map(|(_, o)| o)
            .collect()
    }

    /// Takes out everything: what had begun to leave, and (in order) what had not.
    pub(super) fn drain(&mut self, written: u64) -> (Vec<Outstanding>, Vec<Outstanding>) {
        let (begun, mut unwritten): (Vec<_>, Vec<_>) = self
            .by_sequence
            .drain()
            .map(|(_, o)| o)
            .partition(|o| o.begins < written);
        unwritten.sort_by_key(|o| o.begins);
        (begun, unwritten)
    }
}

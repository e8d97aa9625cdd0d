//! Run ids leave room for (chunk, position), so the id of a text is a function of its place.

use chrono::{DateTime, Utc};

use super::{Id, RunId, kinds};

/// Bits of a run id left free for (chunk, position).
const PLACE_BITS: u32 = 40;
const POSITION_BITS: u32 = 16;

impl Id<kinds::Run> {
    /// A new run id. The low 40 bits are zero so that (chunk, position) fit into message ids.
    pub fn begin(now: DateTime<Utc>) -> Self {
        Self::from_raw(Self::at(now).raw >> PLACE_BITS << PLACE_BITS)
    }

    /// `n` new run ids that differ for certain and as a rule ascend. Drawn one by one, a few thousand ids of one
    /// millisecond would meet now and then, since only 34 bits of a run id are random.
    pub fn begin_many(now: DateTime<Utc>, n: usize) -> impl Iterator<Item = Self> {
        // The random bits of a UUIDv7, below the version and below the variant.
        const HIGH: u128 = 0xFFF << 64;
        const LOW: u128 = 0x3F_FFFF << PLACE_BITS;
        let first = Self::begin(now).raw;
        let start = (first & HIGH) >> 42 | (first & LOW) >> PLACE_BITS;
        (0..n as u128).map(move |n| {
            let own = start + n;
            Self::from_raw(first & !HIGH & !LOW | own << 42 & HIGH | own << PLACE_BITS & LOW)
        })
    }
}

impl Id<kinds::Message> {
    /// The id of the text at `position` (below 65,536) of `chunk` (below 16,777,216) of `run`.
    ///
    /// It is a pure function, so a replay, a redelivery or a second scheduler names the same text.
    pub const fn of(run: RunId, chunk: u32, position: u16) -> Self {
        let place = ((chunk as u128) & 0xFF_FFFF) << POSITION_BITS | position as u128;
        Self::from_raw(run.raw >> PLACE_BITS << PLACE_BITS | place)
    }

    pub const fn run(self) -> RunId {
        RunId::from_raw(self.raw >> PLACE_BITS << PLACE_BITS)
    }

    pub const fn chunk(self) -> u32 {
        ((self.raw >> POSITION_BITS) & 0xFF_FFFF) as u32
    }

    pub const fn position(self) -> u16 {
        (self.raw & 0xFFFF) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnixMillis;
    use crate::ids::MessageId;

    #[test]
    fn a_message_id_tells_its_run_chunk_and_position() {
        let run = RunId::begin(DateTime::UNIX_EPOCH + chrono::Duration::days(20_000));
        let message = MessageId::of(run, 16_777_215, 65_535);
        assert_eq!(
            (message.run(), message.chunk(), message.position()),
            (run, 16_777_215, 65_535)
        );
        assert!(MessageId::of(run, 1, 0) > MessageId::of(run, 0, 65_535));
    }

    #[test]
    fn many_run_ids_of_one_instant_differ_and_keep_their_form() {
        let now = DateTime::UNIX_EPOCH + chrono::Duration::days(20_000);
        for _ in 0..20 {
            let ids: std::collections::BTreeSet<RunId> = RunId::begin_many(now, 70_000).collect();
            assert_eq!(ids.len(), 70_000);
            for id in ids {
                assert_eq!(MessageId::of(id, 0, 0).run(), id);
                assert_eq!(id.made_at(), UnixMillis::from(now));
                assert_eq!(id.uuid().get_version_num(), 7);
                assert_eq!(id.uuid().get_variant(), uuid::Variant::RFC4122);
            }
        }
    }
}

//! Cutting a chunk into slots, always at the same places, and texts into pieces that their lane's pace lets
//! leave at once.

use contract::chunk::{SLOT_SIZE, SlotRef, Text};
use contract::ids::RunId;

/// The texts of one slot, in ascending order of position.
#[derive(Debug, PartialEq)]
pub struct SlotTexts {
    pub slot: SlotRef,
    pub texts: Vec<Text>,
}

/// Place of a position in its slot.
#[expect(clippy::cast_possible_truncation, reason = "below SLOT_SIZE")]
pub const fn place(position: u16) -> u8 {
    (position as usize % SLOT_SIZE) as u8
}

/// Slot of a position; `None` for positions beyond the largest chunk.
pub fn slot_of(position: u16) -> Option<u8> {
    u8::try_from(usize::from(position) / SLOT_SIZE).ok()
}

/// Position of a place in a slot.
#[expect(clippy::cast_possible_truncation, reason = "SLOT_SIZE is 64")]
pub const fn position(slot: u8, place: u8) -> u16 {
    slot as u16 * SLOT_SIZE as u16 + place as u16
}

/// Cuts a chunk's texts. Of several texts for one position only the first counts.
pub fn cut(run: RunId, chunk: u32, mut texts: Vec<Text>) -> Vec<SlotTexts> {
    texts.sort_by_key(|text| text.position);
    texts.dedup_by_key(|text| text.position);
    let mut slots: Vec<SlotTexts> = Vec::with_capacity(texts.len() / SLOT_SIZE + 1);
    for text in texts {
        let Some(slot) = slot_of(text.position) else {
            continue;
        };
        if slots.last().is_none_or(|last| last.slot.slot != slot) {
            slots.push(SlotTexts {
                slot: SlotRef { run, chunk, slot },
                texts: Vec::with_capacity(SLOT_SIZE),
            });
        }
        if let Some(last) = slots.last_mut() {
            last.texts.push(text);
        }
    }
    slots
}

/// Cuts texts into pieces that are asked for one after the other. `largest`: segments that may leave at
/// once; a piece holds at least one text.
pub fn pieces(texts: Vec<Text>, largest: Option<u32>) -> Vec<Vec<Text>> {
    let Some(largest) = largest else {
        return vec![texts];
    };
    let (mut pieces, mut segments) = (vec![Vec::new()], 0);
    for text in texts {
        let size = u32::from(text.segments.max(1));
        if segments > 0 && segments + size > largest {
            pieces.push(Vec::new());
            segments = 0;
        }
        segments += size;
        if let Some(piece) = pieces.last_mut() {
            piece.push(text);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::chunk::Encoding;
    use contract::ids::{ContactId, DecisionId};
    use contract::phone::Phone;

    fn text(position: u16, segments: u8) -> Text {
        Text {
            position,
            contact: ContactId::from_raw(u128::from(position)),
            phone: Phone::from_digits(15_005_551_000 + u64::from(position)).unwrap(),
            zone: None,
            decision: DecisionId::from_raw(1),
            encoding: Encoding::Gsm7,
            segments,
            body: "hi".to_string(),
        }
    }

    #[test]
    fn slots_are_cut_at_fixed_places_whoever_is_missing() {
        let run = RunId::from_raw(1 << 40);
        let shape = |texts: Vec<Text>| -> Vec<(u8, usize)> {
            let slots = cut(run, 3, texts).into_iter();
            slots
                .map(|slot| (slot.slot.slot, slot.texts.len()))
                .collect()
        };
        let all = (0..130).map(|p| text(p, 1)).collect();
        assert_eq!(shape(all), [(0, 64), (1, 64), (2, 2)]);
        let some = vec![text(129, 1), text(5, 1), text(64, 1), text(5, 1)];
        assert_eq!(shape(some), [(0, 1), (1, 1), (2, 1)]);
    }

    #[test]
    fn a_slow_lane_gets_small_pieces_of_at_least_one_text() {
        let sizes = |segments, largest| -> Vec<usize> {
            let texts = (0..5).map(|p| text(p, segments)).collect();
            pieces(texts, largest).iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(2, Some(4)), [2, 2, 1]);
        assert_eq!(sizes(3, Some(1)), [1, 1, 1, 1, 1]);
        assert_eq!(sizes(3, None), [5]);
    }

    #[test]
    fn a_position_finds_its_place_and_back() {
        for p in [0, 63, 64, 511] {
            assert_eq!(position(slot_of(p).unwrap(), place(p)), p);
        }
        assert_eq!(slot_of(u16::MAX), None);
    }
}

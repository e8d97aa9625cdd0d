//! Cutting a chunk into slots, always at the same places, and a slot into pieces that its lane's pace lets
//! leave at once.

use contract::chunk::{SLOT_SIZE, SlotRef, Text};
use contract::ids::RunId;

/// The texts of one slot, in ascending order of position, cut into pieces asked for one after the other.
#[derive(Debug, PartialEq)]
pub struct SlotTexts {
    pub slot: SlotRef,
    pub pieces: Vec<Vec<Text>>,
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

/// Cuts a chunk's texts. `largest_piece`: segments that may leave at once; a piece holds at least one text.
/// Of several texts for one position only the first counts.
pub fn cut(
    run: RunId,
    chunk: u32,
    mut texts: Vec<Text>,
    largest_piece: Option<u32>,
) -> Vec<SlotTexts> {
    texts.sort_by_key(|text| text.position);
    texts.dedup_by_key(|text| text.position);
    let mut slots: Vec<SlotTexts> = Vec::with_capacity(texts.len() / SLOT_SIZE + 1);
    let mut segments = 0;
    for text in texts {
        let Some(slot) = slot_of(text.position) else {
            continue;
        };
        let size = u32::from(text.segments.max(1));
        if slots.last().is_none_or(|last| last.slot.slot != slot) {
            slots.push(SlotTexts {
                slot: SlotRef { run, chunk, slot },
                pieces: vec![Vec::with_capacity(SLOT_SIZE)],
            });
            segments = 0;
        }
        let Some(last) = slots.last_mut() else {
            continue;
        };
        if segments > 0 && largest_piece.is_some_and(|most| segments + size > most) {
            last.pieces.push(Vec::new());
            segments = 0;
        }
        segments += size;
        if let Some(piece) = last.pieces.last_mut() {
            piece.push(text);
        }
    }
    slots
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

    fn shape(slots: &[SlotTexts]) -> Vec<(u8, Vec<usize>)> {
        slots
            .iter()
            .map(|slot| (slot.slot.slot, slot.pieces.iter().map(Vec::len).collect()))
            .collect()
    }

    #[test]
    fn slots_are_cut_at_fixed_places_whoever_is_missing() {
        let run = RunId::from_raw(1 << 40);
        let all = cut(run, 3, (0..130).map(|p| text(p, 1)).collect(), None);
        assert_eq!(shape(&all), [(0, vec![64]), (1, vec![64]), (2, vec![2])]);
        let some = cut(
            run,
            3,
            vec![text(129, 1), text(5, 1), text(64, 1), text(5, 1)],
            None,
        );
        assert_eq!(shape(&some), [(0, vec![1]), (1, vec![1]), (2, vec![1])]);
    }

    #[test]
    fn a_slow_lane_gets_small_pieces_of_at_least_one_text() {
        let run = RunId::from_raw(1 << 40);
        let slots = cut(run, 0, (0..5).map(|p| text(p, 2)).collect(), Some(4));
        assert_eq!(shape(&slots), [(0, vec![2, 2, 1])]);
        let slots = cut(run, 0, (0..3).map(|p| text(p, 3)).collect(), Some(1));
        assert_eq!(shape(&slots), [(0, vec![1, 1, 1])]);
    }

    #[test]
    fn a_position_finds_its_place_and_back() {
        for p in [0, 63, 64, 511] {
            assert_eq!(position(slot_of(p).unwrap(), place(p)), p);
        }
        assert_eq!(slot_of(u16::MAX), None);
    }
}

//! What a receipt does to a message: its state only ever rises, so receipts may come in any order and any
//! number of times.
//!
//! The order: unknown, failed (the provider surely never took a text that was unknown), handed over, undelivered,
//! delivered. A receipt that contradicts a look-up thus wins, whichever came first.

use contract::chunk::Outcome;

/// The state after a receipt (or a look-up), or `None` if it changes nothing. `handed`: as it was at hand-over.
///
/// A text that no carrier accepted cannot be delivered, whatever a receipt says. Only what was unknown can turn out to
/// be handed over, or to have failed.
pub fn fold(handed: Outcome, state: Outcome, receipt: Outcome) -> Option<Outcome> {
    let says = match receipt {
        Outcome::Undelivered | Outcome::Delivered => handed >= Outcome::Unknown,
        Outcome::Failed | Outcome::HandedOver => handed == Outcome::Unknown,
        _ => false,
    };
    (says && height(receipt) > height(state)).then_some(receipt)
}

/// Above unknown and below handed over: here only texts fail that were unknown.
const fn height(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Failed => Outcome::Unknown.rank() + 5,
        other => other.rank(),
    }
}

/// Whether a later receipt could still change the state of a text that the carrier accepted, or may have.
pub fn may_rise(handed: Outcome, state: Outcome) -> bool {
    match state {
        Outcome::Unknown | Outcome::HandedOver | Outcome::Undelivered => true,
        Outcome::Failed => handed == Outcome::Unknown,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn receipts() -> impl Strategy<Value = Vec<Outcome>> {
        let one = prop::sample::select(vec![
            Outcome::Failed,
            Outcome::HandedOver,
            Outcome::Undelivered,
            Outcome::Delivered,
        ]);
        prop::collection::vec(one, 0..6)
    }

    fn after(handed: Outcome, receipts: &[Outcome]) -> Outcome {
        receipts.iter().fold(handed, |state, receipt| {
            fold(handed, state, *receipt).unwrap_or(state)
        })
    }

    proptest! {
        #[test]
        fn receipts_in_any_order_and_number_give_the_same_state(
            (receipts, shuffled) in receipts().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
            again in 0_usize..6,
            handed in prop::sample::select(vec![Outcome::Unknown, Outcome::HandedOver]),
        ) {
            let mut repeated = shuffled.clone();
            repeated.extend(shuffled.iter().take(again).copied());
            prop_assert_eq!(after(handed, &receipts), after(handed, &repeated));
        }

        #[test]
        fn a_state_never_falls(start in prop::sample::select(Outcome::ALL.to_vec()), receipts in receipts()) {
            let end = after(start, &receipts);
            prop_assert!(end == start || height(end) > height(start));
        }
    }

    #[test]
    fn a_text_that_never_left_cannot_be_delivered() {
        for state in [
            Outcome::Failed,
            Outcome::Suppressed,
            Outcome::Expired,
            Outcome::Cancelled,
        ] {
            assert_eq!(fold(state, state, Outcome::Delivered), None);
            assert!(!may_rise(state, state));
        }
    }

    #[test]
    fn only_an_unknown_text_turns_out_to_be_taken_or_not() {
        let (unknown, handed) = (Outcome::Unknown, Outcome::HandedOver);
        assert_eq!(fold(unknown, unknown, handed), Some(handed));
        assert_eq!(
            fold(unknown, unknown, Outcome::Failed),
            Some(Outcome::Failed)
        );
        assert_eq!(fold(handed, handed, handed), None);
        assert_eq!(fold(handed, handed, Outcome::Failed), None);
        assert_eq!(fold(unknown, unknown, Outcome::Pending), None);
    }

    #[test]
    fn a_receipt_beats_a_look_up_that_found_nothing() {
        let (unknown, failed) = (Outcome::Unknown, Outcome::Failed);
        assert!(may_rise(unknown, failed));
        for receipt in [
            Outcome::HandedOver,
            Outcome::Undelivered,
            Outcome::Delivered,
        ] {
            assert_eq!(fold(unknown, failed, receipt), Some(receipt));
            assert_eq!(fold(unknown, receipt, failed), None);
        }
    }
}

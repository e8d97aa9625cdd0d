//! What a receipt does to a message: its state only ever rises, so receipts may come in any order and any
//! number of times.

use contract::chunk::Outcome;

/// The state after a receipt, or `None` if the receipt changes nothing.
///
/// A text that no carrier accepted cannot be delivered, whatever a receipt says.
pub fn fold(state: Outcome, receipt: Outcome) -> Option<Outcome> {
    let about_the_handset = matches!(receipt, Outcome::Undelivered | Outcome::Delivered);
    let accepted = state >= Outcome::Unknown;
    (about_the_handset && accepted && receipt > state).then_some(receipt)
}

/// Whether a later receipt could still change the state of a text that the carrier accepted, or may have.
pub const fn may_rise(state: Outcome) -> bool {
    matches!(
        state,
        Outcome::Unknown | Outcome::HandedOver | Outcome::Undelivered
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn receipts() -> impl Strategy<Value = Vec<Outcome>> {
        let one = prop::sample::select(vec![
            Outcome::HandedOver,
            Outcome::Undelivered,
            Outcome::Delivered,
        ]);
        prop::collection::vec(one, 0..6)
    }

    fn after(state: Outcome, receipts: &[Outcome]) -> Outcome {
        receipts.iter().fold(state, |state, receipt| {
            fold(state, *receipt).unwrap_or(state)
        })
    }

    proptest! {
        #[test]
        fn receipts_in_any_order_and_number_give_the_same_state(
            (receipts, shuffled) in receipts().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
            again in 0_usize..6,
        ) {
            let mut repeated = shuffled.clone();
            repeated.extend(shuffled.iter().take(again).copied());
            prop_assert_eq!(after(Outcome::HandedOver, &receipts), after(Outcome::HandedOver, &repeated));
        }

        #[test]
        fn a_state_never_falls(start in prop::sample::select(Outcome::ALL.to_vec()), receipts in receipts()) {
            prop_assert!(after(start, &receipts) >= start);
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
            assert_eq!(fold(state, Outcome::Delivered), None);
        }
    }

    #[test]
    fn an_intermediate_receipt_changes_nothing() {
        assert_eq!(fold(Outcome::HandedOver, Outcome::HandedOver), None);
        assert_eq!(fold(Outcome::Unknown, Outcome::Pending), None);
    }
}

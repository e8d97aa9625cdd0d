use contract::chunk::CHUNK_SIZE;
use proptest::prelude::*;

use super::*;

fn mark() -> impl Strategy<Value = Mark> {
    let reasons = prop::sample::select(vec![
        "OK",
        "NO_CONSENT",
        "QUIET_HOURS",
        "CARRIER_REJECTED",
        "NOT_TAKEN",
    ]);
    let until = prop::option::of((0i64..5).prop_map(UnixMillis));
    (prop::sample::select(&Outcome::ALL[1..]), reasons, until)
        .prop_map(|(outcome, reason, until)| Mark::new(outcome, reason.to_string().into(), until))
}

fn reports() -> impl Strategy<Value = Vec<(Mark, Vec<u16>)>> {
    prop::collection::vec((mark(), prop::collection::vec(0u16..24, 0..8)), 0..20)
}

fn fold(n: usize, reports: &[(Mark, Vec<u16>)]) -> Vec<Mark> {
    let mut marks = Marks::pending(n);
    for (mark, positions) in reports {
        marks.fold(mark, positions);
    }
    marks.iter().map(|(_, mark)| mark.clone()).collect()
}

proptest! {
    #[test]
    fn any_order_and_any_duplication_of_reports_end_in_the_same_marks(
        (reports, shuffled) in reports().prop_flat_map(|r| {
            let doubled: Vec<_> = r.iter().chain(&r).cloned().collect();
            (Just(r), Just(doubled).prop_shuffle())
        })
    ) {
        prop_assert_eq!(fold(20, &reports), fold(20, &shuffled));
    }

    #[test]
    fn a_position_never_moves_to_a_lower_rank(reports in reports()) {
        let mut marks = Marks::pending(20);
        for (mark, positions) in &reports {
            let before: Vec<u8> = marks.iter().map(|(_, m)| m.height()).collect();
            marks.fold(mark, positions);
            let after = marks.iter().map(|(_, m)| m.height());
            prop_assert!(before.iter().zip(after).all(|(before, after)| *before <= after));
        }
    }

    #[test]
    fn counts_add_up_and_survive_storage(reports in reports()) {
        let mut marks = Marks::pending(20);
        for (mark, positions) in &reports {
            marks.fold(mark, positions);
        }
        prop_assert_eq!(marks.tally().iter().map(|c| c.count).sum::<u64>(), 20);
        let back = Marks::decode(20, &marks.encode().unwrap()).unwrap();
        prop_assert!(back.iter().eq(marks.iter()));
    }

    #[test]
    fn reading_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(marks) = Marks::decode(4, &bytes) {
            prop_assert_eq!(marks.len(), 4);
        }
    }
}

#[test]
fn a_late_hand_over_wins_over_a_cancellation() {
    let mut marks = Marks::pending(2);
    marks.fold(
        &Mark::new(Outcome::Cancelled, Reason::CAMPAIGN_CANCELLED, None),
        &[0, 1],
    );
    marks.fold(&Mark::new(Outcome::HandedOver, Reason::OK, None), &[1]);
    marks.fold(
        &Mark::new(Outcome::Cancelled, Reason::CAMPAIGN_CANCELLED, None),
        &[0, 1],
    );
    let outcomes: Vec<Outcome> = marks.iter().map(|(_, mark)| mark.outcome).collect();
    assert_eq!(outcomes, [Outcome::Cancelled, Outcome::HandedOver]);
}

#[test]
fn those_held_for_a_reason_come_back_the_first_ones_first() {
    let mut marks = Marks::pending(10);
    let held = |reason, until| Mark::new(Outcome::Held, reason, until);
    let (now, later) = (UnixMillis(5), Some(UnixMillis(9)));
    marks.fold(&held(Reason::OPERATOR_PAUSED, later), &[1, 3, 5]);
    marks.fold(&held(Reason::OPERATOR_PAUSED, Some(UnixMillis(4))), &[2]);
    marks.fold(&held(Reason::QUIET_HOURS, later), &[4]);
    marks.fold(&held(Reason::OPERATOR_PAUSED, None), &[6]);
    assert_eq!(marks.come_back(&Reason::PACE_QUEUE, now, 10), 0);
    assert_eq!(marks.come_back(&Reason::OPERATOR_PAUSED, now, 2), 2);
    let due = |marks: &Marks| -> Vec<u16> {
        let due = marks.iter().filter(|(_, mark)| mark.until == Some(now));
        due.map(|(position, _)| position).collect()
    };
    assert_eq!(due(&marks), [1, 3]);
    assert_eq!(marks.come_back(&Reason::OPERATOR_PAUSED, now, 10), 1);
    assert_eq!(marks.come_back(&Reason::OPERATOR_PAUSED, now, 10), 0);
    assert_eq!(due(&marks), [1, 3, 5]);
}

#[test]
fn what_was_unknown_may_turn_out_never_to_have_been_taken_and_a_receipt_beats_that() {
    let unknown = Mark::new(Outcome::Unknown, Reason::OUTCOME_UNKNOWN, None);
    let not_taken = Mark::new(Outcome::Failed, Reason::NOT_TAKEN, None);
    let taken = Mark::new(Outcome::Delivered, Reason::OK, None);
    assert_eq!(
        fold(
            1,
            &[(not_taken.clone(), vec![0]), (unknown.clone(), vec![0])]
        ),
        std::slice::from_ref(&not_taken)
    );
    assert_eq!(
        fold(
            1,
            &[
                (taken.clone(), vec![0]),
                (not_taken, vec![0]),
                (unknown, vec![0])
            ]
        ),
        [taken]
    );
}

#[test]
fn releasing_frees_held_positions_only() {
    let mut marks = Marks::pending(CHUNK_SIZE);
    marks.fold(
        &Mark::new(Outcome::Held, Reason::QUIET_HOURS, Some(UnixMillis(5))),
        &[0, 1],
    );
    marks.fold(
        &Mark::new(Outcome::Suppressed, Reason::NO_CONSENT, None),
        &[2],
    );
    marks.release(&[0, 2, 9_999]);
    let held: Vec<u16> = marks
        .iter()
        .filter(|(_, m)| m.outcome == Outcome::Held)
        .map(|(p, _)| p)
        .collect();
    assert_eq!(held, [1]);
    assert_eq!(
        marks
            .tally()
            .iter()
            .find(|c| c.outcome == Outcome::Suppressed)
            .map(|c| c.count),
        Some(1)
    );
}

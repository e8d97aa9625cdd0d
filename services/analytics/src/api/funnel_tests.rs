use proptest::prelude::*;

use super::*;
use crate::fold::{Message, Moves, Step};

#[test]
fn the_states_add_up_to_the_recipients() {
    let sum = |outcome: Outcome, reason: &str, messages| Sum {
        hour: 0,
        rank: outcome.rank(),
        reason: reason.into(),
        messages,
        segments: 0,
    };
    let run = Run {
        no: 1,
        run: RunId::from_raw(0),
        tenant: TenantId::from_raw(0),
        campaign: None,
        recipients: Some(20),
        started_at: None,
        closed_at: None,
        revision: None,
        restated_at: None,
    };
    let sums = [
        sum(Outcome::Suppressed, "NO_CONSENT", 3),
        sum(Outcome::Suppressed, "OPTED_OUT_GLOBAL", 2),
        sum(Outcome::Failed, "MERGE_FIELD_MISSING", 1),
        sum(Outcome::HandedOver, "OK", 4),
        sum(Outcome::Delivered, "OK", 5),
        sum(Outcome::Undelivered, "UNDELIVERABLE", 0),
    ];
    let funnel = count(&sums, &[run]);
    assert_eq!(
        (
            funnel.handed_over,
            funnel.pending,
            funnel.suppressed["NO_CONSENT"]
        ),
        (9, 5, 3)
    );
}

#[test]
fn a_funnel_is_stated_when_its_runs_have_closed_and_final_when_no_receipt_can_come() {
    let run = |closed_at: Option<i64>, revision| Run {
        no: 1,
        run: RunId::from_raw(0),
        tenant: TenantId::from_raw(0),
        campaign: None,
        recipients: Some(1),
        started_at: None,
        closed_at: closed_at.map(UnixMillis),
        revision,
        restated_at: revision.filter(|n| *n > 1).map(UnixMillis),
    };
    let horizon = Horizon::of_hours(1);
    let stated = |awaiting_receipt, runs: &[Run], late, now| {
        let mut funnel = Funnel {
            awaiting_receipt,
            ..Funnel::default()
        };
        funnel.state(runs, late, horizon, UnixMillis(now));
        let restated_at = funnel.restated_at.map(|at| at.timestamp_millis());
        (funnel.provisional, funnel.revision, restated_at)
    };
    let none = Changes::default();
    let late = Changes {
        count: 2,
        at: Some(UnixMillis(9)),
    };
    let hour = 3_600_000;
    let (open, closed) = (run(None, None), run(Some(10), Some(1)));
    assert_eq!(
        stated(0, std::slice::from_ref(&open), none, 0),
        (true, None, None)
    );
    assert_eq!(
        stated(0, &[closed.clone(), open], none, hour * 5),
        (true, None, None)
    );
    assert_eq!(
        stated(1, std::slice::from_ref(&closed), none, hour),
        (true, Some(1), None)
    );
    assert_eq!(
        stated(1, std::slice::from_ref(&closed), none, hour + 10),
        (false, Some(1), None)
    );
    assert_eq!(
        stated(0, std::slice::from_ref(&closed), none, 10),
        (false, Some(1), None)
    );
    let twice = run(Some(10), Some(3));
    assert_eq!(
        stated(1, &[closed, twice], late, hour * 2),
        (false, Some(5), Some(9))
    );
}

#[test]
fn a_closed_run_whose_outcomes_are_not_all_here_is_provisional_and_not_yet_stated() {
    let run = Run {
        no: 1,
        run: RunId::from_raw(0),
        tenant: TenantId::from_raw(0),
        campaign: None,
        recipients: Some(3),
        started_at: None,
        closed_at: Some(UnixMillis(0)),
        revision: Some(1),
        restated_at: None,
    };
    let sums = |messages| {
        [Sum {
            hour: 0,
            rank: Outcome::Suppressed.rank(),
            reason: "NO_CONSENT".into(),
            messages,
            segments: 0,
        }]
    };
    let stated = |messages| {
        let runs = std::slice::from_ref(&run);
        let mut funnel = count(&sums(messages), runs);
        funnel.state(runs, Changes::default(), HORIZON, UnixMillis(i64::MAX));
        (funnel.provisional, funnel.revision)
    };
    assert_eq!(stated(2), (true, None));
    assert_eq!(stated(3), (false, Some(1)));
}

const HORIZON: Horizon = Horizon::of_hours(1);

/// What is heard of one text, in the order in which it happens.
type Way = &'static [(Heard, Outcome, Reason)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// From our own stages.
    Stage,
    /// From a receipt or a look-up.
    Carrier,
}
use Heard::{Carrier, Stage};

const WAYS: [Way; 13] = [
    &[(Stage, Outcome::Suppressed, Reason::NO_CONSENT)],
    &[(Stage, Outcome::Cancelled, Reason::OK)],
    &[(Stage, Outcome::Expired, Reason::OK)],
    &[(Stage, Outcome::Failed, Reason::CARRIER_REJECTED)],
    &[(Stage, Outcome::HandedOver, Reason::OK)],
    &[
        (Stage, Outcome::HandedOver, Reason::OK),
        (Carrier, Outcome::Delivered, Reason::OK),
    ],
    &[
        (Stage, Outcome::HandedOver, Reason::OK),
        (Carrier, Outcome::Undelivered, Reason::UNDELIVERABLE),
        (Carrier, Outcome::Delivered, Reason::OK),
    ],
    &[(Stage, Outcome::Unknown, Reason::OK)],
    &[
        (Stage, Outcome::Unknown, Reason::OK),
        (Carrier, Outcome::HandedOver, Reason::OK),
    ],
    &[
        (Stage, Outcome::Unknown, Reason::OK),
        (Carrier, Outcome::HandedOver, Reason::OK),
        (Carrier, Outcome::Undelivered, Reason::UNDELIVERABLE),
    ],
    &[
        (Stage, Outcome::Unknown, Reason::OK),
        (Carrier, Outcome::Delivered, Reason::OK),
    ],
    &[
        (Stage, Outcome::Unknown, Reason::OK),
        (Carrier, Outcome::Failed, Reason::NOT_TAKEN),
    ],
    &[
        (Stage, Outcome::Unknown, Reason::OK),
        (Carrier, Outcome::Failed, Reason::NOT_TAKEN),
        (Carrier, Outcome::Delivered, Reason::OK),
    ],
];

/// An event as it comes: of a text, or the sums of the run stated once more.
#[derive(Debug, Clone)]
enum Event {
    Text(usize, (Heard, Outcome, Reason)),
    Stated(i64),
}

/// The funnel of one run after these events.
fn after(texts: usize, events: &[Event], now: UnixMillis) -> Funnel {
    let mut known = vec![Message::default(); texts];
    let mut revision = None;
    for event in events {
        match event {
            Event::Stated(n) => revision = revision.max(Some(*n)),
            Event::Text(text, (heard, outcome, reason)) => {
                let step = Step {
                    rank: outcome.rank(),
                    at: 0,
                    reason: reason.clone(),
                };
                let message = &mut known[*text];
                let half = match heard {
                    Stage => &mut message.handed,
                    Carrier => &mut message.receipt,
                };
                if step.beats_all(half.as_ref()) {
                    *half = Some(step);
                }
            }
        }
    }
    let mut moves = Moves::default();
    for message in &known {
        moves.add(1, &Message::default(), message);
    }
    let sums: Vec<Sum> = moves
        .into_sorted()
        .into_iter()
        .map(|((_, bucket), (messages, segments))| Sum {
            hour: bucket.hour,
            rank: bucket.rank,
            reason: bucket.reason.as_str().to_string(),
            messages,
            segments,
        })
        .collect();
    let runs = [Run {
        no: 1,
        run: RunId::from_raw(0),
        tenant: TenantId::from_raw(0),
        campaign: None,
        recipients: i64::try_from(texts).ok(),
        started_at: None,
        closed_at: revision.map(|_| UnixMillis(0)),
        revision,
        restated_at: revision.filter(|n| *n > 1).map(UnixMillis),
    }];
    let mut funnel = count(&sums, &runs);
    funnel.state(&runs, Changes::default(), HORIZON, now);
    funnel
}

/// A run's events in any order, and how many of them have been heard: often nearly all.
fn heard() -> impl Strategy<Value = (usize, Vec<Event>, usize)> {
    let texts = prop::collection::vec(prop::sample::select(WAYS.to_vec()), 1..8);
    (texts, 1..4_i64).prop_flat_map(|(texts, statements)| {
        let of_texts = texts
            .iter()
            .enumerate()
            .flat_map(|(text, way)| way.iter().map(move |step| Event::Text(text, step.clone())));
        let events: Vec<Event> = of_texts
            .chain((1..=statements).map(Event::Stated))
            .collect();
        let all = events.len();
        let missing = prop_oneof![0..=all.min(2), 0..=all];
        (Just(texts.len()), Just(events).prop_shuffle(), missing)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Whatever came first: numbers that are not called provisional are the last ones.
    #[test]
    fn numbers_change_no_more_once_they_are_not_provisional((texts, events, missing) in heard()) {
        let now = UnixMillis(0);
        let seen = after(texts, &events[..events.len() - missing], now);
        let last = after(texts, &events, now);
        let numbers = |funnel: &Funnel| {
            (funnel.suppressed.clone(), funnel.failed.clone(), [
                funnel.cancelled, funnel.expired, funnel.unknown, funnel.awaiting_receipt,
                funnel.delivered, funnel.undelivered, funnel.pending,
            ])
        };
        prop_assert!(seen.provisional || numbers(&seen) == numbers(&last), "{seen:?} {last:?}");
        prop_assert!(seen.revision.is_none() || seen.pending == 0, "{seen:?}");
        prop_assert!(seen.revision.is_some() || seen.provisional, "{seen:?}");
        prop_assert!(last.revision.is_some());
        // Once no receipt can come any more, everything that was stated is final.
        let late = after(texts, &events, UnixMillis(i64::MAX));
        prop_assert!(!late.provisional);
    }
}

use contract::chunk::{Encoding, OutcomeGroup};
use contract::consent::ChunkJudged;
use contract::dispatch::{Forecasted, PaceLimit};
use contract::renderer::{ChunkMeasured, TextMeasured};
use proptest::prelude::*;

use super::*;

const START: UnixMillis = UnixMillis(1_781_103_600_000);

/// What becomes of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Gone,
    OptedOut,
    Quiet(i64),
    Expired,
    Unwritten,
    Stranded,
    Sent(u8),
}

/// Those who leave at the start.
fn at_start() -> Group {
    Group {
        variant: None,
        leaves_at: START,
        valid_until: UnixMillis(START.0 + 24 * 3_600_000),
        waits: None,
        contacts: Vec::new(),
    }
}

pub fn contact(n: usize) -> ContactId {
    ContactId::from_raw(1 + n as u128)
}

/// A chunk in which that becomes of everybody.
pub fn looked(first: usize, fates: &[Fate]) -> Looked {
    let contacts: Vec<ContactId> = (0..fates.len()).map(|n| contact(first + n)).collect();
    let of = |wanted: fn(Fate) -> bool| -> Vec<u16> {
        (0u16..)
            .zip(fates)
            .filter(|(_, fate)| wanted(**fate))
            .map(|(position, _)| position)
            .collect()
    };
    let group = |outcome, reason, until, positions: Vec<u16>| OutcomeGroup {
        outcome,
        reason,
        until,
        contacts: Vec::new(),
        decisions: Vec::new(),
        positions,
    };
    let mut groups = vec![
        group(
            Outcome::Suppressed,
            Reason::OPTED_OUT_GLOBAL,
            None,
            of(|fate| fate == Fate::OptedOut),
        ),
        group(
            Outcome::Expired,
            Reason::MESSAGE_EXPIRED,
            None,
            of(|fate| fate == Fate::Expired),
        ),
    ];
    for (position, fate) in (0u16..).zip(fates) {
        if let Fate::Quiet(hours) = fate {
            let until = UnixMillis(START.0 + hours * 3_600_000);
            groups.push(group(
                Outcome::Held,
                Reason::QUIET_HOURS,
                Some(until),
                vec![position],
            ));
        }
    }
    let asked = of(|fate| fate != Fate::Gone);
    let segments = |position: u16| match fates[usize::from(position)] {
        Fate::Sent(segments) => segments,
        _ => 1,
    };
    let written = of(|fate| matches!(fate, Fate::Quiet(_) | Fate::Stranded | Fate::Sent(_)));
    let leaving = of(|fate| matches!(fate, Fate::Quiet(_) | Fate::Sent(_)));
    Looked {
        contacts,
        gone: of(|fate| fate == Fate::Gone),
        judged: ChunkJudged {
            groups,
            policy: "p1".into(),
            zones: vec!["America/New_York".into()],
            zone_of: asked.iter().map(|_| Some(0)).collect(),
        },
        asked,
        measured: ChunkMeasured {
            texts: written
                .iter()
                .map(|position| TextMeasured {
                    position: *position,
                    encoding: Encoding::Gsm7,
                    segments: segments(*position),
                })
                .collect(),
            failed: vec![(
                Reason::MERGE_FIELD_MISSING,
                of(|fate| fate == Fate::Unwritten),
            )],
            samples: Vec::new(),
        },
        forecasted: Forecasted {
            ways: vec![Way {
                route: "main".into(),
                provider: "acme".into(),
                country: Some("US".into()),
                operator: None,
                price: Some(SegmentPrice {
                    micros: 7_500,
                    currency: "USD".into(),
                }),
                limits: vec![PaceLimit {
                    level: "lane".into(),
                    name: "+15005550100".into(),
                    segments_per_second: 1.0,
                    per_day: None,
                }],
                positions: leaving,
            }],
            refused: vec![(Reason::NO_ROUTE, of(|fate| fate == Fate::Stranded))],
        },
    }
}

fn any_fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Gone),
        Just(Fate::OptedOut),
        (1_i64..30).prop_map(Fate::Quiet),
        Just(Fate::Expired),
        Just(Fate::Unwritten),
        Just(Fate::Stranded),
        (1_u8..4).prop_map(Fate::Sent),
    ]
}

pub fn tally(fates: &[Fate], chunk: usize) -> Tally {
    let mut tally = Tally::default();
    for (n, fates) in fates.chunks(chunk).enumerate() {
        let looked = looked(n * chunk, fates);
        tally.add(&looked, &at_start());
        tally.count(&looked.contacts);
    }
    tally
}

proptest! {
    #[test]
    fn everybody_is_counted_once_whatever_becomes_of_them(fates in prop::collection::vec(any_fate(), 0..80)) {
        let tally = tally(&fates, 16);
        let sum = |groups: &BTreeMap<String, Counted>| groups.values().map(|one| one.count).sum::<u64>();
        let all = sum(&tally.suppressed) + sum(&tally.failed) + tally.expired.count + tally.would_send;
        prop_assert_eq!(all, fates.len() as u64);
        prop_assert_eq!(tally.recipients(), fates.len() as u64);
        prop_assert_eq!(tally.waves.iter().map(|wave| wave.people).sum::<u64>(), tally.would_send);
        prop_assert_eq!(tally.waves.iter().map(|wave| wave.segments).sum::<u64>(), tally.segments_total());
        prop_assert_eq!(tally.ways.iter().map(|way| way.recipients).sum::<u64>(), tally.would_send);
        let few = tally.suppressed.values().chain(tally.failed.values()).chain(tally.held.values());
        prop_assert!(few.into_iter().all(|one| one.contacts.len() as u64 == one.count.min(5)));
    }

    #[test]
    fn a_restart_between_chunks_and_other_chunks_change_no_sum(
        fates in prop::collection::vec(any_fate(), 0..60), chunk in 1_usize..30,
    ) {
        let once = tally(&fates, 60);
        let mut again = Tally::default();
        for (n, fates) in fates.chunks(chunk).enumerate() {
            let looked = looked(n * chunk, fates);
            again.add(&looked, &at_start());
            again.count(&looked.contacts);
            again = serde_json::from_str(&serde_json::to_string(&again).unwrap()).unwrap();
        }
        prop_assert_eq!(&again.audience, &once.audience);
        prop_assert_eq!((&again.suppressed, &again.failed, &again.held), (&once.suppressed, &once.failed, &once.held));
        prop_assert_eq!((&again.segments, &again.ways), (&once.segments, &once.ways));
        let by_time = |tally: &Tally| {
            let mut waves = tally.waves.clone();
            waves.sort_by_key(|wave| wave.from);
            waves
        };
        prop_assert_eq!(by_time(&again), by_time(&once));
    }
}

#[test]
fn another_policy_in_the_middle_is_noticed() {
    let mut tally = Tally::default();
    let mut one = looked(0, &[Fate::Sent(1)]);
    tally.add(&one, &at_start());
    tally.add(&one, &at_start());
    assert!(!tally.policy_moved);
    one.judged.policy = "p2".into();
    tally.add(&one, &at_start());
    assert!(tally.policy_moved);
    assert_eq!(tally.policy.as_deref(), Some("p1"));
}

#[test]
fn whoever_leaves_later_waits_for_their_own_instant_and_tries_no_longer_than_from_there() {
    let mut tally = Tally::default();
    let (leaves_at, until) = (START.0 + 9 * 3_600_000, START.0 + 11 * 3_600_000);
    let later = Group {
        leaves_at: UnixMillis(leaves_at),
        valid_until: UnixMillis(until),
        waits: Some(Reason::NOT_BEFORE),
        ..at_start()
    };
    tally.add(
        &looked(0, &[Fate::Sent(1), Fate::Quiet(10), Fate::OptedOut]),
        &later,
    );
    let held: Vec<(&str, u64)> = tally
        .held
        .iter()
        .map(|(reason, held)| (reason.as_str(), held.count))
        .collect();
    assert_eq!(held, [("NOT_BEFORE", 1), ("QUIET_HOURS", 1)]);
    let waves: Vec<(i64, i64)> = tally
        .waves
        .iter()
        .map(|wave| (wave.from, wave.until))
        .collect();
    assert_eq!(
        waves,
        [(leaves_at, until), (START.0 + 10 * 3_600_000, until)]
    );
}

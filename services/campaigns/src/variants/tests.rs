//! The pure rules, by example and by property.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::{CampaignId, ContactId, TemplateId, UnixMillis};
use proptest::prelude::*;

use super::decision::{Basis, Tally, decide};
use super::definition::{Definition, Metric, Otherwise, Variant, Winner};
use super::interval::{difference, quantile, wilson};
use super::partition::{Letter, Part, Partition, Person, WinnerRule};
use super::split::{Lot, Shares, lot};
use crate::local_time::{Clock, Leaving, Outside, Past};
use crate::schedule::Window;

fn contact(n: u128) -> ContactId {
    ContactId::from_raw(1 << 100 | n)
}

const CAMPAIGN: CampaignId = CampaignId::from_raw(77);

fn rule(otherwise: Otherwise, min_sample: u64) -> WinnerRule {
    WinnerRule {
        metric: Metric::Click,
        test: 2000,
        decide_at: UnixMillis(1_000_000),
        min_sample,
        confidence: 0.95,
        otherwise,
    }
}

fn partition(weights: &[u32], holdout: u32, winner: Option<WinnerRule>) -> Partition {
    let letter = |(at, weight): (usize, &u32)| Letter {
        name: format!("v{at}"),
        weight: *weight,
        template: TemplateId::from_raw(1),
        version: 1,
        field_names: Vec::new(),
    };
    Partition {
        campaign: CAMPAIGN,
        letters: weights.iter().enumerate().map(letter).collect(),
        holdout,
        winner,
        leaving: None,
        started_at: UnixMillis(0),
        due_at: None,
        launched_at: UnixMillis(0),
        valid_for_ms: 3_600_000,
    }
}

fn people(n: u128) -> Vec<Person> {
    let person = |n| Person {
        contact: contact(n),
        zone: None,
    };
    (0..n).map(person).collect()
}

/// Who got what, however the pieces lie.
fn fates(partition: &Partition, pages: &[&[Person]]) -> BTreeMap<ContactId, (Part, Option<u8>)> {
    let mut fates = BTreeMap::new();
    for page in pages {
        for piece in partition.cut(page, UnixMillis(0)) {
            assert!((1..=512).contains(&piece.people.len()));
            assert!(piece.people.is_sorted());
            for person in piece.people {
                let before = fates.insert(person, (piece.part, piece.variant));
                assert!(before.is_none(), "somebody is in two chunks");
            }
        }
    }
    fates
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_paging_gives_the_same_split(
        weights in prop::collection::vec(1u32..=1000, 2..=8),
        holdout in 0u32..=5000,
        with_winner in any::<bool>(),
        cuts in prop::collection::vec(1usize..1500, 1..6),
    ) {
        let winner = with_winner.then(|| rule(Otherwise::Best, 1));
        let partition = partition(&weights, holdout, winner);
        let everybody = people(1500);
        let whole = fates(&partition, &[&everybody]);
        prop_assert_eq!(whole.len(), 1500);
        let mut pages = Vec::new();
        let mut rest = everybody.as_slice();
        for cut in cuts {
            let (page, left) = rest.split_at(cut.min(rest.len()));
            pages.push(page);
            rest = left;
        }
        pages.push(rest);
        prop_assert_eq!(fates(&partition, &pages), whole);
    }

    #[test]
    fn shares_are_those_that_were_asked_for_within_five_sigma(
        weights in prop::collection::vec(1u32..=1000, 2..=8),
        holdout in 0u32..=5000,
        test in prop::option::of(100u32..=9900),
        campaign in any::<u128>(),
    ) {
        let n = 20_000u128;
        let shares = Shares { holdout, test, weights: &weights };
        let mut counts: BTreeMap<Lot, u64> = BTreeMap::new();
        for person in 0..n {
            let lot = lot(CampaignId::from_raw(campaign), contact(person), shares);
            *counts.entry(lot).or_default() += 1;
        }
        let held = f64::from(holdout) / 10_000.0;
        let tested = test.map_or(1.0, |test| f64::from(test) / 10_000.0);
        let total: u32 = weights.iter().sum();
        let mut wanted = vec![(Lot::Holdout, held), (Lot::Rest, (1.0 - held) * (1.0 - tested))];
        for (at, weight) in (0u8..).zip(&weights) {
            let share = f64::from(*weight) / f64::from(total);
            wanted.push((Lot::Goes(Some(at)), (1.0 - held) * tested * share));
        }
        for (lot, share) in wanted {
            let got = counts.get(&lot).copied().unwrap_or(0) as f64;
            let mean = n as f64 * share;
            let sigma = (n as f64 * share * (1.0 - share)).sqrt();
            // One bucket more or less on either side of a share.
            let grain = n as f64 / 10_000.0;
            prop_assert!((got - mean).abs() <= 5.0 * sigma + grain, "{lot:?}: {got} for {mean}");
        }
        prop_assert_eq!(counts.values().sum::<u64>(), n as u64);
    }

    #[test]
    fn a_larger_test_and_another_holdout_move_nobody_to_another_variant(
        weights in prop::collection::vec(1u32..=1000, 2..=8),
        person in any::<u128>(),
    ) {
        let of = |holdout, test| {
            lot(CAMPAIGN, ContactId::from_raw(person), Shares { holdout, test, weights: &weights })
        };
        let all = of(0, None);
        for other in [of(0, Some(2000)), of(500, Some(5000)), of(2500, None)] {
            prop_assert!(other == all || !matches!(other, Lot::Goes(_)));
        }
    }

    #[test]
    fn a_rate_lies_within_its_interval_and_more_texts_make_it_narrower(
        n in 1u64..5000, share in 0.0f64..=1.0, confidence in 0.5f64..0.999,
    ) {
        let hits = (n as f64 * share) as u64;
        let z = quantile(confidence);
        let one = wilson(hits, n, z);
        prop_assert!(0.0 <= one.low && one.low <= one.rate && one.rate <= one.high && one.high <= 1.0);
        let more = wilson(hits * 10, n * 10, z);
        prop_assert!(more.high - more.low < one.high - one.low);
        let same = difference(one, one);
        prop_assert!(same.low <= 0.0 && same.high >= 0.0);
    }

    #[test]
    fn a_decision_by_figures_is_only_made_where_zero_is_excluded(
        figures in prop::collection::vec((0u64..3000, 0.0f64..=1.0), 2..=8),
        falls in any::<bool>(), min_sample in 1u64..2000,
    ) {
        let tally = |(at, (samples, share)): (usize, &(u64, f64))| Tally {
            name: format!("v{at}"),
            samples: *samples,
            hits: (*samples as f64 * share) as u64,
        };
        let tallies: Vec<Tally> = figures.iter().enumerate().map(tally).collect();
        let metric = if falls { Metric::OptOut } else { Metric::Click };
        let rule = WinnerRule { metric, ..rule(Otherwise::Stop, min_sample) };
        let (winner, decision) = decide(&rule, &tallies, DateTime::<Utc>::UNIX_EPOCH).unwrap();
        let enough = tallies.iter().all(|tally| tally.samples >= min_sample);
        let excluded = decision.lead.low > 0.0 || decision.lead.high < 0.0;
        prop_assert_eq!(winner.is_some(), enough && excluded);
        if let Some(winner) = winner {
            let rate = |tally: &Tally| tally.hits as f64 / tally.samples as f64;
            for other in &tallies {
                let (won, lost) = (rate(&tallies[winner]), rate(other));
                let ahead = if falls { won <= lost } else { won >= lost };
                prop_assert!(ahead);
            }
        }
    }
}

#[test]
fn quantiles_are_those_of_the_tables() {
    for (confidence, z) in [
        (0.5, 0.674_490),
        (0.8, 1.281_552),
        (0.9, 1.644_854),
        (0.95, 1.959_964),
        (0.99, 2.575_829),
        (0.999, 3.290_527),
    ] {
        assert!((quantile(confidence) - z).abs() < 1e-6, "{confidence}");
    }
}

#[test]
fn intervals_are_those_of_newcombe() {
    // Newcombe 1998, table I: 81 of 263; table II (a): 56 of 70 less 48 of 80.
    let one = wilson(81, 263, quantile(0.95));
    assert!((one.low - 0.2553).abs() < 5e-5 && (one.high - 0.3662).abs() < 5e-5);
    let z = quantile(0.95);
    let two = difference(wilson(56, 70, z), wilson(48, 80, z));
    assert!((two.rate - 0.2).abs() < 1e-9, "{two:?}");
    assert!(
        (two.low - 0.0524).abs() < 5e-5 && (two.high - 0.3339).abs() < 5e-5,
        "{two:?}"
    );
}

fn tally(name: &str, hits: u64, samples: u64) -> Tally {
    Tally {
        name: name.into(),
        samples,
        hits,
    }
}

#[test]
fn a_clear_lead_wins_and_a_doubtful_one_falls_back() {
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let clear = [tally("a", 50, 1000), tally("b", 100, 1000)];
    let (winner, decision) = decide(&rule(Otherwise::Stop, 1000), &clear, now).unwrap();
    assert_eq!((winner, decision.basis), (Some(1), Basis::Significant));
    assert_eq!(decision.lead.best, "b");

    let (winner, decision) = decide(&rule(Otherwise::Stop, 1001), &clear, now).unwrap();
    assert_eq!((winner, decision.basis), (None, Basis::TooFewSamples));

    let close = [tally("a", 50, 1000), tally("b", 52, 1000)];
    let decided = |otherwise| decide(&rule(otherwise, 10), &close, now).unwrap();
    let (winner, decision) = decided(Otherwise::Best);
    assert_eq!((winner, decision.basis), (Some(1), Basis::NotSignificant));
    assert_eq!(decided(Otherwise::First).0, Some(0));
    assert_eq!(decided(Otherwise::Stop).0, None);

    let fewer = WinnerRule {
        metric: Metric::OptOut,
        ..rule(Otherwise::Stop, 10)
    };
    let (winner, decision) = decide(&fewer, &clear, now).unwrap();
    assert_eq!((winner, decision.basis), (Some(0), Basis::Significant));
    assert!(decision.lead.high < 0.0);
}

#[test]
fn nobody_wins_without_a_text_unless_the_campaign_says_so() {
    let none = [tally("a", 0, 0), tally("b", 0, 0)];
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let (winner, decision) = decide(&rule(Otherwise::Best, 1), &none, now).unwrap();
    assert_eq!((winner, decision.basis), (Some(0), Basis::TooFewSamples));
    assert_eq!(decision.rates[0].rate, None);
}

#[test]
fn all_faults_of_a_definition_are_told_at_once() {
    let variant = |name: &str, weight| Variant {
        name: name.into(),
        template: None,
        weight,
    };
    let definition = Definition {
        variants: vec![variant("a", 0), variant("a", 1), variant("no good", 1001)],
        holdout_percent: 50.01,
        winner: Some(Winner {
            metric: Metric::Click,
            test_percent: 0.5,
            after: "4h".into(),
            min_sample: 0,
            confidence: 1.0,
            otherwise: Otherwise::Best,
        }),
    };
    let faults = definition.faults();
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/variants/0/weight",
            "/variants/1/name",
            "/variants/2/name",
            "/variants/2/weight",
            "/holdout_percent",
            "/winner/test_percent",
            "/winner/after",
            "/winner/min_sample",
            "/winner/confidence"
        ]
    );
}

#[test]
fn a_run_that_starts_late_leaves_by_the_clock_of_now_with_the_validity_of_its_own_time() {
    const HOUR: i64 = 3_600_000;
    let at = |text: &str| -> UnixMillis { text.parse::<DateTime<Utc>>().unwrap().into() };
    // For 15:00, within the window; found at 21:00, when it is shut.
    let mut late = partition(&[1, 1], 0, None);
    late.due_at = Some(at("2026-06-10T15:00:00Z"));
    late.started_at = at("2026-06-10T21:00:00Z");
    late.launched_at = at("2026-06-10T15:00:00Z");
    late.valid_for_ms = 24 * HOUR;
    late.leaving = Some(Leaving {
        at: None,
        clock: Clock::Zone("UTC".into()),
        fallback: None,
        past: Past::Skip,
        window: Window::daily(9 * 60, 20 * 60),
        outside: Outside::Later,
        expires_after_ms: None,
    });
    let morning = (at("2026-06-11T09:00:00Z"), at("2026-06-11T15:00:00Z"));
    let times = |late: &Partition| -> Vec<(UnixMillis, UnixMillis)> {
        let pieces = late.cut(&people(40), late.started_at);
        let times = pieces.iter().map(|one| (one.leaves_at, one.valid_until));
        times.collect()
    };
    assert_eq!(times(&late), [morning; 2]);
    assert_eq!(late.valid_until(), morning.1);
    // The rest that waits for a winner is as late as the test, and has as much left.
    late.leaving = None;
    let decide_at = UnixMillis(late.started_at.0 + HOUR);
    late.winner = Some(WinnerRule {
        decide_at,
        ..rule(Otherwise::Stop, 1)
    });
    let rest = (decide_at, at("2026-06-11T16:00:00Z"));
    assert!(times(&late).contains(&rest));
    assert_eq!(late.valid_until(), rest.1);
}

#[test]
fn a_partition_of_an_older_version_counts_from_its_start() {
    let mut written = serde_json::to_value(partition(&[1], 0, None)).unwrap();
    written.as_object_mut().unwrap().remove("due_at");
    let read: Partition = serde_json::from_value(written).unwrap();
    assert_eq!(read, partition(&[1], 0, None));
    assert_eq!(read.valid_until(), UnixMillis(3_600_000));
}

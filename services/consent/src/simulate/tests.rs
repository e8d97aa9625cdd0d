use std::sync::Arc;

use contract::{Class, DecisionId, MessageId, Phone, RunId};

use super::*;
use crate::facts::{Facts, Flags};
use crate::law::{Law, Level};
use crate::memo::Memo;
use crate::parameters::Parameters;
use crate::places::Places;
use crate::rules::{Own, Rules};

fn memo(parameters: Parameters) -> Memo {
    let own = Own {
        parameters,
        forbids: String::new(),
    };
    let rules = Rules::compile(Arc::new(Law::load().unwrap()), "", own).unwrap();
    Memo::new(Arc::new(rules))
}

/// Texts to one person in New York, each at its hour (UTC) of 2026-06-10, all permitted when they left.
fn sends(places: &Places, hours: &[i64]) -> Sends {
    let noon: chrono::DateTime<chrono::Utc> = "2026-06-10T00:00:00Z".parse().unwrap();
    let mut facts = Facts::nothing(Class::Marketing, 0);
    facts.place = places.of_number(Phone::from_digits(12_125_551_000).unwrap());
    facts.level = Level::Written;
    for flag in [
        Flags::NUMBER_VALID,
        Flags::REGION_KNOWN,
        Flags::CONSENT_ANY,
        Flags::CONSENT_PROVEN,
    ] {
        facts.flags.set(flag, true);
    }
    let decision = DecisionId::from_raw(7);
    let sends = hours.iter().zip(0u16..).map(|(hour, position)| Send {
        at: noon.timestamp_millis() + hour * 3_600_000,
        message: MessageId::of(RunId::from_raw(1 << 40), 0, position),
        decision,
        phone: 12_125_551_000,
        run: 0,
    });
    Sends {
        sends: sends.collect(),
        runs: vec![(Class::Marketing, "default".to_string())],
        facts: [(decision, facts)].into_iter().collect(),
        since: 0,
    }
}

#[test]
fn the_same_policies_change_nothing() {
    let places = Places::load().unwrap();
    let memo = memo(Parameters::default());
    let (tally, unreadable) = replay(&places, (&memo, &memo), &sends(&places, &[15, 16, 17]));
    assert_eq!((tally.evaluated, unreadable), (3, 0));
    assert_eq!((tally.before.allow, tally.after.allow), (3, 3));
    assert!(tally.changes().is_empty());
}

#[test]
fn a_cap_holds_back_what_left_after_it_was_reached() {
    let places = Places::load().unwrap();
    let capped = Parameters {
        cap_per_day: Some(1),
        ..Parameters::default()
    };
    let (before, after) = (memo(Parameters::default()), memo(capped));
    let (tally, _) = replay(&places, (&before, &after), &sends(&places, &[15, 16, 17]));
    assert_eq!((tally.after.allow, tally.after.defer), (1, 2));
    let changes = tally.changes();
    assert_eq!((changes.len(), changes[0].count), (1, 2));
    assert_eq!(
        changes[0].after,
        (Effect::Defer, Reason::FREQUENCY_CAP_TENANT)
    );
    assert!(
        changes[0]
            .samples
            .iter()
            .all(|sample| sample.starts_with("msg_"))
    );
}

#[test]
fn texts_are_judged_at_the_minute_they_left() {
    let places = Places::load().unwrap();
    let memo = memo(Parameters::default());
    // 03:00 UTC is 23:00 of the day before in New York.
    let (tally, _) = replay(&places, (&memo, &memo), &sends(&places, &[3, 15]));
    assert_eq!((tally.before.allow, tally.before.defer), (1, 1));
}

#[test]
fn what_left_before_the_span_counts_for_caps_and_is_not_judged() {
    let places = Places::load().unwrap();
    let capped = Parameters {
        cap_per_day: Some(1),
        ..Parameters::default()
    };
    let (before, after) = (memo(Parameters::default()), memo(capped));
    let mut sends = sends(&places, &[15, 16]);
    sends.since = sends.sends[1].at;
    let (tally, _) = replay(&places, (&before, &after), &sends);
    assert_eq!((tally.evaluated, tally.after.defer), (1, 1));
}

#[test]
fn facts_that_cannot_be_read_are_counted_and_no_guess_is_made() {
    let places = Places::load().unwrap();
    let memo = memo(Parameters::default());
    let mut sends = sends(&places, &[15]);
    sends.facts.clear();
    let (tally, unreadable) = replay(&places, (&memo, &memo), &sends);
    assert_eq!((tally.evaluated, unreadable), (0, 1));
}

#[test]
fn ten_samples_are_kept_of_a_change() {
    let mut tally = Tally::default();
    let (yes, no) = (
        (Effect::Allow, Reason::OK),
        (Effect::Deny, Reason::NO_CONSENT),
    );
    for n in 0..25 {
        tally.add(&yes, &no, || n.to_string());
    }
    let changes = tally.changes();
    assert_eq!((changes[0].count, changes[0].samples.len()), (25, 10));
}

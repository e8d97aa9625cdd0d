use super::*;
use crate::decision::decide;
use crate::facts::{Facts, Flags};
use crate::law::{Level, Region};
use crate::rules::Rules;
use crate::standing::{Action, Scope};

const GRANTED: i64 = 1_000;

fn text(revision: i64, at: i64) -> HandedOver<'static> {
    HandedOver {
        class: Class::Marketing,
        programme: "news",
        sender: "+15005550100",
        revision,
        granted_at: GRANTED,
        good_until: GRANTED + 10_000,
        at,
    }
}

fn entry(revision: i64, change: Change, confirmed_at: Option<i64>) -> Entry {
    Entry {
        id: ConsentId::from_raw(u128::try_from(revision).unwrap()),
        revision,
        recorded_at: change.at,
        confirmed_at,
        change,
    }
}

fn opt_in(revision: i64, at: i64) -> Entry {
    entry(
        revision,
        Change::opt_in(Some("news"), Level::Written, at),
        None,
    )
}

fn opt_out(revision: i64, at: i64, confirmed_at: i64) -> Entry {
    scoped(revision, Scope::Class(Class::Marketing), at, confirmed_at)
}

fn scoped(revision: i64, scope: Scope, at: i64, confirmed_at: i64) -> Entry {
    entry(revision, Change::opt_out(scope, at), Some(confirmed_at))
}

fn start(revision: i64, at: i64) -> Entry {
    entry(revision, Change::new(Action::Restore, at), None)
}

fn found(text: &HandedOver<'_>, entries: &[Entry]) -> Option<(Kind, i64)> {
    judge(text, entries).map(|found| (found.kind, found.opt_out.map_or(0, |one| one.revision)))
}

#[test]
fn a_hand_over_noted_after_the_confirmation_is_one_and_up_to_it_is_none() {
    let entries = [opt_in(1, 500), opt_out(2, 1_100, 1_200)];
    for (at, expected) in [
        (1_050, None),
        (1_150, None),
        (1_200, None),
        (1_201, Some((Kind::AfterConfirmation, 2))),
    ] {
        assert_eq!(found(&text(1, at), &entries), expected, "{at}");
    }
}

#[test]
fn a_late_note_of_a_permit_that_had_run_out_before_the_confirmation_is_none() {
    let run_out = GRANTED + 10_000;
    for (confirmed_at, expected) in [
        (run_out - 1, Some((Kind::AfterConfirmation, 2))),
        (run_out, None),
        (run_out + 500, None),
    ] {
        let entries = [opt_in(1, 500), opt_out(2, 1_100, confirmed_at)];
        assert_eq!(
            found(&text(1, 90_000), &entries),
            expected,
            "{confirmed_at}"
        );
    }
}

#[test]
fn an_opt_out_that_is_not_confirmed_yet_is_held_against_nothing_permitted_before() {
    let mut waits = opt_out(2, 1_100, 0);
    waits.confirmed_at = None;
    assert_eq!(found(&text(1, 5_000), &[opt_in(1, 500), waits]), None);
}

#[test]
fn a_permit_at_a_revision_with_an_opt_out_is_one_whatever_the_clocks_say() {
    let entries = [opt_in(1, 500), opt_out(2, 1_100, 1_200)];
    let expected = Some((Kind::PermittedAfterOptOut, 2));
    assert_eq!(found(&text(2, 1_050), &entries), expected);
    assert_eq!(found(&text(2, 999_999), &entries), expected);
    let mut waits = entries.clone();
    waits[1].confirmed_at = None;
    assert_eq!(found(&text(2, 1_150), &waits), expected);
}

#[test]
fn the_first_of_several_opt_outs_is_named() {
    let entries = [
        opt_in(1, 500),
        opt_out(2, 600, 610),
        scoped(3, Scope::Global, 700, 710),
    ];
    assert_eq!(
        found(&text(3, 2_000), &entries),
        Some((Kind::PermittedAfterOptOut, 2))
    );
}

#[test]
fn stop_and_start_before_the_permit_leave_nothing_against_it() {
    let entries = [opt_in(1, 500), opt_out(2, 600, 610), start(3, 700)];
    assert_eq!(found(&text(3, 2_000), &entries), None);
    let again = [&entries[..], &[opt_out(4, 1_100, 1_200)]].concat();
    assert_eq!(found(&text(3, 1_150), &again), None);
    assert_eq!(
        found(&text(3, 1_300), &again),
        Some((Kind::AfterConfirmation, 4))
    );
}

#[test]
fn an_opt_in_recorded_before_the_note_lifts_what_stood_against_it() {
    let entries = [opt_in(1, 500), opt_out(2, 1_100, 1_200), start(3, 1_300)];
    assert_eq!(
        found(&text(1, 1_250), &entries),
        Some((Kind::AfterConfirmation, 2)),
        "the later START changes nothing"
    );
    assert_eq!(found(&text(1, 1_400), &entries), None);
}

#[test]
fn opt_outs_of_other_topics_senders_and_classes_are_none() {
    let block = |sender: &str| Change {
        sender: Some(sender.to_string()),
        ..Change::new(Action::Block, 1_100)
    };
    for (change, is_one) in [
        (
            Change::opt_out(Scope::Programme("sale".into()), 1_100),
            false,
        ),
        (
            Change::opt_out(Scope::Programme("news".into()), 1_100),
            true,
        ),
        (
            Change::opt_out(Scope::Class(Class::Informational), 1_100),
            false,
        ),
        (Change::opt_out(Scope::Channel(SMS.into()), 1_100), true),
        (Change::opt_out(Scope::Global, 1_100), true),
        (block("+15005550199"), false),
        (block("+15005550100"), true),
        (Change::new(Action::Object, 1_100), true),
        (Change::new(Action::Restrict, 1_100), true),
        (Change::new(Action::Reassign, 1_100), false),
    ] {
        let entries = [opt_in(1, 500), entry(2, change.clone(), Some(1_200))];
        let kinds = [text(1, 1_300), text(2, 1_300)].map(|text| found(&text, &entries));
        let expected = if is_one {
            [
                Some((Kind::AfterConfirmation, 2)),
                Some((Kind::PermittedAfterOptOut, 2)),
            ]
        } else {
            [None; 2]
        };
        assert_eq!(kinds, expected, "{change:?}");
    }
}

#[test]
fn the_confirmation_of_another_topic_says_nothing_about_this_one() {
    // The first waits for a permit that the second, recorded later, does not wait for.
    let other = scoped(3, Scope::Programme("sale".into()), 1_150, 1_160);
    let entries = [opt_in(1, 500), opt_out(2, 1_100, 1_300), other];
    assert_eq!(found(&text(1, 1_200), &entries), None);
}

#[test]
fn an_erasure_ends_what_stood_before_and_stands_itself_until_the_person_comes_back() {
    let mut entries = vec![
        opt_in(1, 500),
        scoped(2, Scope::Programme("news".into()), 600, 610),
        entry(3, Change::new(Action::Erase, 700), Some(710)),
    ];
    assert_eq!(
        found(&text(3, 2_000), &entries).map(|(kind, _)| kind),
        Some(Kind::PermittedAfterOptOut)
    );
    let fresh = Change {
        fresh: true,
        ..Change::opt_in(Some("news"), Level::Express, 800)
    };
    entries.push(entry(4, fresh, None));
    assert_eq!(found(&text(4, 2_000), &entries), None);
    assert_eq!(
        found(&text(4, 2_000), &entries[3..]),
        None,
        "the first ones went with the number"
    );
}

#[test]
fn what_the_permit_was_granted_at_must_be_known_to_be_held_against_it() {
    let later = [opt_out(7, 1_100, 1_200)];
    assert_eq!(found(&text(5, 1_150), &later), None);
    assert_eq!(found(&text(0, 2_000), &[]), None);
}

#[test]
fn what_covers_a_text_is_what_the_law_pack_forbids() {
    let rules = Rules::shipped().unwrap();
    let era = rules.era("2026-12-01".parse().unwrap());
    let block = Change {
        sender: Some(String::new()),
        ..Change::new(Action::Block, 1)
    };
    for class in Class::ALL {
        for (change, flag, reason) in [
            (
                Change::opt_out(Scope::Global, 1),
                Flags::OPTED_OUT_GLOBAL,
                "OPTED_OUT_GLOBAL",
            ),
            (
                Change::opt_out(Scope::Class(class.judged_as()), 1),
                Flags::OPTED_OUT_CLASS,
                "OPTED_OUT_CLASS",
            ),
            (
                Change::opt_out(Scope::Programme("news".into()), 1),
                Flags::OPTED_OUT_PROGRAMME,
                "OPTED_OUT_PROGRAM",
            ),
            (
                Change::opt_out(Scope::Channel(SMS.into()), 1),
                Flags::OPTED_OUT_CHANNEL,
                "OPTED_OUT_CHANNEL",
            ),
            (block.clone(), Flags::PROVIDER_BLOCKED, "PROVIDER_BLOCKED"),
            (
                Change::new(Action::Erase, 1),
                Flags::ERASED,
                "SUPPRESSED_HASH",
            ),
            (
                Change::new(Action::Restrict, 1),
                Flags::RESTRICTED,
                "PROCESSING_RESTRICTED",
            ),
            (Change::new(Action::Object, 1), Flags::OBJECTED, "OBJECTED"),
        ] {
            let mut standing = Standing::default();
            standing.apply(&change).unwrap();
            let covered = covers(
                &standing,
                &HandedOver {
                    class,
                    ..text(1, 1)
                },
            );
            let mut facts = Facts::nothing(class, era);
            facts.flags.set(flag, true);
            let reasons = decide(&rules, &[Region::US], &facts).reasons;
            let forbidden = reasons.iter().any(|one| one.as_str() == reason);
            assert_eq!(covered, forbidden, "{class:?} {reason}");
        }
    }
}

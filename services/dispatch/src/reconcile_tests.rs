use std::time::Duration;

use channels::FindBy;
use proptest::prelude::*;

use super::*;

const RULES: Rules = Rules {
    first_after_seconds: 30,
    longest_wait_seconds: 21_600,
    most_tries: 12,
    no_receipt_after_hours: 24,
    per_second: 10,
    keep_days: 30,
};

fn record(complete_after_seconds: u64) -> LookUp {
    LookUp {
        by_id: true,
        find_by: Some(FindBy::Recipient),
        complete_after_seconds,
    }
}

#[test]
fn look_ups_grow_rare_and_end() {
    let now = UnixMillis(0);
    let waits: Vec<_> = (1..13).map(|tries| RULES.next(tries, now)).collect();
    let seconds = |seconds: i64| Some(UnixMillis(seconds * 1000));
    assert_eq!(
        waits[..4],
        [seconds(60), seconds(120), seconds(240), seconds(480)]
    );
    assert_eq!(waits[10], seconds(21_600));
    assert_eq!(waits[11], None);
    assert_eq!(RULES.first(now), UnixMillis(30_000));
}

#[test]
fn absence_is_believed_late_and_of_a_complete_list_alone() {
    let judge_after = |seconds: i64, sure_of| {
        judge(
            &Finding::NotThere,
            sure_of,
            (UnixMillis(0), UnixMillis(seconds * 1000)),
        )
    };
    assert_eq!(judge_after(900, Some(record(900))), Verdict::NotTaken);
    for (seconds, sure_of) in [
        (899, Some(record(900))),
        (-5, Some(record(900))),
        (1_000_000, Some(record(0))),
        (1_000_000, None),
    ] {
        assert!(
            matches!(judge_after(seconds, sure_of), Verdict::Open(_)),
            "{seconds}"
        );
    }
}

#[test]
fn a_pause_that_the_provider_asks_for_is_kept() {
    let times = (UnixMillis(0), UnixMillis(5));
    let later = |pause| judge(&Finding::TooFast(pause), Some(record(1)), times);
    assert_eq!(
        later(Some(Duration::from_secs(7))),
        Verdict::Later(UnixMillis(7005))
    );
    assert_eq!(later(None), Verdict::Later(UnixMillis(60_005)));
}

#[test]
fn a_text_of_no_known_provider_is_asked_for_everywhere_in_its_mode() {
    let records = [
        ("acme".to_string(), LookUp::default()),
        ("other".to_string(), record(0)),
        ("simulator".to_string(), record(0)),
        ("tw".to_string(), record(900)),
    ];
    let reconciling = Reconciling::new(RULES, records.into_iter());
    assert_eq!(reconciling.whom("", Mode::Live), ["other", "tw"]);
    assert_eq!(reconciling.whom("tw", Mode::Live), ["tw"]);
    assert!(reconciling.may_ask("") && reconciling.may_ask("tw") && !reconciling.may_ask("acme"));
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    RULES.check().unwrap();
    for (rules, said) in [
        (
            Rules {
                no_receipt_after_hours: 73,
                ..RULES
            },
            "no_receipt_after_hours",
        ),
        (
            Rules {
                per_second: 0,
                ..RULES
            },
            "per_second",
        ),
        (
            Rules {
                first_after_seconds: 0,
                ..RULES
            },
            "first_after_seconds",
        ),
    ] {
        assert!(rules.check().unwrap_err().to_string().contains(said));
    }
}

proptest! {
    #[test]
    fn nothing_but_proof_makes_a_text_fail(
        complete in 0_u64..10_000, after in 0_i64..20_000, sure: bool, kind in 0..5,
    ) {
        let finding = match kind {
            0 => Finding::Taken(Vec::new()),
            1 => Finding::NotThere,
            2 => Finding::Unclear("x"),
            3 => Finding::TooFast(None),
            _ => Finding::CannotAsk,
        };
        let times = (UnixMillis(0), UnixMillis(after * 1000));
        let verdict = judge(&finding, sure.then(|| record(complete)), times);
        let proven = kind == 1 && sure && complete > 0 && after.unsigned_abs() >= complete;
        prop_assert_eq!(verdict == Verdict::NotTaken, proven);
    }
}

use super::*;
use proptest::prelude::*;

const fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn go(breaker: &mut Breaker, now: Duration, texts: u32, faults: u32) -> bool {
    match breaker.pass(now) {
        Some(pass) => {
            breaker.went(&pass, now, texts, faults);
            true
        }
        None => false,
    }
}

#[test]
fn it_opens_when_half_of_enough_texts_fail_and_not_before() {
    let mut breaker = Breaker::new(Rules::default());
    assert!(go(&mut breaker, at(0), 40, 20));
    assert_eq!(
        breaker.standing(at(0)),
        Standing::Closed,
        "too few to judge"
    );
    assert!(go(&mut breaker, at(10), 40, 10));
    assert_eq!(breaker.standing(at(10)), Standing::Closed, "30 of 80");
    assert!(go(&mut breaker, at(20), 40, 35));
    assert_eq!(breaker.standing(at(20)), Standing::Open { until: at(1020) });
    assert!(breaker.pass(at(1019)).is_none());
}

#[test]
fn faults_that_are_long_ago_do_not_count() {
    let mut breaker = Breaker::new(Rules::default());
    assert!(go(&mut breaker, at(0), 49, 48));
    assert!(go(&mut breaker, at(31_000), 50, 1));
    assert_eq!(breaker.standing(at(31_000)), Standing::Closed);
}

#[test]
fn a_row_of_failed_hand_overs_opens_it_however_small_they_are() {
    let mut breaker = Breaker::new(Rules::default());
    for n in 0..4 {
        assert!(go(&mut breaker, at(n), 1, 1));
    }
    assert_eq!(breaker.standing(at(4)), Standing::Closed);
    assert!(go(&mut breaker, at(5), 1, 1));
    assert!(matches!(breaker.standing(at(5)), Standing::Open { .. }));
}

fn opened() -> Breaker {
    let mut breaker = Breaker::new(Rules::default());
    assert!(go(&mut breaker, at(0), 100, 100));
    breaker
}

#[test]
fn a_few_probes_pass_and_close_it_when_they_do_well() {
    let mut breaker = opened();
    let (one, two) = (breaker.pass(at(1000)), breaker.pass(at(1000)));
    assert!(one.is_some() && two.is_some());
    assert_eq!(breaker.pass(at(1001)), None, "two probe already");
    breaker.went(&one.unwrap(), at(1100), 5, 0);
    assert_eq!(breaker.standing(at(1100)), Standing::HalfOpen);
    breaker.went(&two.unwrap(), at(1100), 5, 1);
    assert_eq!(breaker.standing(at(1100)), Standing::Closed);
    assert!(
        go(&mut breaker, at(1100), 10, 3),
        "what was before is forgotten"
    );
    assert_eq!(breaker.standing(at(1100)), Standing::Closed);
}

#[test]
fn a_failed_probe_opens_it_for_twice_as_long_up_to_the_longest() {
    let mut breaker = opened();
    let mut now = at(0);
    for open in [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000] {
        assert_eq!(
            breaker.standing(now),
            Standing::Open {
                until: now + at(open)
            }
        );
        now += at(open);
        assert!(go(&mut breaker, now, 1, 1));
    }
}

#[test]
fn a_probe_that_was_not_used_makes_room_for_another() {
    let mut breaker = opened();
    let (one, _two) = (
        breaker.pass(at(1000)).unwrap(),
        breaker.pass(at(1000)).unwrap(),
    );
    assert!(breaker.pass(at(1000)).is_none());
    breaker.unused(&one);
    let three = breaker.pass(at(1000)).unwrap();
    breaker.went(&three, at(1000), 0, 0);
    assert!(breaker.pass(at(1000)).is_some());
}

#[test]
fn a_late_answer_from_before_it_opened_neither_closes_nor_opens_it() {
    let mut breaker = Breaker::new(Rules::default());
    let late = breaker.pass(at(0)).unwrap();
    assert!(go(&mut breaker, at(0), 100, 100));
    let probe = breaker.pass(at(1000)).unwrap();
    breaker.went(&late, at(1001), 64, 64);
    assert_eq!(breaker.standing(at(1001)), Standing::HalfOpen);
    breaker.went(&probe, at(1002), 1, 0);
    assert_eq!(breaker.standing(at(1002)), Standing::HalfOpen, "one of two");
}

proptest! {
    /// Whatever happens: never more probes at once than allowed, never open for longer than allowed, and a
    /// carrier that does well is closed again in the end.
    #[test]
    fn it_never_locks_up(steps in prop::collection::vec((0_u64..3000, 1_u32..64, 0_u32..64, any::<bool>()), 1..200)) {
        let rules = Rules { longest_open_ms: 5000, ..Rules::default() };
        let (mut breaker, mut now) = (Breaker::new(rules), Duration::ZERO);
        let mut held: Vec<Pass> = Vec::new();
        for (later, texts, faults, keep) in steps {
            now += at(later);
            if let Some(pass) = breaker.pass(now) {
                if keep { held.push(pass); } else { breaker.went(&pass, now, texts, faults.min(texts)); }
            }
            if let Standing::Open { until } = breaker.standing(now) {
                prop_assert!(until - now <= at(5000));
            }
        }
        for pass in &held { breaker.unused(pass); }
        for _ in 0..200 {
            now += at(5001);
            go(&mut breaker, now, 10, 0);
        }
        prop_assert_eq!(breaker.standing(now), Standing::Closed);
    }
}

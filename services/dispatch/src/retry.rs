//! Whether and when a text that surely did not leave is tried again.

use channels::{Fault, SubmitOutcome};
use contract::{Class, UnixMillis};
use serde::Deserialize;

/// Section `[retry]`; `defaults.toml` documents each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Hand-overs of one text at most, the first among them.
    pub most_attempts: u32,
    /// Milliseconds after the first attempt; doubled after each further one.
    pub first_ms: u32,
    /// The same for passwords and texts of business.
    pub urgent_first_ms: u32,
    /// Never longer than this.
    pub longest_ms: u32,
    /// Days for which an attempt is kept.
    pub keep_days: u32,
    /// Seconds after which the attempts of a dispatcher that is gone are taken over.
    pub take_over_after_seconds: u32,
}

/// An attempt is counted on from the one before for as long as its text may be tried.
const LEAST_DAYS: u32 = 31;

impl Rules {
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.keep_days >= LEAST_DAYS,
            "dispatch.retry.keep_days is below {LEAST_DAYS}: texts are valid for up to 30 days"
        );
        Ok(())
    }

    /// Milliseconds.
    pub fn keep_ms(&self) -> i64 {
        i64::from(self.keep_days) * 86_400_000
    }

    /// Milliseconds.
    pub fn take_over_after_ms(&self) -> i64 {
        i64::from(self.take_over_after_seconds) * 1000
    }
}

/// A hand-over that surely sent nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    pub at: UnixMillis,
    pub class: Class,
    pub valid_until: UnixMillis,
    /// From 0 to 1: spreads texts that failed together.
    pub jitter: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    RetryAt(UnixMillis),
    /// Tried often enough, or an answer that nobody needs late.
    GiveUp,
    /// It may no longer leave by then.
    Expired,
}

/// The text surely did not leave, and neither it nor its recipient is the cause. A code that nobody has explained
/// is no such cause: the carrier may mean the text.
pub fn may_help(outcome: &SubmitOutcome) -> bool {
    match outcome {
        SubmitOutcome::NotSent { .. } => true,
        SubmitOutcome::Rejected { fault, .. } => {
            fault.is_of_the_route() && *fault != Fault::Unknown
        }
        SubmitOutcome::Accepted { .. } | SubmitOutcome::Unknown => false,
    }
}

/// What becomes of a text for which another attempt [`may_help`].
pub fn after(rules: &Rules, attempt: &Attempt) -> Verdict {
    if attempt.class.is_reply() || attempt.number >= rules.most_attempts {
        return Verdict::GiveUp;
    }
    let at = UnixMillis(attempt.at.0.saturating_add(wait_ms(rules, attempt)));
    if at.0 >= attempt.valid_until.0 {
        return Verdict::Expired;
    }
    Verdict::RetryAt(at)
}

/// Between half of the doubled wait and the whole of it.
#[expect(clippy::cast_possible_truncation, reason = "below 2^32")]
fn wait_ms(rules: &Rules, attempt: &Attempt) -> i64 {
    let first = match attempt.class {
        Class::Otp | Class::Transactional => rules.urgent_first_ms,
        _ => rules.first_ms,
    };
    let doublings = attempt.number.saturating_sub(1).min(32);
    let whole = (u64::from(first) << doublings).min(u64::from(rules.longest_ms));
    let half = i64::try_from(whole / 2).unwrap_or(i64::MAX);
    let jitter = attempt.jitter.clamp(0.0, 1.0);
    half + (f64::from(u32::try_from(whole - whole / 2).unwrap_or(u32::MAX)) * jitter) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Reason;
    use proptest::prelude::*;

    const RULES: Rules = Rules {
        most_attempts: 8,
        first_ms: 5_000,
        urgent_first_ms: 2_000,
        longest_ms: 600_000,
        keep_days: 31,
        take_over_after_seconds: 300,
    };

    fn attempt(number: u32, class: Class, jitter: f64) -> Attempt {
        Attempt {
            number,
            at: UnixMillis(1_000_000),
            class,
            valid_until: UnixMillis(i64::MAX),
            jitter,
        }
    }

    fn wait(number: u32, class: Class, jitter: f64) -> Option<i64> {
        match after(&RULES, &attempt(number, class, jitter)) {
            Verdict::RetryAt(at) => Some(at.0 - 1_000_000),
            Verdict::GiveUp | Verdict::Expired => None,
        }
    }

    #[test]
    fn the_wait_doubles_to_ten_minutes_at_most_and_the_eighth_attempt_is_the_last() {
        let waits: Vec<_> = (1..9)
            .map(|number| wait(number, Class::Marketing, 1.0))
            .collect();
        let seconds = [5, 10, 20, 40, 80, 160, 320].map(|seconds| Some(seconds * 1000));
        assert_eq!(waits[..7], seconds);
        assert_eq!(waits[7], None);
        let many = Rules {
            most_attempts: u32::MAX,
            ..RULES
        };
        for number in [8, 9, 40, u32::MAX - 1] {
            let verdict = after(&many, &attempt(number, Class::Marketing, 1.0));
            assert_eq!(verdict, Verdict::RetryAt(UnixMillis(1_600_000)), "{number}");
        }
    }

    #[test]
    fn passwords_and_texts_of_business_come_back_sooner() {
        assert_eq!(wait(1, Class::Otp, 1.0), Some(2000));
        assert_eq!(wait(2, Class::Transactional, 0.0), Some(2000));
        assert_eq!(wait(1, Class::Marketing, 0.0), Some(2500));
    }

    #[test]
    fn nothing_is_tried_at_or_after_the_end_of_its_validity_and_answers_never() {
        let mut last = attempt(1, Class::Marketing, 1.0);
        last.valid_until = UnixMillis(1_005_000);
        assert_eq!(after(&RULES, &last), Verdict::Expired);
        last.valid_until = UnixMillis(1_005_001);
        assert_eq!(
            after(&RULES, &last),
            Verdict::RetryAt(UnixMillis(1_005_000))
        );
        for class in [Class::OptOutConfirmation, Class::HelpReply] {
            assert_eq!(after(&RULES, &attempt(1, class, 0.5)), Verdict::GiveUp);
        }
    }

    #[test]
    fn only_what_surely_did_not_leave_for_a_cause_of_the_route_is_worth_another_attempt() {
        for reason in [
            Reason::CARRIER_THROTTLED,
            Reason::NO_ROUTE,
            Reason::PERMIT_EXPIRED,
        ] {
            assert!(may_help(&SubmitOutcome::NotSent { reason }));
        }
        for fault in Fault::ALL {
            let again = matches!(
                fault,
                Fault::Throttled | Fault::ProviderFault | Fault::Account
            );
            assert_eq!(
                may_help(&SubmitOutcome::rejected(fault, "x")),
                again,
                "{fault:?}"
            );
        }
        assert!(!may_help(&SubmitOutcome::Unknown));
        let provider_message_id = "1".into();
        assert!(!may_help(&SubmitOutcome::Accepted {
            provider_message_id
        }));
    }

    proptest! {
        #[test]
        fn a_retry_lies_between_half_the_wait_and_the_whole_within_the_validity(
            number in 1_u32..8, jitter in 0.0_f64..=1.0, left in 0_i64..1_000_000, class in prop::sample::select(Class::ALL.to_vec()),
        ) {
            let mut attempt = attempt(number, class, jitter);
            attempt.valid_until = UnixMillis(attempt.at.0 + left);
            let first = if matches!(class, Class::Otp | Class::Transactional) { 2000 } else { 5000 };
            let whole = (first << (number - 1)).min(600_000_i64);
            match after(&RULES, &attempt) {
                Verdict::RetryAt(at) => {
                    let wait = at.0 - attempt.at.0;
                    prop_assert!(wait >= whole / 2 && wait <= whole && at.0 < attempt.valid_until.0);
                }
                Verdict::Expired => prop_assert!(left <= whole),
                Verdict::GiveUp => prop_assert!(class.is_reply()),
            }
        }
    }
}

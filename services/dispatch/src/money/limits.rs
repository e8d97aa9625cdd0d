//! Limits of velocity: which texts they count, and what exceeding them means.

use contract::Class;
use contract::chunk::Outcome;
use contract::reason::Reason;
use contract::time::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How fast texts may go to one number and to one prefix. 0 switches a limit off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VelocityLimits {
    /// Classes that are counted and limited.
    #[schema(value_type = Vec<String>)]
    pub classes: Vec<Class>,
    /// Texts to one number within an hour.
    pub per_number_per_hour: u32,
    /// Texts to one number within 24 hours.
    pub per_number_per_day: u32,
    /// Texts to one prefix within an hour.
    pub per_prefix_per_hour: u32,
    /// First digits of a number, the country code among them, that make a prefix. 1 to 12.
    pub prefix_digits: u8,
}

/// The most digits a prefix may have; one more would be most numbers themselves.
pub const MOST_PREFIX_DIGITS: u8 = 12;

impl VelocityLimits {
    /// Whether texts of a class are counted. Answers to STOP and HELP never are: the law wants them sent, and
    /// consent limits how often.
    pub fn count(&self, class: Class) -> bool {
        !class.is_reply() && self.is_on() && self.classes.contains(&class)
    }

    pub fn is_on(&self) -> bool {
        let limits = [
            self.per_number_per_hour,
            self.per_number_per_day,
            self.per_prefix_per_hour,
        ];
        limits.iter().any(|limit| *limit > 0)
    }

    /// The prefix of a number.
    pub fn prefix(&self, digits: u64) -> u64 {
        let length = digits.checked_ilog10().map_or(1, |log| log + 1);
        digits / 10_u64.pow(length.saturating_sub(u32::from(self.prefix_digits)))
    }
}

/// What a text comes to that a limit stops. A password is of no use once it is late, so it has failed; others
/// wait until there is room, if they may still leave then.
pub fn stopped(
    class: Class,
    free_at: i64,
    valid_until: UnixMillis,
) -> (Outcome, Reason, Option<UnixMillis>) {
    if class != Class::Otp && free_at < valid_until.0 {
        (
            Outcome::Held,
            Reason::VELOCITY_LIMIT,
            Some(UnixMillis(free_at)),
        )
    } else {
        (Outcome::Failed, Reason::VELOCITY_LIMIT, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> VelocityLimits {
        VelocityLimits {
            classes: vec![Class::Otp, Class::HelpReply],
            per_number_per_hour: 1,
            per_number_per_day: 0,
            per_prefix_per_hour: 0,
            prefix_digits: 5,
        }
    }

    #[test]
    fn answers_are_never_limited_and_neither_is_a_class_that_is_not_named() {
        let limits = limits();
        assert!(limits.count(Class::Otp));
        assert!(!limits.count(Class::HelpReply) && !limits.count(Class::Marketing));
        let off = VelocityLimits {
            per_number_per_hour: 0,
            ..limits
        };
        assert!(!off.count(Class::Otp));
    }

    #[test]
    fn a_prefix_is_the_first_digits_and_a_short_number_its_own() {
        let limits = limits();
        assert_eq!(limits.prefix(12_125_550_123), 12_125);
        assert_eq!(limits.prefix(1234), 1234);
    }

    #[test]
    fn a_password_fails_and_another_text_waits_while_it_may() {
        let until = UnixMillis(1000);
        assert_eq!(stopped(Class::Otp, 5, until).0, Outcome::Failed);
        assert_eq!(stopped(Class::Marketing, 5, until).2, Some(UnixMillis(5)));
        assert_eq!(stopped(Class::Marketing, 1000, until).0, Outcome::Failed);
    }
}

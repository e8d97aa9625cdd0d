//! Beginnings of numbers.

use std::fmt;

/// The first digits of a number, without the plus: 1 to 15 of them, the first of which is no 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    digits: u64,
    length: u8,
}

impl Prefix {
    /// Reads `+4917`, `4917` and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let plain = (1..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        plain.then_some(Self {
            digits: digits.parse().ok()?,
            length: u8::try_from(digits.len()).ok()?,
        })
    }

    /// How many digits it has: of several that match, the longest says most.
    pub const fn length(self) -> u8 {
        self.length
    }

    /// The number begins with it.
    pub fn starts(self, number: u64) -> bool {
        beginning(number, u32::from(self.length)) == Some(self.digits)
    }
}

/// The first `length` digits of a number; `None` where it has fewer.
pub fn beginning(number: u64, length: u32) -> Option<u64> {
    let all = number.checked_ilog10()? + 1;
    Some(number / 10_u64.pow(all.checked_sub(length)?))
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn anything_but_digits_is_no_prefix() {
        for text in ["", "+", "0049", "49a", "1234567890123456", "-1", "+ 1"] {
            assert_eq!(Prefix::parse(text), None, "{text}");
        }
        assert_eq!(Prefix::parse("+49"), Prefix::parse("49"));
    }

    proptest! {
        #[test]
        fn a_prefix_starts_what_its_digits_start(number in 1_000_000_u64..999_999_999_999_999, prefix in 1_u64..99_999) {
            let parsed = Prefix::parse(&prefix.to_string()).unwrap();
            prop_assert_eq!(parsed.starts(number), number.to_string().starts_with(&prefix.to_string()));
        }
    }
}

//! Which country a number belongs to: by calling code (ITU-T E.164) and, behind +1, by area code (the North
//! American numbering plan). A number that was ported abroad or a code shared by several countries is told by
//! the larger one; routing needs no more.

use std::fmt;
use std::sync::LazyLock;

use ahash::AHashMap;

const TABLE: &str = include_str!("../../data/countries.csv");
/// Digits of the longest prefix in the table.
const LONGEST: u32 = 6;

/// An ISO 3166 country code of two letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

static COUNTRIES: LazyLock<AHashMap<u64, Country>> = LazyLock::new(|| rows().flatten().collect());

/// The table's rows; `None` for one that cannot be read.
fn rows() -> impl Iterator<Item = Option<(u64, Country)>> {
    TABLE.lines().skip(1).map(|line| {
        let (prefix, country) = line.split_once(',')?;
        Some((prefix.parse().ok()?, Country::parse(country)?))
    })
}

impl Country {
    /// Two letters in either case; whether there is such a country is [`Country::is_known`].
    pub fn parse(text: &str) -> Option<Self> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// Some number belongs to it.
    pub fn is_known(self) -> bool {
        COUNTRIES.values().any(|known| *known == self)
    }

    pub fn as_str(&self) -> &str {
        // Letters only: see `parse`.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The country of a number, given its digits without the plus.
pub fn of(digits: u64) -> Option<Country> {
    let length = digits.checked_ilog10()? + 1;
    (1..=LONGEST.min(length)).rev().find_map(|taken| {
        let prefix = digits / 10_u64.pow(length - taken);
        COUNTRIES.get(&prefix).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_names_the_country() {
        for (digits, country) in [
            (12_125_550_123, "US"),
            (14_165_550_123, "CA"),
            (18_765_550_123, "JM"),
            (17_875_550_123, "PR"),
            (15_005_550_006, "US"),
            (4_915_112_345_678, "DE"),
            (447_400_123_456, "GB"),
            (77_011_234_567, "KZ"),
            (79_161_234_567, "RU"),
            (5_511_987_654_321, "BR"),
            (35_312_345_678, "IE"),
        ] {
            assert_eq!(of(digits).unwrap().as_str(), country, "{digits}");
        }
        assert_eq!(of(0), None);
        assert_eq!(of(999_123_456_789), None);
    }

    #[test]
    fn every_row_of_the_table_can_be_read() {
        assert!(rows().count() > 200);
        assert!(rows().all(|row| row.is_some()));
        assert_eq!(rows().count(), COUNTRIES.len(), "no prefix stands twice");
    }

    #[test]
    fn two_letters_are_a_code_and_some_are_no_country() {
        assert!(Country::parse("de").unwrap().is_known());
        assert!(!Country::parse("QQ").unwrap().is_known());
        assert!(Country::parse("DEU").is_none() && Country::parse("1D").is_none());
    }
}

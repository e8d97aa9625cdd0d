//! Percentages with two decimals, as whole hundredths.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A percentage: hundredths of a percent, so that 0.25 % is 25. Written as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(pub u32);

impl Percent {
    pub const ALL: Self = Self(10_000);

    /// Whether `part` is more than this share of `whole`.
    pub fn is_exceeded(self, part: u64, whole: u64) -> bool {
        u128::from(part) * 10_000 > u128::from(whole) * u128::from(self.0)
    }

    /// This share of `whole`, rounded up.
    pub fn of(self, whole: u64) -> u64 {
        let share = (u128::from(whole) * u128::from(self.0)).div_ceil(10_000);
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// What share `part` is of `whole`, rounded; nothing of nothing is nothing.
    pub fn share(part: u64, whole: u64) -> Self {
        let whole = u128::from(whole.max(1));
        let share = (u128::from(part) * 10_000 + whole / 2) / whole;
        Self(u32::try_from(share).unwrap_or(u32::MAX))
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(f64::from(self.0) / 100.0)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let hundredths = f64::deserialize(from)? * 100.0;
        let whole = hundredths.round();
        if !(0.0..=1e9).contains(&whole) || (hundredths - whole).abs() > 1e-6 {
            return Err(de::Error::custom(
                "a percentage is not negative and has at most two decimals",
            ));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number within 0 and 1e9"
        )]
        let whole = whole as u32;
        Ok(Self(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_and_written_as_numbers_with_two_decimals() {
        for (text, hundredths) in [("1", 100), ("0.25", 25), ("33.33", 3_333), ("100", 10_000)] {
            let read: Percent = serde_json::from_str(text).unwrap();
            assert_eq!(read, Percent(hundredths));
            let back: Percent =
                serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
            assert_eq!(back, read);
        }
        for text in ["-1", "0.001", "1e12", "\"5\""] {
            assert!(serde_json::from_str::<Percent>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shares_are_exact_at_their_edge() {
        assert!(!Percent(100).is_exceeded(1, 100));
        assert!(Percent(100).is_exceeded(2, 100));
        assert!(Percent(0).is_exceeded(1, u64::MAX));
        assert_eq!((Percent(100).of(101), Percent(100).of(0)), (2, 0));
        assert_eq!(Percent::share(1, 3), Percent(3_333));
    }
}

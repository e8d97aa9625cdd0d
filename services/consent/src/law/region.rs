//! Where a rule of law counts: a country (`US`) or a part of one (`US-FL`).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// ISO 3166-1 alpha-2, or ISO 3166-2 with a part of one to three letters or digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    country: [u8; 2],
    /// Padded with zeros; all zeros for a whole country.
    part: [u8; 3],
}

impl Region {
    pub const US: Self = Self {
        country: *b"US",
        part: [0; 3],
    };

    /// From `US` or `US-FL`.
    pub fn parse(text: &str) -> Option<Self> {
        let (country, rest) = text.split_at_checked(2)?;
        let country: [u8; 2] = country.as_bytes().try_into().ok()?;
        if !country.iter().all(u8::is_ascii_uppercase) {
            return None;
        }
        let mut part = [0; 3];
        if !rest.is_empty() {
            let name = rest.strip_prefix('-')?.as_bytes();
            let fits = (1..=3).contains(&name.len())
                && name
                    .iter()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            if !fits {
                return None;
            }
            part[..name.len()].copy_from_slice(name);
        }
        Some(Self { country, part })
    }

    /// The whole country.
    #[must_use]
    pub const fn country(self) -> Self {
        Self {
            country: self.country,
            part: [0; 3],
        }
    }

    /// `FL` lies in `US`; `US` does not lie in `FL`.
    pub fn contains(self, other: Self) -> bool {
        self.country == other.country && (self.part == [0; 3] || self.part == other.part)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = |f: &mut fmt::Formatter<'_>, bytes: &[u8]| {
            bytes
                .iter()
                .filter(|b| **b != 0)
                .try_for_each(|b| write!(f, "{}", char::from(*b)))
        };
        letters(f, &self.country)?;
        if self.part != [0; 3] {
            f.write_str("-")?;
            letters(f, &self.part)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format!("{text:?} is no region; US and US-FL would be"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_read_back_as_they_are_written() {
        for text in ["US", "US-FL", "AU-NSW", "CA-ON"] {
            assert_eq!(Region::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "U", "us", "US-", "US-TOOLONG", "US_FL", "USFL"] {
            assert_eq!(Region::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_country_contains_its_parts() {
        let florida = Region::parse("US-FL").unwrap();
        assert!(Region::US.contains(florida) && !florida.contains(Region::US));
        assert_eq!(florida.country(), Region::US);
    }
}

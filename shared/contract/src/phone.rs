//! E.164 phone numbers (MSISDN with a leading plus).

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A valid E.164 number, kept as its digits: at most 15 of them, so they fit into 64 bits.
///
/// `Display` prints `+15551234567`; `Debug` hides all but the country, so that a number never
/// reaches a log by accident.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u64);

/// Why a text is not a phone number that can be texted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("the phone number is empty")]
    Empty,
    /// A spreadsheet turned the number into something like `1.21E+10`; digits are lost.
    #[error(
        "the phone number is in scientific notation: format the column as text and export again"
    )]
    ScientificNotation,
    /// No country code, and no default region to supply one.
    #[error(
        "the phone number has no country code: write it in E.164 (+12125550123) or pass a default_region"
    )]
    NoRegion,
    #[error("the default region is not an ISO 3166 country code of two letters")]
    UnknownRegion,
    #[error("not a phone number that can be texted")]
    Invalid,
}

impl PhoneError {
    /// Stable code for problem documents and import error files.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "phone.empty",
            Self::ScientificNotation => "phone.scientific_notation",
            Self::NoRegion => "phone.no_region",
            Self::UnknownRegion => "phone.unknown_region",
            Self::Invalid => "phone.invalid",
        }
    }
}

impl Phone {
    /// Parses what people write: `(212) 555-0123` with `default_region` `US`, or any international form.
    ///
    /// Fictional ranges (such as +1 500 555) count as valid where they have a possible length, because
    /// test tenants text them; everything else must be valid by libphonenumber's metadata.
    pub fn parse(text: &str, default_region: Option<&str>) -> Result<Self, PhoneError> {
        let text = text.trim().trim_start_matches('\'');
        if text.is_empty() {
            return Err(PhoneError::Empty);
        }
        if looks_scientific(text) {
            return Err(PhoneError::ScientificNotation);
        }
        if let Some(digits) = plain_e164(text)
            && let Some(phone) = Self::test_range(digits)
        {
            return Ok(phone);
        }
        let region = match default_region {
            None => None,
            Some(code) => Some(
                code.to_ascii_uppercase()
                    .parse::<rlibphonenumber::enums::Region>()
                    .ok()
                    // It takes any two letters; only those of a country have numbers.
                    .filter(|region| {
                        PHONE_NUMBER_UTIL
                            .get_country_code_for_region(*region)
                            .is_some()
                    })
                    .ok_or(PhoneError::UnknownRegion)?,
            ),
        };
        if region.is_none() && !text.starts_with('+') && !text.starts_with("00") {
            return Err(PhoneError::NoRegion);
        }
        let international = text.strip_prefix("00").map(|rest| format!("+{rest}"));
        let text = match (&international, region) {
            (Some(plus), None) => plus.as_str(),
            _ => text,
        };
        let number = PHONE_NUMBER_UTIL
            .parse(text, region)
            .map_err(|_| PhoneError::Invalid)?;
        if !PHONE_NUMBER_UTIL.is_valid_number(&number) {
            return Err(PhoneError::Invalid);
        }
        let e164 = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
        plain_e164(&e164).map(Self).ok_or(PhoneError::Invalid)
    }

    /// From digits that were a [`Phone`] before (a database column, a carrier's address field).
    /// Only the length is checked: 7 to 15 digits.
    pub const fn from_digits(digits: u64) -> Option<Self> {
        if digits >= 1_000_000 && digits <= 999_999_999_999_999 {
            Some(Self(digits))
        } else {
            None
        }
    }

    pub const fn digits(self) -> u64 {
        self.0
    }

    /// North American Numbering Plan: the three digits after +1, such as 212.
    pub const fn area_code(self) -> Option<u16> {
        if self.0 / 10_000_000_000 == 1 {
            Some((self.0 / 10_000_000 % 1000) as u16)
        } else {
            None
        }
    }

    /// The numbers a test tenant may text: +1 500 555 xxxx, and +1 NXX 555 01xx (fictional use).
    fn test_range(digits: u64) -> Option<Self> {
        let ten = digits.checked_sub(10_000_000_000)?;
        let fictional = ten / 10_000 == 500_555;
        fictional.then_some(Self(digits))
    }
}

fn looks_scientific(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    upper.split_once("E+").is_some_and(|(mantissa, exponent)| {
        mantissa
            .chars()
            .all(|c| c.is_ascii_digit() || c == '.' || c == ',')
            && exponent.chars().all(|c| c.is_ascii_digit())
    })
}

fn plain_e164(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+')?;
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(hidden)")
    }
}

impl Serialize for Phone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            Self::parse(&text, None).map_err(de::Error::custom)
        } else {
            Self::from_digits(u64::deserialize(deserializer)?)
                .ok_or_else(|| de::Error::custom(PhoneError::Invalid))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, region, e164) in [
            ("(415) 555-2671", Some("US"), "+14155552671"),
            ("+4915112345678", Some("US"), "+4915112345678"),
            ("+55 11 98765-4321", None, "+5511987654321"),
            ("004915112345678", None, "+4915112345678"),
            ("'+14155552671", None, "+14155552671"),
            ("+15005550006", None, "+15005550006"),
        ] {
            assert_eq!(
                Phone::parse(text, region).map(|p| p.to_string()),
                Ok(e164.to_string()),
                "{text}"
            );
        }
    }

    #[test]
    fn bad_numbers_say_what_is_wrong() {
        for (text, region, code) in [
            ("", None, "phone.empty"),
            ("1.21E+10", Some("US"), "phone.scientific_notation"),
            ("555-0123", None, "phone.no_region"),
            ("hello", Some("US"), "phone.invalid"),
            ("+1 999", None, "phone.invalid"),
            ("4155552671", Some("Utopia"), "phone.unknown_region"),
            ("4155552671", Some("XX"), "phone.unknown_region"),
        ] {
            assert_eq!(
                Phone::parse(text, region).map_err(|e| e.code()),
                Err(code),
                "{text}"
            );
        }
    }

    #[test]
    fn debug_output_never_shows_the_number() {
        let phone = Phone::parse("+14155552671", None).unwrap();
        assert!(!format!("{phone:?}").contains("4155"));
        assert_eq!(phone.area_code(), Some(415));
    }
}

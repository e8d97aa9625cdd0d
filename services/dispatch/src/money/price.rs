//! What a segment costs: of the prices that are in force for a provider, the one that says most about the number.

use ahash::AHashMap;
use contract::phone::Phone;

use super::currency::Currency;
use crate::route::country::{self, Country};
use crate::route::prefix::{Prefix, beginning};

/// The most that a segment may cost: a thousand units of the currency. Ten segments to a million people at it
/// still fit the counters.
pub const MOST_MICROS: i64 = 1_000_000_000;

/// What a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// Wherever no other price says more.
    Everywhere,
    Country(Country),
    Prefix(Prefix),
}

impl Destination {
    /// As stored: empty, two letters, or digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Everywhere);
        }
        Country::parse(text)
            .map(Self::Country)
            .or_else(|| Prefix::parse(text).map(Self::Prefix))
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everywhere => Ok(()),
            Self::Country(country) => country.fmt(f),
            Self::Prefix(prefix) => prefix.fmt(f),
        }
    }
}

/// A row of an account's price table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    pub provider: String,
    pub destination: Destination,
    /// Empty: any operator.
    pub operator: String,
    /// Of one segment.
    pub micros: i64,
    pub currency: Currency,
    /// Milliseconds since 1970; until then the price before it is in force.
    pub effective_from: i64,
}

/// Prices of one destination and operator, in ascending order of `effective_from`.
type Steps = Vec<(i64, i64)>;

/// An account's prices with one provider, for one operator or for any.
#[derive(Debug, Default)]
struct Book {
    prefixes: AHashMap<(u64, u8), Steps>,
    longest: u8,
    countries: AHashMap<Country, Steps>,
    everywhere: Steps,
}

impl Book {
    /// The longest prefix, else the country, else everywhere.
    fn segment(&self, digits: u64, now: i64) -> Option<i64> {
        let of_prefix = (1..=self.longest).rev().find_map(|length| {
            let begins = beginning(digits, u32::from(length))?;
            at(self.prefixes.get(&(begins, length))?, now)
        });
        let of_country = || at(self.countries.get(&country::of(digits)?)?, now);
        of_prefix
            .or_else(of_country)
            .or_else(|| at(&self.everywhere, now))
    }
}

/// All prices of one account. They have one currency.
#[derive(Debug, Default)]
pub struct Prices {
    /// By provider, then by operator; the empty one is any.
    books: AHashMap<String, AHashMap<String, Book>>,
    pub currency: Option<Currency>,
}

impl Prices {
    pub fn is_empty(&self) -> bool {
        self.books.is_empty()
    }

    pub fn add(&mut self, price: Price) {
        self.currency = Some(price.currency);
        let books = self.books.entry(price.provider).or_default();
        let book = books.entry(price.operator).or_default();
        let steps = match price.destination {
            Destination::Everywhere => &mut book.everywhere,
            Destination::Country(country) => book.countries.entry(country).or_default(),
            Destination::Prefix(prefix) => {
                book.longest = book.longest.max(prefix.length());
                let digits = prefix.to_string().parse().unwrap_or_default();
                book.prefixes.entry((digits, prefix.length())).or_default()
            }
        };
        steps.push((price.effective_from, price.micros));
        steps.sort_unstable();
    }

    /// Micros a segment to this number costs with a provider. A price that names the number's operator wins over
    /// every one that names none; among these the longest prefix, then the country, then the price for everywhere.
    /// `None`: a hole in the table.
    pub fn segment(
        &self,
        provider: &str,
        phone: Phone,
        operator: Option<&str>,
        now: i64,
    ) -> Option<i64> {
        let books = self.books.get(provider)?;
        let names = operator.into_iter().chain([""]);
        names
            .filter_map(|name| books.get(name))
            .find_map(|book| book.segment(phone.digits(), now))
    }
}

/// The last price that is in force.
fn at(steps: &Steps, now: i64) -> Option<i64> {
    let after = steps.partition_point(|(from, _)| *from <= now);
    Some(steps[after.checked_sub(1)?].1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prices(rows: &[(&str, &str, i64, i64)]) -> Prices {
        let mut prices = Prices::default();
        for (destination, operator, micros, effective_from) in rows {
            prices.add(Price {
                provider: "acme".to_string(),
                destination: Destination::parse(destination).unwrap(),
                operator: (*operator).to_string(),
                micros: *micros,
                currency: Currency::parse("USD").unwrap(),
                effective_from: *effective_from,
            });
        }
        prices
    }

    fn phone(digits: u64) -> Phone {
        Phone::from_digits(digits).unwrap()
    }

    #[test]
    fn the_longest_prefix_wins_then_the_country_then_everywhere() {
        let prices = prices(&[
            ("", "", 9, 0),
            ("DE", "", 7, 0),
            ("49", "", 6, 0),
            ("4915", "", 5, 0),
            ("4915", "tel", 4, 0),
            ("FR", "", 3, 0),
        ]);
        let of = |digits, operator| prices.segment("acme", phone(digits), operator, 1);
        assert_eq!(of(4_915_112_345_678, None), Some(5));
        assert_eq!(of(4_915_112_345_678, Some("tel")), Some(4));
        assert_eq!(of(4_915_112_345_678, Some("other")), Some(5));
        assert_eq!(of(493_012_345_678, None), Some(6));
        assert_eq!(of(33_612_345_678, None), Some(3));
        assert_eq!(of(12_125_550_123, None), Some(9));
        assert_eq!(prices.segment("beta", phone(12_125_550_123), None, 1), None);
    }

    #[test]
    fn a_price_that_names_the_operator_wins_over_every_one_that_names_none() {
        let prices = prices(&[
            ("49151", "", 1, 0),
            ("", "tel", 2, 0),
            ("DE", "tel", 3, 0),
            ("4916", "tel", 4, 0),
            ("FR", "orange", 5, 100),
            ("FR", "", 6, 0),
        ]);
        let of = |digits, operator| prices.segment("acme", phone(digits), operator, 1);
        assert_eq!(of(4_915_112_345_678, Some("tel")), Some(3));
        assert_eq!(of(4_916_112_345_678, Some("tel")), Some(4));
        assert_eq!(of(33_612_345_678, Some("tel")), Some(2));
        assert_eq!(of(4_915_112_345_678, None), Some(1));
        assert_eq!(of(33_612_345_678, Some("orange")), Some(6), "not yet");
        assert_eq!(of(12_125_550_123, Some("other")), None);
    }

    #[test]
    fn a_price_holds_from_its_instant_on() {
        let prices = prices(&[("US", "", 10, 100), ("US", "", 20, 200)]);
        let of = |now| prices.segment("acme", phone(12_125_550_123), None, now);
        assert_eq!(
            [of(99), of(100), of(199), of(200), of(i64::MAX)],
            [None, Some(10), Some(10), Some(20), Some(20)]
        );
    }

    #[test]
    fn what_is_no_destination_is_refused() {
        for text in ["0049", "DEU", "4x", "1234567890123456", "-"] {
            assert_eq!(Destination::parse(text), None, "{text}");
        }
        for text in ["", "DE", "4917"] {
            assert_eq!(Destination::parse(text).unwrap().to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn no_other_matching_prefix_is_longer_than_the_one_that_priced(
            number in 10_000_000_u64..99_999_999_999, prefixes in prop::collection::btree_set(1_u64..9999, 0..60)
        ) {
            let mut all = Prices::default();
            for prefix in &prefixes {
                let text = prefix.to_string();
                all.add(Price {
                    provider: "acme".to_string(),
                    destination: Destination::parse(&text).unwrap(),
                    operator: String::new(),
                    micros: i64::try_from(*prefix).unwrap(),
                    currency: Currency::parse("USD").unwrap(),
                    effective_from: 0,
                });
            }
            let text = number.to_string();
            let wanted = prefixes.iter().filter(|p| text.starts_with(&p.to_string())).max().copied();
            let found = all.segment("acme", phone(number), None, 1);
            prop_assert_eq!(found, wanted.map(|p| i64::try_from(p).unwrap()));
        }
    }
}

//! What a segment costs over a route.

use std::fmt;

use super::country::Country;

/// An amount in millionths of a currency's unit; currencies are three capital letters (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cost {
    pub micros: u64,
    pub currency: [u8; 3],
}

impl Cost {
    /// `amount` is a decimal such as `0.0075`: no sign, at most six places.
    pub fn parse(amount: &str, currency: &str) -> Option<Self> {
        let (whole, places) = amount.split_once('.').unwrap_or((amount, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty()
            || whole.len() > 9
            || places.len() > 6
            || !digits(whole)
            || !digits(places)
        {
            return None;
        }
        let micros: u64 = format!("{whole}{places:0<6}").parse().ok()?;
        let currency: [u8; 3] = currency.as_bytes().try_into().ok()?;
        currency
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self { micros, currency })
    }

    pub fn currency(&self) -> &str {
        std::str::from_utf8(&self.currency).unwrap_or_default()
    }

    /// As a decimal without needless zeros.
    pub fn amount(&self) -> String {
        let text = format!("{}.{:06}", self.micros / 1_000_000, self.micros % 1_000_000);
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency())
    }
}

/// The price of a country among those of a route; one without a country holds for all others.
pub fn of_country(costs: &[(Option<Country>, Cost)], country: Option<Country>) -> Option<Cost> {
    let of = |wanted: Option<Country>| {
        costs
            .iter()
            .find(|(named, _)| *named == wanted)
            .map(|(_, cost)| *cost)
    };
    country
        .and_then(|country| of(Some(country)))
        .or_else(|| of(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_and_written_back_short() {
        for (text, micros, back) in [
            ("0.0075", 7500, "0.0075"),
            ("1", 1_000_000, "1"),
            ("12.50", 12_500_000, "12.5"),
            ("0.000001", 1, "0.000001"),
            ("0", 0, "0"),
        ] {
            let cost = Cost::parse(text, "USD").unwrap();
            assert_eq!((cost.micros, cost.amount().as_str()), (micros, back));
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for (amount, currency) in [
            ("", "USD"),
            ("-1", "USD"),
            ("0.0000001", "USD"),
            ("1e3", "USD"),
            (".5", "USD"),
            ("9999999999", "USD"),
            ("1", "usd"),
            ("1", "US"),
            ("1", "EURO"),
        ] {
            assert_eq!(Cost::parse(amount, currency), None, "{amount} {currency}");
        }
    }

    #[test]
    fn a_country_s_own_price_beats_the_general_one() {
        let (us, de) = (Country::parse("US"), Country::parse("DE"));
        let price = |amount| Cost::parse(amount, "USD").unwrap();
        let costs = [(None, price("0.05")), (us, price("0.01"))];
        assert_eq!(of_country(&costs, us), Some(price("0.01")));
        assert_eq!(of_country(&costs, de), Some(price("0.05")));
        assert_eq!(of_country(&costs, None), Some(price("0.05")));
        assert_eq!(of_country(&costs[1..], de), None);
    }
}

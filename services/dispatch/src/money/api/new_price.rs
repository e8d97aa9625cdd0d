//! A price as callers write it, in JSON or in a row of CSV.

use chrono::{DateTime, Utc};
use contract::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::currency::Currency;
use super::super::price::{Destination, MOST_MICROS, Price};
use crate::route::country::Country;
use crate::route::prefix::Prefix;

/// What a segment costs. With neither `country` nor `prefix` it holds wherever no other price says more.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceBody {
    pub provider: String,
    /// Two letters (ISO 3166), such as `DE`.
    #[serde(default)]
    pub country: Option<String>,
    /// First digits of numbers, such as `4917`. The longest that fits wins.
    #[serde(default)]
    pub prefix: Option<String>,
    /// For numbers known to belong to this operator only. Wins over every price that names no operator.
    #[serde(default)]
    pub operator: Option<String>,
    /// Of one segment, in millionths of the currency's unit: 7500 is 0.0075.
    pub micros: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
    /// From when it holds; since ever if absent.
    #[serde(default)]
    pub effective_from: Option<DateTime<Utc>>,
}

/// What is wrong with one: field, and how to mend it.
pub type Wrong = (&'static str, &'static str);

impl PriceBody {
    pub fn check(self) -> Result<Price, Wrong> {
        let provider = self.provider.trim().to_string();
        if provider.is_empty() || provider.len() > 64 {
            return Err(("provider", "the provider's name, at most 64 bytes"));
        }
        let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let destination = match (filled(self.country), filled(self.prefix)) {
            (None, None) => Destination::Everywhere,
            (Some(_), Some(_)) => return Err(("prefix", "country or prefix, not both")),
            (Some(country), None) => Country::parse(country.trim())
                .filter(|country| country.is_known())
                .map(Destination::Country)
                .ok_or(("country", "no country of two letters (ISO 3166)"))?,
            (None, Some(prefix)) => Prefix::parse(prefix.trim())
                .map(Destination::Prefix)
                .ok_or(("prefix", "1 to 15 digits, not beginning with 0"))?,
        };
        let operator = filled(self.operator).unwrap_or_default().trim().to_string();
        if operator.len() > 64 {
            return Err(("operator", "at most 64 bytes"));
        }
        if !(0..=MOST_MICROS).contains(&self.micros) {
            return Err(("micros", "0 to 1000000000"));
        }
        let currency = Currency::parse(self.currency.trim())
            .ok_or(("currency", "three capital letters (ISO 4217)"))?;
        Ok(Price {
            provider,
            destination,
            operator,
            micros: self.micros,
            currency,
            effective_from: self.effective_from.map_or(0, |at| UnixMillis::from(at).0),
        })
    }

    pub fn of(price: Price) -> Self {
        let (country, prefix) = match price.destination {
            Destination::Everywhere => (None, None),
            Destination::Country(country) => (Some(country.to_string()), None),
            Destination::Prefix(prefix) => (None, Some(prefix.to_string())),
        };
        let from = price.effective_from;
        Self {
            provider: price.provider,
            country,
            prefix,
            operator: Some(price.operator).filter(|operator| !operator.is_empty()),
            micros: price.micros,
            currency: price.currency.to_string(),
            effective_from: (from != 0).then(|| UnixMillis(from).to_utc()),
        }
    }
}

//! Settings of the section `dispatch.money`.

use std::collections::BTreeSet;

use anyhow::Context;
use serde::Deserialize;

use super::limits::{MOST_PREFIX_DIGITS, VelocityLimits};
use super::terms::Defaults;
use crate::route::country::Country;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyConfig {
    pub unpriced: Unpriced,
    pub countries: Vec<String>,
    pub velocity_entries: usize,
    pub velocity: VelocityLimits,
}

/// What becomes of texts without a price where no cap is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpriced {
    Allow,
    Refuse,
}

impl MoneyConfig {
    pub fn defaults(&self) -> anyhow::Result<Defaults> {
        let mut countries = BTreeSet::new();
        for code in &self.countries {
            let country = Country::parse(code).filter(|country| country.is_known());
            let unknown = || format!("dispatch.money.countries: {code} is no country");
            countries.insert(country.with_context(unknown)?);
        }
        let digits = self.velocity.prefix_digits;
        anyhow::ensure!(
            (1..=MOST_PREFIX_DIGITS).contains(&digits),
            "dispatch.money.velocity.prefix_digits is not between 1 and {MOST_PREFIX_DIGITS}"
        );
        Ok(Defaults {
            countries,
            limits: self.velocity.clone(),
            unpriced_leave: self.unpriced == Unpriced::Allow,
        })
    }
}

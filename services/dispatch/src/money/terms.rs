//! What holds for an account: its prices, where its texts may go, and which of them caps and limits concern.

use std::collections::BTreeSet;

use ahash::{AHashMap, AHashSet};
use contract::Class;
use contract::ids::CampaignId;

use super::account::Account;
use super::limits::VelocityLimits;
use super::price::Prices;
use crate::route::country::{self, Country};

#[derive(Debug, Default)]
pub struct Terms {
    pub prices: Prices,
    /// The account as a whole has a cap.
    pub capped: bool,
    pub capped_campaigns: AHashSet<CampaignId>,
    /// `None`: as the settings say.
    pub countries: Option<BTreeSet<Country>>,
    pub limits: Option<VelocityLimits>,
}

impl Terms {
    pub fn is_capped(&self, campaign: CampaignId) -> bool {
        self.capped || self.capped_campaigns.contains(&campaign)
    }
}

/// The terms of every account that has any.
#[derive(Debug, Default)]
pub struct AllTerms {
    pub accounts: AHashMap<Account, Terms>,
    nothing: Terms,
}

impl AllTerms {
    pub fn of(&self, account: Account) -> &Terms {
        self.accounts.get(&account).unwrap_or(&self.nothing)
    }
}

/// What holds where an account has set nothing of its own.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// Empty: all.
    pub countries: BTreeSet<Country>,
    pub limits: VelocityLimits,
    /// A text without a price leaves where no cap is in force.
    pub unpriced_leave: bool,
}

impl Defaults {
    pub fn countries<'t>(&'t self, terms: &'t Terms) -> &'t BTreeSet<Country> {
        terms.countries.as_ref().unwrap_or(&self.countries)
    }

    pub fn limits<'t>(&'t self, terms: &'t Terms) -> &'t VelocityLimits {
        terms.limits.as_ref().unwrap_or(&self.limits)
    }

    /// Nothing is to be looked at for a campaign's texts.
    pub fn is_free(&self, terms: &Terms, campaign: CampaignId, class: Class) -> bool {
        terms.prices.is_empty()
            && self.unpriced_leave
            && !terms.is_capped(campaign)
            && self.countries(terms).is_empty()
            && !self.limits(terms).count(class)
    }
}

/// A number's country is on the list; an empty list allows all, a number of no known country is on none.
pub fn is_allowed(countries: &BTreeSet<Country>, digits: u64) -> bool {
    countries.is_empty() || country::of(digits).is_some_and(|country| countries.contains(&country))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_allows_all_and_another_no_unknown_country() {
        let us = [Country::parse("US").unwrap()].into();
        assert!(is_allowed(&BTreeSet::new(), 999_123_456_789));
        assert!(is_allowed(&us, 12_125_550_123));
        assert!(
            !is_allowed(&us, 18_765_550_123),
            "Jamaica shares the code +1"
        );
        assert!(!is_allowed(&us, 999_123_456_789));
    }
}

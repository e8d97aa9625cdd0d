//! What limits were set, and which of them a text draws from.

use std::collections::HashMap;

use contract::{CampaignId, Mode, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::level::{Ask, Level, Name};
use super::tier;
use crate::pace::Rate;

/// A limit on one thing. What is missing does not limit, or comes from the 10DLC class.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limit {
    /// Segments a second; 0: none.
    pub segments_per_second: Option<f64>,
    /// Segments that may leave at once; 0: a tenth of a second's worth, at least 1.
    pub burst: u32,
    /// Segments a day, in days of US Pacific time.
    pub per_day: Option<u64>,
    /// Share of a tenant or campaign beside the others; 1 unless set.
    pub weight: Option<u32>,
    /// 10DLC class of a registration: A to F, T or `sole_proprietor`.
    pub class: Option<String>,
    /// Senders that share a registration.
    pub senders: Vec<String>,
}

/// What is wrong with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitFault {
    #[error(
        "segments_per_second is a number from 0 to 100,000; one segment a day is the least above 0"
    )]
    Rate,
    #[error("weight is a number from 1 to 1,000, of a tenant or campaign")]
    Weight,
    #[error(
        "there is no such 10DLC class; there are A to F, T and sole_proprietor, for registrations"
    )]
    Class,
    #[error("a registration names its senders, other levels do not")]
    Senders,
}

impl Limit {
    pub fn check(&self, level: Level) -> Result<(), LimitFault> {
        let registration = level == Level::Registration;
        let slowest = 1.0 / 86_400.0;
        let rate_fits = self
            .segments_per_second
            .is_none_or(|rate| rate == 0.0 || (slowest..=100_000.0).contains(&rate));
        if !rate_fits {
            return Err(LimitFault::Rate);
        }
        let weighed = matches!(level, Level::Tenant | Level::Campaign);
        if self
            .weight
            .is_some_and(|weight| !weighed || !(1..=1000).contains(&weight))
        {
            return Err(LimitFault::Weight);
        }
        if self
            .class
            .as_deref()
            .is_some_and(|class| !registration || tier::find(class).is_none())
        {
            return Err(LimitFault::Class);
        }
        if registration == self.senders.is_empty() {
            return Err(LimitFault::Senders);
        }
        Ok(())
    }

    fn tier(&self) -> Option<&'static tier::Tier> {
        self.class.as_deref().and_then(tier::find)
    }

    pub fn rate(&self) -> Rate {
        let of_class = || self.tier().map(|tier| tier.per_minute / 60.0);
        Rate {
            per_second: self.segments_per_second.or_else(of_class).unwrap_or(0.0),
            burst: self.burst,
        }
    }

    pub fn per_day(&self) -> Option<u64> {
        self.per_day
            .or_else(|| self.tier().map(|tier| tier.per_day))
    }
}

/// One limit that a text draws from.
#[derive(Debug, Clone, PartialEq)]
pub struct Draw {
    pub name: Name,
    pub rate: Rate,
    pub per_day: Option<u64>,
}

#[derive(Debug, Default)]
pub struct Limits {
    set: HashMap<Name, Limit>,
    /// Registrations by the lanes that share them.
    shared: HashMap<Name, Name>,
    /// Of every lane that has no limit of its own.
    lane: Rate,
}

impl Limits {
    pub fn new(lane: Rate, set: Vec<(Name, Limit)>) -> Self {
        let mut shared = HashMap::new();
        for (name, limit) in &set {
            for sender in &limit.senders {
                let lane = Name {
                    level: Level::Lane,
                    name: sender.clone(),
                    ..name.clone()
                };
                shared.insert(lane, name.clone());
            }
        }
        Self {
            set: set.into_iter().collect(),
            shared,
            lane,
        }
    }

    /// Every limit that `ask` draws from.
    pub fn of(&self, ask: &Ask) -> Vec<Draw> {
        if self.set.is_empty() && !self.lane.is_limited() {
            return Vec::new();
        }
        let mut draws = Vec::new();
        for level in Level::ALL {
            let name = ask.name(level).or_else(|| {
                let lane = ask.name(Level::Lane)?;
                self.shared.get(&lane).cloned()
            });
            let Some(name) = name else { continue };
            let (rate, per_day) = match self.set.get(&name) {
                Some(limit) if level == Level::Lane && limit.segments_per_second.is_none() => {
                    (self.lane, limit.per_day())
                }
                Some(limit) => (limit.rate(), limit.per_day()),
                None if level == Level::Lane => (self.lane, None),
                None => continue,
            };
            if rate.is_limited() || per_day.is_some() {
                draws.push(Draw {
                    name,
                    rate,
                    per_day,
                });
            }
        }
        draws
    }

    /// The rate of a lane, whether it has sent or not.
    pub fn lane(&self, name: &Name) -> Rate {
        let own = self.set.get(name);
        own.filter(|limit| limit.segments_per_second.is_some())
            .map_or(self.lane, Limit::rate)
    }

    /// Share of a tenant, or of one of its campaigns.
    pub fn weight(&self, tenant: TenantId, campaign: Option<CampaignId>) -> u32 {
        if self.set.is_empty() {
            return 1;
        }
        let (level, name) = match campaign {
            Some(campaign) => (Level::Campaign, campaign.to_string()),
            None => (Level::Tenant, tenant.to_string()),
        };
        [Mode::Live, Mode::Test]
            .into_iter()
            .filter_map(|mode| self.set.get(&Name::new(level, tenant, mode, &name)))
            .find_map(|limit| limit.weight)
            .unwrap_or(1)
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;

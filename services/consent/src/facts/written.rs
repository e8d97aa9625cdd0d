//! Facts as they are written down, for courts and for simulations.

use std::borrow::Cow;
use std::str::FromStr;

use chrono_tz::Tz;
use contract::Class;
use serde::{Deserialize, Serialize};

use super::{Facts, Flags};
use crate::law::{Level, Region};
use crate::places::{Place, Places, Source};
use crate::window::Window;

/// Field order is part of a decision's id. Fields that say nothing are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written<'w> {
    pub class: Class,
    pub regions: Vec<Region>,
    pub zones: Vec<Cow<'w, str>>,
    pub zone_source: Source,
    pub era: u16,
    pub level: Level,
    pub required_level: Level,
    /// Names of the facts that hold.
    pub holds: Vec<Cow<'w, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_minutes: Option<(u16, u16)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law_hours: Option<(u16, u16)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courtesy_hours: Option<(u16, u16)>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sent_topic: u8,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub law_cap: u8,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sent_marketing: u8,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tenant_cap: u8,
    #[serde(default, skip_serializing_if = "none_elapsed")]
    pub opt_out_seconds: u16,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it like this"
)]
const fn is_zero(count: &u8) -> bool {
    *count == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it like this"
)]
const fn none_elapsed(seconds: &u16) -> bool {
    *seconds == 0
}

impl Written<'_> {
    pub fn of(facts: &Facts, places: &Places) -> Self {
        let place = places.get(facts.place);
        let pair = |window: Window| (window.from, window.to);
        Self {
            class: facts.class,
            regions: place.regions.clone(),
            zones: place
                .zones
                .iter()
                .map(|zone| Cow::Borrowed(zone.name()))
                .collect(),
            zone_source: place.source,
            era: facts.era,
            level: facts.level,
            required_level: facts.required,
            holds: facts.flags.names().into_iter().map(Cow::Borrowed).collect(),
            local_minutes: facts
                .flags
                .has(Flags::ZONE_KNOWN)
                .then_some((facts.min_minute, facts.max_minute)),
            law_hours: facts.law.map(pair),
            courtesy_hours: facts.courtesy.map(pair),
            sent_topic: facts.sent_topic,
            law_cap: facts.law_cap,
            sent_marketing: facts.sent_marketing,
            tenant_cap: facts.tenant_cap,
            opt_out_seconds: facts.opt_out_seconds,
        }
    }

    /// Back into facts; `None` when something in it is not known (any more).
    pub fn read(&self, places: &Places) -> Option<Facts> {
        let zones: Option<Vec<Tz>> = self
            .zones
            .iter()
            .map(|name| Tz::from_str(name).ok())
            .collect();
        let mut flags = Flags::default();
        for name in &self.holds {
            flags.set(Flags::named(name)?, true);
        }
        let window = |(from, to)| Window { from, to };
        let (min_minute, max_minute) = self.local_minutes.unwrap_or_default();
        let place = Place {
            regions: self.regions.clone(),
            zones: zones?,
            source: self.zone_source,
        };
        Some(Facts {
            class: self.class,
            place: places.intern(place),
            era: self.era,
            flags,
            level: self.level,
            required: self.required_level,
            min_minute,
            max_minute,
            law: self.law_hours.map(window),
            courtesy: self.courtesy_hours.map(window),
            sent_topic: self.sent_topic,
            law_cap: self.law_cap,
            sent_marketing: self.sent_marketing,
            tenant_cap: self.tenant_cap,
            opt_out_seconds: self.opt_out_seconds,
        })
    }
}

//! One instant, one class, one tenant's rules: what the clocks and the law say at each place, computed once
//! however many people live there. Pure.

use std::sync::Arc;

use ahash::{AHashMap, AHashSet};
use chrono::{DateTime, Utc};
use contract::Class;

use crate::law::Law;
use crate::law::hours::{Binding, Hours};
use crate::law::requirements::Requirements;
use crate::papers::Exemption;
use crate::places::{Place, PlaceId, Places};
use crate::rules::Rules;

/// A place at the moment.
#[derive(Debug, Clone)]
pub struct PlaceNow<'l> {
    pub place: Arc<Place>,
    pub binding: Binding<'l>,
    /// `None` where no zone is known, or nothing binds.
    pub hours: Option<Hours>,
    pub requirements: Requirements<'l>,
    /// Do-not-call lists that bind here and are too old, or were never loaded.
    pub stale_lists: Arc<AHashSet<String>>,
    exemptions: Vec<&'l crate::law::ExemptionRow>,
}

impl PlaceNow<'_> {
    pub fn exemption(&self, wanted: Exemption) -> Option<&crate::law::ExemptionRow> {
        self.exemptions
            .iter()
            .copied()
            .find(|row| row.name == wanted.as_str())
    }
}

/// The moment of one question.
pub struct Moment<'l> {
    law: &'l Law,
    rules: &'l Rules,
    places: &'l Places,
    class: Class,
    urgent: bool,
    now: DateTime<Utc>,
    /// When each do-not-call list was loaded.
    lists: &'l AHashMap<String, chrono::NaiveDate>,
    seen: AHashMap<PlaceId, Arc<PlaceNow<'l>>>,
    opens: AHashMap<(PlaceId, i64), Option<DateTime<Utc>>>,
}

impl<'l> Moment<'l> {
    pub fn new(
        rules: &'l Rules,
        places: &'l Places,
        lists: &'l AHashMap<String, chrono::NaiveDate>,
        (class, urgent): (Class, bool),
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            law: rules.law_tables(),
            rules,
            places,
            class,
            urgent,
            now,
            lists,
            seen: AHashMap::new(),
            opens: AHashMap::new(),
        }
    }

    /// The same moment under another state of the law, such as one with more holidays.
    #[must_use]
    pub const fn under(mut self, law: &'l Law) -> Self {
        self.law = law;
        self
    }

    pub fn at(&mut self, id: PlaceId) -> Arc<PlaceNow<'l>> {
        if let Some(known) = self.seen.get(&id) {
            return known.clone();
        }
        let here = Arc::new(self.look(id));
        self.seen.insert(id, here.clone());
        here
    }

    fn look(&self, id: PlaceId) -> PlaceNow<'l> {
        let (place, day) = (self.places.get(id), self.now.date_naive());
        let profile = self.rules.parameters().profile;
        let binding = Binding::of(self.law, profile, self.class, &place.regions, self.urgent);
        let requirements = Requirements::of(self.law, profile, self.class, &place.regions, day);
        let stale = requirements.dnc.iter().filter(|row| {
            self.lists
                .get(&row.list)
                .is_none_or(|as_of| (day - *as_of).num_days() > i64::from(row.max_age_days))
        });
        let exemptions = self.law.rows.exemption.iter().filter(|row| {
            row.in_force.on(day)
                && matches!(row.region, crate::law::Place::In(at) if place.regions.iter().any(|region| at.contains(*region)))
        });
        PlaceNow {
            hours: binding.at(self.law, &place.zones, self.now),
            stale_lists: Arc::new(stale.map(|row| row.list.clone()).collect()),
            exemptions: exemptions.collect(),
            place,
            binding,
            requirements,
        }
    }

    /// The first instant from `from` on at which the hours allow it.
    pub fn next_open(&mut self, id: PlaceId, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let key = (id, from.timestamp_millis());
        if let Some(known) = self.opens.get(&key) {
            return *known;
        }
        let here = self.at(id);
        let opens = if here.binding.binds() {
            here.binding.next_open(self.law, &here.place.zones, from)
        } else {
            Some(from)
        };
        self.opens.insert(key, opens);
        opens
    }

    pub const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub const fn rules(&self) -> &'l Rules {
        self.rules
    }

    pub const fn law(&self) -> &'l Law {
        self.law
    }
}

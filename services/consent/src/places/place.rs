//! Places, and numbers that stand for them.

use std::sync::Arc;

use ahash::AHashMap;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::whereabouts::Whereabouts;
use crate::law::Region;

/// Regions and zones a person may be in, and how we know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Place {
    pub regions: Vec<Region>,
    pub zones: Vec<Tz>,
    pub source: Source,
}

/// Where the zones come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nothing is known.
    #[default]
    Nowhere,
    AreaCode,
    CountryCode,
    /// The zone on the contact.
    ContactZone,
    /// A ZIP that agrees with the number and picks among its zones.
    Zip,
    /// A ZIP or state elsewhere than the number: both count.
    ZipAndNumber,
    /// Given by whoever asks, as in a test case.
    Given,
}

/// A place by its number; equal places have equal ones while the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PlaceId(u32);

impl PlaceId {
    pub const NOWHERE: Self = Self(0);
}

/// Every place seen so far.
#[derive(Default)]
pub(super) struct Known {
    places: Vec<Arc<Place>>,
    ids: AHashMap<Arc<Place>, PlaceId>,
    pub(super) combined: AHashMap<(PlaceId, Whereabouts), PlaceId>,
}

impl Known {
    pub(super) fn intern(&mut self, place: Place) -> PlaceId {
        if let Some(id) = self.ids.get(&place) {
            return *id;
        }
        let id = PlaceId(u32::try_from(self.places.len()).unwrap_or(0));
        let place = Arc::new(place);
        self.places.push(place.clone());
        self.ids.insert(place, id);
        id
    }

    pub(super) fn get(&self, id: PlaceId) -> Arc<Place> {
        let index = usize::try_from(id.0).unwrap_or(0);
        self.places.get(index).cloned().unwrap_or_default()
    }
}

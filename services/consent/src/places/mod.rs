//! Where may a person be? From what is known of them, else from the number itself: a North American area
//! code or a country calling code. Where a code spans zones or regions, all of them count.

mod place;
mod tables;
mod whereabouts;

use std::sync::{Arc, PoisonError, RwLock};

use ahash::AHashMap;
use chrono_tz::Tz;
use contract::Phone;

pub use self::place::{Place, PlaceId, Source};
pub use self::tables::TableError;
pub use self::whereabouts::Whereabouts;

use self::place::Known;
use self::tables::Zip;
use crate::law::Region;

/// Longest calling code listed.
const MAX_CALLING_CODE: u64 = 999;

/// Number prefixes, ZIPs, and every place seen so far.
pub struct Places {
    areas: AHashMap<u16, PlaceId>,
    countries: AHashMap<u64, PlaceId>,
    /// Numbers of +1 outside every area: toll-free and unassigned.
    plus_one: PlaceId,
    zips: Vec<Zip>,
    known: RwLock<Known>,
}

impl Places {
    /// The place by its number.
    pub fn get(&self, id: PlaceId) -> Arc<Place> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(id)
    }

    /// The number of a place.
    pub fn intern(&self, place: Place) -> PlaceId {
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .intern(place)
    }

    /// By the number alone.
    pub fn of_number(&self, phone: Phone) -> PlaceId {
        if let Some(area) = phone.area_code() {
            return self.areas.get(&area).copied().unwrap_or(self.plus_one);
        }
        let mut prefix = phone.digits();
        while prefix > MAX_CALLING_CODE {
            prefix /= 10;
        }
        // The longest code that fits: 77 (Kazakhstan) before 7 (Russia).
        while prefix > 0 {
            if let Some(place) = self.countries.get(&prefix) {
                return *place;
            }
            prefix /= 10;
        }
        PlaceId::NOWHERE
    }

    /// By the number and what else is known.
    ///
    /// The zone on a contact stands for itself. A ZIP within the number's own regions picks its zone (32501
    /// proves Central for area code 850); elsewhere both places count, because several states presume that
    /// a person is where the area code says (Fla. Stat. 501.059, 15 O.S. 775C, SB 1058).
    pub fn of(&self, phone: Phone, known: Whereabouts) -> PlaceId {
        let number = self.of_number(phone);
        if known == Whereabouts::default() {
            return number;
        }
        let key = (number, known);
        {
            let seen = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = seen.combined.get(&key) {
                return *place;
            }
        }
        let place = self.combine(&self.get(number), known);
        let mut seen = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let id = seen.intern(place);
        seen.combined.insert(key, id);
        id
    }

    /// Some number or ZIP lies there. Parts of countries whose parts we do not list count as known.
    pub fn knows(&self, region: Region) -> bool {
        let numbers = self.areas.values().chain(self.countries.values());
        let mut listed: Vec<Region> = self.zips.iter().map(|zip| zip.region).collect();
        listed.extend(numbers.flat_map(|id| self.get(*id).regions.clone()));
        let country = region.country();
        let has_parts = |one: &Region| *one != country && country.contains(*one);
        listed.contains(&region)
            || listed.iter().any(|one| country.contains(*one))
                && (region == country || !listed.iter().any(has_parts))
    }

    /// Region and zones of a ZIP.
    pub fn zip(&self, zip: u32) -> Option<(Region, &[Tz])> {
        let after = self.zips.partition_point(|range| range.from <= zip);
        let range = self.zips.get(after.checked_sub(1)?)?;
        (zip <= range.to).then_some((range.region, &range.zones))
    }
}

#[cfg(test)]
mod tests;

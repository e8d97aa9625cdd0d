//! Where may a person be? From what is known of them, else from the number itself: a North American area
//! code or a country calling code. Where a code spans zones or regions, all of them count.

use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use ahash::AHashMap;
use chrono_tz::Tz;
use contract::Phone;
use serde::{Deserialize, Serialize};

use crate::law::Region;

const AREA_CODES: &str = include_str!("../data/area_codes.csv");
const COUNTRY_CODES: &str = include_str!("../data/country_codes.csv");
const ZIPS: &str = include_str!("../data/zips.csv");
/// Longest calling code listed.
const MAX_CALLING_CODE: u64 = 999;

/// Why the embedded tables cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}, line {line}: {fault}")]
pub struct TableError {
    file: &'static str,
    line: usize,
    fault: String,
}

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

/// What is known of a person besides the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Whereabouts {
    pub zone: Option<Tz>,
    /// Five digits.
    pub zip: Option<u32>,
    pub region: Option<Region>,
}

struct Zip {
    from: u32,
    to: u32,
    region: Region,
    zones: Vec<Tz>,
}

/// Number prefixes, ZIPs, and every place seen so far.
pub struct Places {
    areas: AHashMap<u16, PlaceId>,
    countries: AHashMap<u64, PlaceId>,
    /// Numbers of +1 outside every area: toll-free and unassigned.
    plus_one: PlaceId,
    zips: Vec<Zip>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    places: Vec<Arc<Place>>,
    ids: AHashMap<Arc<Place>, PlaceId>,
    combined: AHashMap<(PlaceId, Whereabouts), PlaceId>,
}

impl Known {
    fn intern(&mut self, place: Place) -> PlaceId {
        if let Some(id) = self.ids.get(&place) {
            return *id;
        }
        let id = PlaceId(u32::try_from(self.places.len()).unwrap_or(0));
        let place = Arc::new(place);
        self.places.push(place.clone());
        self.ids.insert(place, id);
        id
    }
}

impl Places {
    /// The embedded tables.
    pub fn load() -> Result<Self, TableError> {
        let mut known = Known::default();
        known.intern(Place::default());
        let plus_one = known.intern(Place {
            regions: vec![Region::US],
            ..Place::default()
        });
        let mut places = Self {
            areas: AHashMap::new(),
            countries: AHashMap::new(),
            plus_one,
            zips: Vec::new(),
            known: RwLock::default(),
        };
        each("area_codes.csv", AREA_CODES, |cells| {
            let code: u16 = cells[0].parse().map_err(|_| "not an area code")?;
            let id = known.intern(place(cells[1], cells[2], Source::AreaCode)?);
            duplicate(places.areas.insert(code, id))
        })?;
        each("country_codes.csv", COUNTRY_CODES, |cells| {
            let code: u64 = cells[0].parse().map_err(|_| "not a calling code")?;
            let id = known.intern(place(cells[1], cells[2], Source::CountryCode)?);
            duplicate(places.countries.insert(code, id))
        })?;
        each("zips.csv", ZIPS, |cells| {
            let read = |text: &str| text.parse().map_err(|_| format!("not a ZIP: {text}"));
            let found = place(cells[2], cells[3], Source::Zip)?;
            let region = found.regions.first().copied().ok_or("no region")?;
            places.zips.push(Zip {
                from: read(cells[0])?,
                to: read(cells[1])?,
                region,
                zones: found.zones,
            });
            Ok(())
        })?;
        places.zips.sort_unstable_by_key(|zip| zip.from);
        places.known = RwLock::new(known);
        Ok(places)
    }

    /// The place by its number.
    pub fn get(&self, id: PlaceId) -> Arc<Place> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let index = usize::try_from(id.0).unwrap_or(0);
        known.places.get(index).cloned().unwrap_or_default()
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

    fn combine(&self, number: &Place, known: Whereabouts) -> Place {
        let mut place = number.clone();
        if let Some((region, zones)) = known.zip.and_then(|zip| self.zip(zip)) {
            settle(&mut place, region, Some(zones));
        }
        if let Some(region) = known.region {
            settle(&mut place, region, None);
        }
        if let Some(zone) = known.zone {
            place.zones = vec![zone];
            place.source = Source::ContactZone;
        }
        place
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

/// Adds a region (with its zones, where known) to what the number says.
fn settle(place: &mut Place, region: Region, zones: Option<&[Tz]>) {
    let agrees = place
        .regions
        .iter()
        .any(|own| own.contains(region) || region.contains(*own));
    if !place.regions.contains(&region) {
        place.regions.retain(|own| !own.contains(region));
        place.regions.push(region);
    }
    let Some(zones) = zones else { return };
    if agrees || place.zones.is_empty() {
        place.zones = zones.to_vec();
        place.source = Source::Zip;
    } else {
        for zone in zones {
            if !place.zones.contains(zone) {
                place.zones.push(*zone);
            }
        }
        place.source = Source::ZipAndNumber;
    }
}

fn place(regions: &str, zones: &str, source: Source) -> Result<Place, String> {
    let region = |text: &str| Region::parse(text).ok_or_else(|| format!("no such region: {text}"));
    let zone = |text: &str| Tz::from_str(text).map_err(|_| format!("no such zone: {text}"));
    Ok(Place {
        regions: regions.split('|').map(region).collect::<Result<_, _>>()?,
        zones: zones.split('|').map(zone).collect::<Result<_, _>>()?,
        source,
    })
}

fn duplicate(before: Option<PlaceId>) -> Result<(), String> {
    before.map_or(Ok(()), |_| Err("the code stands twice".to_string()))
}

fn each(
    file: &'static str,
    text: &str,
    mut row: impl FnMut(&[&str]) -> Result<(), String>,
) -> Result<(), TableError> {
    let mut lines = text.lines().enumerate();
    let columns = lines.next().map_or(0, |(_, head)| head.split(',').count());
    for (index, line) in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let outcome = if cells.len() == columns {
            row(&cells)
        } else {
            Err(format!("{columns} cells expected"))
        };
        outcome.map_err(|fault| TableError {
            file,
            line: index + 1,
            fault,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America, Asia, Europe};

    fn number(digits: u64) -> Arc<Place> {
        let places = Places::load().unwrap();
        places.get(places.of_number(Phone::from_digits(digits).unwrap()))
    }

    fn known(digits: u64, known: Whereabouts) -> Arc<Place> {
        let places = Places::load().unwrap();
        places.get(places.of(Phone::from_digits(digits).unwrap(), known))
    }

    fn region(text: &str) -> Region {
        Region::parse(text).unwrap()
    }

    #[test]
    fn a_number_is_placed_by_its_area_or_country_code() {
        assert_eq!(number(12_125_550_123).zones, [America::New_York]);
        assert_eq!(number(15_005_550_006).zones, [America::New_York]);
        assert_eq!(number(4_915_112_345_678).zones, [Europe::Berlin]);
        assert_eq!(number(442_079_460_958).regions, [region("GB")]);
        assert_eq!(number(77_011_234_567).regions, [region("KZ")]);
        assert!(number(79_161_234_567).zones.len() > 8);
        assert!(
            number(18_005_550_123).zones.is_empty(),
            "toll-free numbers are nowhere"
        );
        assert!(number(99_912_345_678).zones.is_empty());
    }

    #[test]
    fn a_code_that_spans_zones_counts_for_all_of_them_and_so_do_its_overlays() {
        for (area, zones) in [
            (208, 2),
            (986, 2),
            (850, 2),
            (448, 2),
            (928, 2),
            (270, 2),
            (364, 2),
        ] {
            let place = number(10_005_550_123 + area * 10_000_000);
            assert!(place.zones.len() >= zones, "{area}: {:?}", place.zones);
        }
        assert!(number(18_505_550_123).zones.contains(&America::Chicago));
        assert!(number(18_505_550_123).zones.contains(&America::New_York));
    }

    #[test]
    fn a_zip_within_the_numbers_state_picks_the_zone() {
        let zip = Whereabouts {
            zip: Some(32_501),
            ..Whereabouts::default()
        };
        let place = known(18_505_550_123, zip);
        assert_eq!(
            (&place.zones[..], place.source),
            (&[America::Chicago][..], Source::Zip)
        );
        assert_eq!(place.regions, [region("US-FL")]);
    }

    #[test]
    fn a_zip_in_another_state_counts_beside_the_number() {
        let zip = Whereabouts {
            zip: Some(75_201),
            ..Whereabouts::default()
        };
        let place = known(13_055_550_123, zip);
        assert_eq!(place.regions, [region("US-FL"), region("US-TX")]);
        assert_eq!(place.zones, [America::New_York, America::Chicago]);
        assert_eq!(place.source, Source::ZipAndNumber);
    }

    #[test]
    fn the_zone_on_a_contact_stands_for_itself_and_the_law_of_the_number_stays() {
        let zone = Whereabouts {
            zone: Some(Asia::Tokyo),
            ..Whereabouts::default()
        };
        let place = known(12_085_550_123, zone);
        assert_eq!(
            (&place.zones[..], place.source),
            (&[Asia::Tokyo][..], Source::ContactZone)
        );
        assert_eq!(place.regions, [region("US-ID")]);
    }

    #[test]
    fn every_zip_range_is_found_again() {
        let places = Places::load().unwrap();
        assert!(places.zips.len() > 100);
        assert!(places.zips.windows(2).all(|two| two[0].to < two[1].from));
        assert_eq!(
            places.zip(46_360).map(|(_, zones)| zones),
            Some(&[America::Chicago][..])
        );
        assert_eq!(places.zip(200), None);
    }
}

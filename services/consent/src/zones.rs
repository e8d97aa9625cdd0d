//! Which time zones may a number be in? From the contact if it says, else from the number itself: a North
//! American area code or a country calling code. Where a code spans zones, all of them count.

use std::str::FromStr;

use ahash::AHashMap;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use contract::Phone;

use crate::quiet_hours::{self, Window};

const AREA_CODES: &str = include_str!("../data/area_codes.csv");
const COUNTRY_CODES: &str = include_str!("../data/country_codes.csv");
/// Longest calling code listed.
const MAX_CALLING_CODE: u64 = 999;

/// Why the embedded tables cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("zone table, line {line}: {fault}")]
pub struct TableError {
    line: usize,
    fault: String,
}

/// Number prefixes and their zones.
pub struct ZoneTable {
    sets: Vec<Vec<Tz>>,
    /// By area code.
    areas: AHashMap<u16, u16>,
    /// By calling code, one to three digits.
    countries: AHashMap<u64, u16>,
}

impl ZoneTable {
    /// The embedded tables.
    pub fn load() -> Result<Self, TableError> {
        let mut table = Self {
            sets: Vec::new(),
            areas: AHashMap::new(),
            countries: AHashMap::new(),
        };
        let mut known = AHashMap::new();
        for (text, areas) in [(AREA_CODES, true), (COUNTRY_CODES, false)] {
            for (index, line) in text.lines().enumerate().skip(1) {
                table
                    .add(line, areas, &mut known)
                    .map_err(|fault| TableError {
                        line: index + 1,
                        fault,
                    })?;
            }
        }
        Ok(table)
    }

    fn add(
        &mut self,
        line: &str,
        areas: bool,
        known: &mut AHashMap<String, u16>,
    ) -> Result<(), String> {
        let mut cells = line.split(',');
        let (Some(code), Some(_region), Some(names), None) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            return Err("three cells expected".to_string());
        };
        let set = match known.get(names) {
            Some(set) => *set,
            None => {
                let zones = names
                    .split('|')
                    .map(|name| Tz::from_str(name).map_err(|_| format!("no such zone: {name}")))
                    .collect::<Result<Vec<Tz>, String>>()?;
                let set = u16::try_from(self.sets.len()).map_err(|e| e.to_string())?;
                self.sets.push(zones);
                known.insert(names.to_string(), set);
                set
            }
        };
        let number: u16 = code.parse().map_err(|_| format!("not a code: {code}"))?;
        let before = if areas {
            self.areas.insert(number, set)
        } else {
            self.countries.insert(u64::from(number), set)
        };
        if before.is_some() {
            Err(format!("{code} stands twice"))
        } else {
            Ok(())
        }
    }

    fn set_of(&self, phone: Phone) -> Option<u16> {
        if let Some(area) = phone.area_code() {
            return self.areas.get(&area).copied();
        }
        let mut prefix = phone.digits();
        while prefix > MAX_CALLING_CODE {
            prefix /= 10;
        }
        // The longest code that fits: 77 (Kazakhstan) before 7 (Russia).
        while prefix > 0 {
            if let Some(set) = self.countries.get(&prefix) {
                return Some(*set);
            }
            prefix /= 10;
        }
        None
    }

    /// The zones a number may be in; empty where nothing is known.
    pub fn candidates(&self, phone: Phone) -> &[Tz] {
        self.set_of(phone)
            .and_then(|set| self.sets.get(usize::from(set)))
            .map_or(&[], Vec::as_slice)
    }
}

/// Local times at one instant. Each set of zones is computed once, however many people live there.
pub struct LocalTimes<'t> {
    table: &'t ZoneTable,
    now: DateTime<Utc>,
    /// The zones contacts name themselves, by their index in the chunk; `None` where it is no zone.
    own: Vec<Option<Tz>>,
    own_minutes: Vec<Option<(u16, u16)>>,
    minutes: AHashMap<u16, Option<(u16, u16)>>,
    opens: AHashMap<(Window, Place), Option<DateTime<Utc>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Own(u8),
    Set(u16),
    Nowhere,
}

impl<'t> LocalTimes<'t> {
    /// `zones` are the names that the chunk's zone indexes point into.
    pub fn new(table: &'t ZoneTable, now: DateTime<Utc>, zones: &[String]) -> Self {
        let own: Vec<Option<Tz>> = zones.iter().map(|name| Tz::from_str(name).ok()).collect();
        let own_minutes = own
            .iter()
            .map(|zone| zone.and_then(|zone| quiet_hours::local_minutes(&[zone], now)))
            .collect();
        Self {
            table,
            now,
            own,
            own_minutes,
            minutes: AHashMap::new(),
            opens: AHashMap::new(),
        }
    }

    fn place(&self, phone: Phone, zone: Option<u8>) -> Place {
        match zone {
            Some(own) if self.own.get(usize::from(own)).is_some_and(Option::is_some) => {
                Place::Own(own)
            }
            _ => self.table.set_of(phone).map_or(Place::Nowhere, Place::Set),
        }
    }

    fn zones(&self, place: Place) -> Vec<Tz> {
        match place {
            Place::Own(own) => self
                .own
                .get(usize::from(own))
                .copied()
                .flatten()
                .into_iter()
                .collect(),
            Place::Set(set) => self
                .table
                .sets
                .get(usize::from(set))
                .cloned()
                .unwrap_or_default(),
            Place::Nowhere => Vec::new(),
        }
    }

    /// Earliest and latest local minute over the person's candidate zones; `None` where none is known.
    pub fn minutes(&mut self, phone: Phone, zone: Option<u8>) -> Option<(u16, u16)> {
        match self.place(phone, zone) {
            Place::Own(own) => self.own_minutes.get(usize::from(own)).copied().flatten(),
            Place::Nowhere => None,
            Place::Set(set) => {
                let (table, now) = (self.table, self.now);
                *self.minutes.entry(set).or_insert_with(|| {
                    table
                        .sets
                        .get(usize::from(set))
                        .and_then(|zones| quiet_hours::local_minutes(zones, now))
                })
            }
        }
    }

    /// When the window next opens in all of the person's candidate zones.
    pub fn next_open(
        &mut self,
        phone: Phone,
        zone: Option<u8>,
        window: Window,
    ) -> Option<DateTime<Utc>> {
        let place = self.place(phone, zone);
        if let Some(known) = self.opens.get(&(window, place)) {
            return *known;
        }
        let opens = quiet_hours::next_open(&self.zones(place), window, self.now);
        self.opens.insert((window, place), opens);
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America, Asia, Europe};

    fn candidates(digits: u64) -> Vec<Tz> {
        ZoneTable::load()
            .unwrap()
            .candidates(Phone::from_digits(digits).unwrap())
            .to_vec()
    }

    #[test]
    fn a_number_is_placed_by_its_area_or_country_code() {
        assert_eq!(candidates(12_125_550_123), [America::New_York]);
        assert_eq!(candidates(15_005_550_006), [America::New_York]);
        assert_eq!(
            candidates(12_085_550_123),
            [America::Boise, America::Los_Angeles]
        );
        assert_eq!(candidates(4_915_112_345_678), [Europe::Berlin]);
        assert_eq!(candidates(77_011_234_567), [Asia::Almaty]);
        assert_eq!(candidates(79_161_234_567).len(), 11);
        assert_eq!(candidates(442_079_460_958), [Europe::London]);
        assert!(
            candidates(18_005_550_123).is_empty(),
            "toll-free numbers are nowhere"
        );
        assert!(candidates(99_912_345_678).is_empty());
    }

    #[test]
    fn the_contacts_own_zone_overrides_the_number() {
        let table = ZoneTable::load().unwrap();
        let now = "2026-06-10T15:00:00Z".parse().unwrap();
        let zones = ["Asia/Tokyo".to_string(), "Mars/Olympus".to_string()];
        let mut times = LocalTimes::new(&table, now, &zones);
        let idaho = Phone::from_digits(12_085_550_123).unwrap();
        assert_eq!(times.minutes(idaho, None), Some((8 * 60, 9 * 60)));
        assert_eq!(times.minutes(idaho, Some(0)), Some((0, 0)));
        assert_eq!(
            times.minutes(idaho, Some(1)),
            Some((8 * 60, 9 * 60)),
            "a zone that is none does not count"
        );
        let window = Window {
            from: 480,
            to: 1260,
        };
        assert_eq!(
            times.next_open(idaho, Some(0), window),
            Some("2026-06-10T23:00:00Z".parse().unwrap())
        );
        assert_eq!(
            times.next_open(
                idaho,
                None,
                Window {
                    from: 500,
                    to: 1260
                }
            ),
            Some("2026-06-10T15:20:00Z".parse().unwrap())
        );
    }

    #[test]
    fn every_zone_that_spans_a_code_must_be_open() {
        let table = ZoneTable::load().unwrap();
        let now = "2026-06-10T03:30:00Z".parse().unwrap();
        let mut times = LocalTimes::new(&table, now, &[]);
        let idaho = Phone::from_digits(12_085_550_123).unwrap();
        // 21:30 in Boise, 20:30 in Coeur d'Alene.
        assert_eq!(times.minutes(idaho, None), Some((1230, 1290)));
        let window = Window {
            from: 480,
            to: 1260,
        };
        assert_eq!(
            times.next_open(idaho, None, window),
            Some("2026-06-10T15:00:00Z".parse().unwrap())
        );
    }
}

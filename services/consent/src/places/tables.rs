//! The embedded tables: area codes, calling codes and ZIPs, each with its regions and zones.

use std::str::FromStr;
use std::sync::RwLock;

use ahash::AHashMap;
use chrono_tz::Tz;

use super::place::Known;
use super::{Place, PlaceId, Places, Source};
use crate::law::Region;

const AREA_CODES: &str = include_str!("../../data/area_codes.csv");
const COUNTRY_CODES: &str = include_str!("../../data/country_codes.csv");
const ZIPS: &str = include_str!("../../data/zips.csv");

/// Why the embedded tables cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}, line {line}: {fault}")]
pub struct TableError {
    file: &'static str,
    line: usize,
    fault: String,
}

pub(super) struct Zip {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) region: Region,
    pub(super) zones: Vec<Tz>,
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

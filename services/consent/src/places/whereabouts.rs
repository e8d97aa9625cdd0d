//! What is known of a person besides the number, laid over what the number says.

use chrono_tz::Tz;

use super::{Place, Places, Source};
use crate::law::Region;

/// What is known of a person besides the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Whereabouts {
    pub zone: Option<Tz>,
    /// Five digits.
    pub zip: Option<u32>,
    pub region: Option<Region>,
}

impl Places {
    pub(super) fn combine(&self, number: &Place, known: Whereabouts) -> Place {
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

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

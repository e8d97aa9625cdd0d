//! The last day on which law lets a revocation be honoured. We honour it at once; this is what is reported.

use chrono::NaiveDate;

use crate::law::{Law, Place, Region, business_days_later};

/// The earliest limit of all regions the person may be in; a country without a row of its own has the one
/// for everywhere else.
pub fn limit(law: &Law, regions: &[Region], from: NaiveDate) -> NaiveDate {
    let rows = || {
        let rows = law.rows.opt_out.iter();
        rows.filter(|row| row.in_force.on(from))
    };
    let elsewhere = rows()
        .filter(|row| row.region == Place::Elsewhere)
        .map(|row| row.business_days)
        .min()
        .unwrap_or(0);
    let of = |region: &Region| {
        let own = rows()
            .filter(|row| matches!(row.region, Place::In(place) if place.contains(*region)))
            .map(|row| row.business_days)
            .min();
        business_days_later(
            &law.holidays,
            region.country(),
            from,
            own.unwrap_or(elsewhere),
        )
    };
    regions.iter().map(of).min().unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_that_of_the_strictest_place() {
        let law = Law::load().unwrap();
        let region = |text| Region::parse(text).unwrap();
        let from: NaiveDate = "2026-11-20".parse().unwrap();
        let due = |regions: &[Region]| limit(&law, regions, from).to_string();
        assert_eq!(due(&[region("US-FL")]), "2026-12-07");
        assert_eq!(due(&[region("US"), region("DE")]), "2026-11-20");
        assert_eq!(due(&[]), "2026-11-20");
    }
}

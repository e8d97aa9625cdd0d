//! What the law asks of a text to people in some regions, besides its hours. Pure.

use chrono::NaiveDate;
use contract::Class;

use super::level::Level;
use super::load::Law;
use super::region::Region;
use super::rows::{CapRow, DncRow, InForce, Place, Profile};

/// The rows that bind a class in some regions on one day.
#[derive(Debug, Clone, Default)]
pub struct Requirements<'l> {
    /// The lowest level that is enough everywhere the person may be.
    pub level: Level,
    pub caps: Vec<&'l CapRow>,
    pub dnc: Vec<&'l DncRow>,
    pub campaign_registration: bool,
    pub template_registration: bool,
    /// The number must have been checked for reassignment within so many days.
    pub reassigned_within_days: Option<u16>,
    /// Months that a purchase and an inquiry make a business relationship.
    pub relationship_months: (u32, u32),
}

impl<'l> Requirements<'l> {
    pub fn of(
        law: &'l Law,
        profile: Profile,
        class: Class,
        regions: &[Region],
        day: NaiveDate,
    ) -> Self {
        let (class, rows) = (class.judged_as(), &law.rows);
        let here = |place: Place| match place {
            Place::Elsewhere => false,
            Place::In(place) => regions.iter().any(|region| place.contains(*region)),
        };
        let on = |dates: InForce| dates.on(day);
        let caps = rows.cap.iter().filter(|row| {
            on(row.in_force)
                && here(row.region)
                && row.classes.contains(&class)
                && row.profile.is_none_or(|of| of == profile)
        });
        let registered = |kind: &str| {
            rows.registration.iter().any(|row| {
                row.kind == kind
                    && on(row.in_force)
                    && here(row.region)
                    && row.classes.contains(&class)
            })
        };
        let reassigned = rows
            .reassigned
            .iter()
            .filter(|row| row.required && on(row.in_force) && here(row.region));
        let relationship = rows
            .ebr
            .iter()
            .find(|row| on(row.in_force) && here(row.region));
        Self {
            level: level(law, class, regions, day),
            caps: caps.collect(),
            dnc: rows
                .dnc
                .iter()
                .filter(|row| class == Class::Marketing && on(row.in_force) && here(row.region))
                .collect(),
            campaign_registration: registered("campaign"),
            template_registration: registered("template"),
            reassigned_within_days: reassigned.map(|row| row.max_age_days).min(),
            relationship_months: relationship
                .map_or((18, 3), |row| (row.purchase_months, row.inquiry_months)),
        }
    }
}

/// For each country its own row, or the one for everywhere else; the strongest counts.
fn level(law: &Law, class: Class, regions: &[Region], day: NaiveDate) -> Level {
    let rows = || {
        law.rows
            .consent
            .iter()
            .filter(|row| row.classes.contains(&class) && row.in_force.on(day))
    };
    let elsewhere = || {
        rows()
            .filter(|row| row.region == Place::Elsewhere)
            .map(|row| row.level)
            .max()
            .unwrap_or_default()
    };
    let own = |region: &Region| {
        rows()
            .filter(|row| matches!(row.region, Place::In(place) if place.contains(*region)))
            .map(|row| row.level)
            .max()
            .unwrap_or_else(elsewhere)
    };
    regions.iter().map(own).max().unwrap_or_else(elsewhere)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_in(region: &str, class: Class) -> Level {
        let law = Law::load().unwrap();
        let regions = [Region::parse(region).unwrap()];
        Requirements::of(
            &law,
            Profile::UsByState,
            class,
            &regions,
            "2026-12-01".parse().unwrap(),
        )
        .level
    }

    #[test]
    fn each_country_asks_for_its_own_level() {
        assert_eq!(level_in("US-FL", Class::Marketing), Level::Written);
        assert_eq!(level_in("US", Class::Transactional), Level::Express);
        assert_eq!(level_in("CA-ON", Class::Marketing), Level::Implied);
        assert_eq!(level_in("GB", Class::Marketing), Level::Soft);
        assert_eq!(level_in("DE", Class::Marketing), Level::Express);
        assert_eq!(level_in("ZW", Class::Marketing), Level::Express);
    }

    #[test]
    fn florida_caps_texts_and_the_strict_profile_does_everywhere() {
        let law = Law::load().unwrap();
        let caps = |profile, region| {
            let regions = [Region::parse(region).unwrap()];
            Requirements::of(
                &law,
                profile,
                Class::Marketing,
                &regions,
                "2026-12-01".parse().unwrap(),
            )
            .caps
            .len()
        };
        assert_eq!(
            (
                caps(Profile::UsByState, "US-FL"),
                caps(Profile::UsByState, "US-NY")
            ),
            (1, 0)
        );
        assert_eq!(
            (
                caps(Profile::UsStrict, "US-FL"),
                caps(Profile::UsStrict, "US-NY")
            ),
            (2, 1)
        );
    }
}

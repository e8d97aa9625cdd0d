//! Local times that mean each contact's own clock: they come first where the day begins first, and have come everywhere
//! a round later.

use chrono::Duration;
use chrono_tz::Tz;

/// What stands in the place of a zone where each contact's own counts.
pub const CONTACT: &str = "contact";
/// No clock anywhere shows a local time earlier than these.
pub const FIRST: Tz = Tz::Etc__GMTMinus14;
/// From the first clock to the last: 26 hours between the outermost zones, and an hour that clocks skip.
pub const ROUND: Duration = Duration::hours(27);

#[cfg(test)]
mod tests {
    use chrono_tz::TZ_VARIANTS;

    use super::*;
    use crate::schedule::zone;

    #[test]
    fn in_every_zone_a_local_time_comes_within_a_round_of_the_first_clock() {
        let day = |year| chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let mut at = day(2026).and_hms_opt(2, 30, 0).unwrap();
        while at.date() < day(2027) {
            let first = zone::instant(at, FIRST);
            for zone in TZ_VARIANTS {
                let came = zone::instant(at, zone);
                assert!(came >= first && came <= first + ROUND, "{zone} {at}");
            }
            at += Duration::days(1);
        }
    }
}

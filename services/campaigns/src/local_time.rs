//! When the text of each recipient leaves, where clocks have a say: at a local time wherever people are, or within a
//! window of the day. Pure, and computed for each zone.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use contract::{Reason, UnixMillis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schedule::{Window, zone};

/// A local time that is no longer past than this is now.
const JUST_NOW: Duration = Duration::seconds(60);

/// Whose clock counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    Contact,
    /// By its IANA name.
    Zone(String),
}

/// What becomes of people whose local time has passed at the launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PastRecipients)]
pub enum Past {
    /// They get nothing.
    #[default]
    Skip,
    /// They are texted at once, within the window.
    SendNow,
}

/// What becomes of a text whose time lies outside the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OutsideWindow)]
pub enum Outside {
    /// It waits until the window opens.
    #[default]
    Later,
    /// It goes before, in the last minute in which the window is open. For `timezone: contact` with `at` only.
    Earlier,
    /// It is left out.
    Skip,
}

/// When texts leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// The local time wanted; `None`: when the campaign starts, or, where that recurs by each contact's clock, the local
    /// time of its slot.
    pub at: Option<NaiveDateTime>,
    pub clock: Clock,
    /// The zone of contacts that have none; `None`: they get nothing.
    pub fallback: Option<String>,
    #[serde(default)]
    pub past: Past,
    pub window: Option<Window>,
    #[serde(default)]
    pub outside: Outside,
    /// How long a text may try, from its own instant.
    pub expires_after_ms: Option<i64>,
}

/// When the text of a recipient leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaves {
    At(UnixMillis),
    /// Not at all, and why.
    Never(Reason),
}

impl Leaving {
    /// The same for a slot of a rule.
    pub fn at(self, local: NaiveDateTime) -> Self {
        Self {
            at: Some(local),
            ..self
        }
    }

    /// Zones of people matter.
    pub fn asks_zones(&self) -> bool {
        self.clock == Clock::Contact && (self.at.is_some() || self.window.is_some())
    }

    /// When somebody with this zone is texted. `base`: when they may leave at the earliest; `launched_at`: local
    /// times before it are past.
    pub fn leaves(&self, own: Option<Tz>, base: UnixMillis, launched_at: UnixMillis) -> Leaves {
        if self.at.is_none() && self.window.is_none() {
            return Leaves::At(base);
        }
        match self.zone(own) {
            Some(zone) => self.in_zone(zone, base.to_utc(), launched_at.to_utc()),
            None => Leaves::Never(Reason::TIMEZONE_UNKNOWN),
        }
    }

    fn zone(&self, own: Option<Tz>) -> Option<Tz> {
        let named = |name: &String| zone::parse(name).ok();
        match &self.clock {
            Clock::Zone(name) => named(name),
            Clock::Contact => own.or_else(|| self.fallback.as_ref().and_then(named)),
        }
    }

    fn in_zone(&self, zone: Tz, base: DateTime<Utc>, launched_at: DateTime<Utc>) -> Leaves {
        let wanted = self.at.map_or(base, |local| zone::instant(local, zone));
        let Some(due) = self.within(wanted, zone, self.outside) else {
            return Leaves::Never(Reason::OUTSIDE_WINDOW);
        };
        if self.at.is_none() || due >= launched_at - JUST_NOW {
            return Leaves::At(due.into());
        }
        if self.past == Past::Skip {
            return Leaves::Never(Reason::PAST_LOCAL_TIME);
        }
        // Before now is no choice any more.
        let outside = match self.outside {
            Outside::Earlier => Outside::Later,
            other => other,
        };
        match self.within(base, zone, outside) {
            Some(at) => Leaves::At(at.into()),
            None => Leaves::Never(Reason::OUTSIDE_WINDOW),
        }
    }

    /// The moment that the window gives an instant; `None` where it is left out.
    fn within(&self, at: DateTime<Utc>, zone: Tz, outside: Outside) -> Option<DateTime<Utc>> {
        let Some(window) = &self.window else {
            return Some(at);
        };
        if window.contains(at, zone) {
            return Some(at);
        }
        match outside {
            Outside::Later => Some(window.next_allowed(at, zone)),
            Outside::Earlier => Some(window.last_allowed_before(at, zone, None)),
            Outside::Skip => None,
        }
    }

    /// When the first zone reaches the local time that is wanted; `None` without one, or where no zone's time is
    /// allowed.
    pub fn first(&self) -> Option<UnixMillis> {
        self.at?;
        self.everywhere(UnixMillis(0), UnixMillis(0)).min()
    }

    /// When the last text leaves, wherever people are.
    pub fn last(&self, base: UnixMillis, launched_at: UnixMillis) -> UnixMillis {
        self.everywhere(base, launched_at)
            .max()
            .map_or(base, |last| last.max(base))
    }

    /// Whether anybody can still be texted if it is launched now.
    pub fn is_past(&self, now: UnixMillis) -> bool {
        self.at.is_some() && self.everywhere(now, now).next().is_none()
    }

    fn everywhere(
        &self,
        base: UnixMillis,
        launched_at: UnixMillis,
    ) -> impl Iterator<Item = UnixMillis> {
        let zones: &[Tz] = match self.clock {
            Clock::Contact => &TZ_VARIANTS,
            // Which one is asked does not matter.
            Clock::Zone(_) => &[Tz::UTC],
        };
        zones.iter().filter_map(
            move |zone| match self.leaves(Some(*zone), base, launched_at) {
                Leaves::At(at) => Some(at),
                Leaves::Never(_) => None,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, NaiveTime};
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::zone::{Fit, first_change, local, resolve};

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }

    fn rule(local: Option<NaiveDateTime>) -> Leaving {
        Leaving {
            at: local,
            clock: Clock::Contact,
            fallback: None,
            past: Past::Skip,
            window: None,
            outside: Outside::Later,
            expires_after_ms: None,
        }
    }

    fn utc(text: &str) -> UnixMillis {
        text.parse::<DateTime<Utc>>().unwrap().into()
    }

    #[test]
    fn in_every_zone_on_the_days_its_clocks_change_nobody_is_texted_before_the_local_time() {
        let year = (
            "2026-01-01T00:00:00Z".parse().unwrap(),
            "2027-01-01T00:00:00Z".parse().unwrap(),
        );
        let mut changes = 0;
        for zone in TZ_VARIANTS {
            let mut from: DateTime<Utc> = year.0;
            while let Some(change) = first_change(zone, from, year.1) {
                changes += 1;
                let day = local(change, zone).date();
                for minute in (0..24 * 60).step_by(15) {
                    let wanted = day.and_time(NaiveTime::MIN) + Duration::minutes(minute);
                    let Leaves::At(leaves) =
                        rule(Some(wanted)).leaves(Some(zone), UnixMillis(0), UnixMillis(0))
                    else {
                        panic!("{zone} {wanted} has no instant");
                    };
                    let leaves = leaves.to_utc();
                    let shown = local(leaves, zone);
                    match resolve(wanted, zone).fit {
                        Fit::Once => assert_eq!(shown, wanted, "{zone}"),
                        Fit::Never { instead } => {
                            assert!(shown > wanted && shown == instead, "{zone} {wanted}");
                        }
                        Fit::Twice { second } => {
                            assert_eq!(shown, wanted, "{zone}");
                            assert!(leaves < second, "{zone} {wanted}: once, at the first");
                        }
                    }
                }
                from = change;
            }
        }
        assert!(changes > 200, "{changes}");
    }

    #[test]
    fn it_starts_when_the_first_zone_reaches_the_time_and_ends_with_the_last() {
        let rule = rule(Some(at("2026-11-27T10:00")));
        assert_eq!(rule.first(), Some(utc("2026-11-26T20:00:00Z")));
        let start = utc("2026-11-26T20:00:00Z");
        assert_eq!(rule.last(start, start), utc("2026-11-27T22:00:00Z"));
        assert!(!rule.is_past(utc("2026-11-27T21:59:00Z")));
        assert!(rule.is_past(utc("2026-11-27T22:02:00Z")));
    }

    #[test]
    fn zones_whose_time_has_passed_at_the_launch_are_skipped_or_sent_now() {
        let launched = utc("2026-11-27T12:00:00Z");
        let mut rule = rule(Some(at("2026-11-27T10:00")));
        let berlin = Some(chrono_tz::Europe::Berlin);
        let skipped = Leaves::Never(Reason::PAST_LOCAL_TIME);
        assert_eq!(rule.leaves(berlin, launched, launched), skipped);
        let new_york = Some(chrono_tz::America::New_York);
        let later = Leaves::At(utc("2026-11-27T15:00:00Z"));
        assert_eq!(rule.leaves(new_york, launched, launched), later);
        rule.past = Past::SendNow;
        assert_eq!(
            rule.leaves(berlin, launched, launched),
            Leaves::At(launched)
        );
        // The window holds for them too.
        let tokyo = Some(chrono_tz::Asia::Tokyo);
        rule.window = Window::daily(9 * 60, 20 * 60);
        let morning = Leaves::At(utc("2026-11-28T00:00:00Z"));
        assert_eq!(rule.leaves(tokyo, launched, launched), morning);
        rule.outside = Outside::Skip;
        let outside = Leaves::Never(Reason::OUTSIDE_WINDOW);
        assert_eq!(rule.leaves(tokyo, launched, launched), outside);
    }

    #[test]
    fn contacts_without_a_zone_get_the_fallback_or_nothing() {
        let mut rule = rule(Some(at("2026-11-27T10:00")));
        let (base, nobody) = (UnixMillis(0), Leaves::Never(Reason::TIMEZONE_UNKNOWN));
        assert_eq!(rule.leaves(None, base, base), nobody);
        rule.fallback = Some("America/New_York".into());
        let there = Leaves::At(utc("2026-11-27T15:00:00Z"));
        assert_eq!(rule.leaves(None, base, base), there);
    }

    proptest! {
        #[test]
        fn within_a_window_nobody_is_texted_outside_of_it_nor_before_the_start(
            zone in prop::sample::select(&TZ_VARIANTS[..]),
            day in 0i64..730, minute in 0i64..1440,
            from in 0u16..1440, to in 1u16..=1440,
            base in 0i64..730 * 1440,
            by_local in any::<bool>(),
            past in prop::sample::select(vec![Past::Skip, Past::SendNow]),
            outside in prop::sample::select(vec![Outside::Later, Outside::Earlier, Outside::Skip]),
        ) {
            prop_assume!(from != to % 1440 || (from == 0 && to == 1440));
            let window = Window::daily(from, to).unwrap();
            let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().and_time(NaiveTime::MIN);
            let wanted = first + Duration::days(day) + Duration::minutes(minute);
            let base = (first + Duration::minutes(base)).and_utc();
            let by_local = by_local || outside == Outside::Earlier;
            let rule = Leaving {
                window: Some(window),
                outside,
                past,
                ..rule(by_local.then_some(wanted))
            };
            let leaves = rule.leaves(Some(zone), base.into(), base.into());
            if let Leaves::At(at) = leaves {
                prop_assert!(window.contains(at.to_utc(), zone), "{zone} {at:?}");
                prop_assert!(at.to_utc() >= base - JUST_NOW);
                if by_local && outside != Outside::Earlier && past == Past::Skip {
                    prop_assert!(local(at.to_utc(), zone) >= wanted || resolve(wanted, zone).fit != Fit::Once);
                }
            }
        }
    }
}

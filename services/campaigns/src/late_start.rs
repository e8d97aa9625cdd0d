//! Campaigns that start later than the time they were launched for: after a downtime, or a pause. Their validity counts
//! from that time all the same. Pure.

use contract::UnixMillis;

use crate::db::campaign::Campaign;
use crate::lifecycle::State;
use crate::variants;

/// When a campaign that starts now was to start: its own time, where it was launched before that and starts once. At a
/// local time wherever people are each text has an instant of its own, and a slot of a rule may be late by what the rule
/// says.
pub fn due_at(campaign: &Campaign, now: UnixMillis) -> UnixMillis {
    counts(campaign).map_or(now, |at| at.min(now))
}

/// Whether its time has come so long ago that nobody could be texted any more.
pub fn is_over(campaign: &Campaign, now: UnixMillis) -> anyhow::Result<bool> {
    let Some(at) = counts(campaign) else {
        return Ok(false);
    };
    let cut = variants::cut(campaign, Vec::new(), now, None)?;
    let ends = cut.map_or_else(
        || UnixMillis(at.0.saturating_add(campaign.valid_for_ms)),
        |cut| cut.valid_until(),
    );
    Ok(ends <= now)
}

/// When what could not begin is tried again: the longer it has waited, the longer it is left alone, so that many of them
/// do not stand before those that could begin.
pub fn look_again(due: UnixMillis, now: UnixMillis) -> UnixMillis {
    const SHORTEST: i64 = 1_000;
    const LONGEST: i64 = 30_000;
    let waited = now.0.saturating_sub(due.0);
    UnixMillis(now.0 + (waited / 4).clamp(SHORTEST, LONGEST))
}

fn counts(campaign: &Campaign) -> Option<UnixMillis> {
    let once = campaign.state == State::Scheduled && !campaign.recurs();
    campaign
        .schedule_at
        .filter(|_| once && !campaign.by_each_clock())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::local_time::{Clock, Leaving, Outside, Past};
    use crate::schedule::Window;

    const HOUR: i64 = 3_600_000;

    fn at(text: &str) -> UnixMillis {
        text.parse::<DateTime<Utc>>().unwrap().into()
    }

    /// For 15:00, valid for three hours.
    fn campaign() -> Campaign {
        Campaign {
            schedule_at: Some(at("2026-06-10T15:00:00Z")),
            state: State::Scheduled,
            valid_for_ms: 3 * HOUR,
            ..crate::preflight::brief::example()
        }
    }

    fn rule() -> Leaving {
        Leaving {
            at: None,
            clock: Clock::Zone("UTC".into()),
            fallback: None,
            past: Past::Skip,
            window: None,
            outside: Outside::Later,
            expires_after_ms: None,
        }
    }

    #[test]
    fn validity_counts_from_the_time_a_campaign_was_launched_for() {
        let (mut one, due) = (campaign(), at("2026-06-10T15:00:00Z"));
        assert_eq!(due_at(&one, at("2026-06-10T17:59:00Z")), due);
        assert!(!is_over(&one, at("2026-06-10T17:59:00Z")).unwrap());
        assert!(is_over(&one, at("2026-06-10T18:00:00Z")).unwrap());
        // A time of its own goes before.
        one.local_time = Some(Leaving {
            expires_after_ms: Some(HOUR),
            ..rule()
        });
        assert!(!is_over(&one, at("2026-06-10T15:59:00Z")).unwrap());
        assert!(is_over(&one, at("2026-06-10T16:00:00Z")).unwrap());
    }

    #[test]
    fn what_cannot_begin_is_tried_again_the_later_the_longer_it_has_waited() {
        let waits = |waited| look_again(UnixMillis(0), UnixMillis(waited)).0 - waited;
        let all = [-5, 0, 4_000, 40_000, 24 * HOUR].map(waits);
        assert_eq!(all, [1_000, 1_000, 1_000, 10_000, 30_000]);
    }

    #[test]
    fn where_texts_wait_for_a_window_validity_counts_from_its_opening() {
        let mut one = campaign();
        one.local_time = Some(Leaving {
            window: Window::daily(20 * 60, 22 * 60),
            ..rule()
        });
        assert!(!is_over(&one, at("2026-06-10T22:59:00Z")).unwrap());
        assert!(is_over(&one, at("2026-06-10T23:00:00Z")).unwrap());
    }

    #[test]
    fn what_is_launched_now_or_has_instants_of_its_own_is_not_late() {
        let later = at("2026-06-12T15:00:00Z");
        let launched = Campaign {
            state: State::Draft,
            ..campaign()
        };
        let noon = at("2026-06-10T12:00:00Z").to_utc().naive_utc();
        let by_each_clock = Campaign {
            local_time: Some(Leaving {
                at: Some(noon),
                clock: Clock::Contact,
                ..rule()
            }),
            ..campaign()
        };
        for one in [launched, by_each_clock] {
            assert_eq!(due_at(&one, later), later);
            assert!(!is_over(&one, later).unwrap());
        }
    }
}

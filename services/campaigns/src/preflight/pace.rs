//! How long texts take to leave under the limits that bind. Pure: a simulation minute by minute, in which every limit
//! gives what its rate allows and whoever may leave first goes first.
//!
//! It knows nothing of other campaigns that share the limits, nor of what a carrier takes beyond them: the real end
//! comes later than this one, not earlier.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, DurationRound, NaiveDate, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A minute.
const STEP_MS: i64 = 60_000;
const STEP_SECONDS: f64 = 60.0;

/// A bound that texts draw from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// Segments; 0: no limit.
    pub per_second: f64,
    /// Segments, in days of US Pacific time.
    pub per_day: Option<u64>,
}

/// People who may leave from the same instant on, under the same limits, by the same clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// Milliseconds since 1970.
    pub from: i64,
    /// From then on it is too late for them; milliseconds since 1970.
    #[serde(default = "never")]
    pub until: i64,
    /// Which set of limits.
    pub lane: usize,
    /// Whose clock; `None`: unknown, UTC stands for it.
    pub zone: Option<usize>,
    pub people: u64,
    pub segments: u64,
}

const fn never() -> i64 {
    i64::MAX
}

/// What binds.
#[derive(Debug, Clone, Default)]
pub struct Bounds {
    pub limits: Vec<Limit>,
    /// Each lane's limits, by their place in `limits`.
    pub lanes: Vec<Vec<usize>>,
    /// Texts a minute of the whole campaign, where it has such a limit.
    pub per_minute: Option<u32>,
    pub zones: Vec<Tz>,
}

/// When how many leave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Curve {
    /// By the hour in which they begin.
    pub hours: BTreeMap<DateTime<Utc>, u64>,
    /// By the hour that the recipients' clocks show.
    pub local_hours: BTreeMap<NaiveDateTime, u64>,
    /// When the last of those leaves who leave in time; `None`: nobody does.
    pub finish: Option<DateTime<Utc>>,
    /// People whose turn comes too late.
    pub late: u64,
}

/// People of one clock.
type Part = (Option<usize>, u64);

/// Those of one lane who may leave from the same instant on.
struct Bundle {
    from: i64,
    until: i64,
    lane: usize,
    parts: Vec<Part>,
    people: u64,
    /// Per text, on average.
    segments: f64,
}

impl Bundle {
    /// Takes `n` people, of each clock its share.
    fn take(&mut self, n: u64) -> Vec<Part> {
        let (before, mut left) = (self.people, n);
        let mut taken: Vec<Part> = Vec::with_capacity(self.parts.len());
        for (zone, people) in &mut self.parts {
            let share = u128::from(n) * u128::from(*people) / u128::from(before.max(1));
            let share = u64::try_from(share).unwrap_or(u64::MAX);
            *people -= share;
            left -= share;
            taken.push((*zone, share));
        }
        for ((_, people), (_, share)) in self.parts.iter_mut().zip(&mut taken) {
            let more = left.min(*people);
            *people -= more;
            *share += more;
            left -= more;
        }
        self.people -= n;
        taken
    }
}

/// What a limit has left.
struct Room {
    credit: f64,
    day: Option<NaiveDate>,
    of_day: f64,
}

/// Plays the waves from `start` until `until` (milliseconds since 1970), when nothing leaves any more.
pub fn plan(waves: &[Wave], bounds: &Bounds, start: i64, until: i64) -> Curve {
    let mut bundles = bundles(waves);
    let mut curve = Curve::default();
    let widest = bundles.iter().map(|one| one.segments).fold(1.0, f64::max);
    let mut rooms: Vec<Room> = bounds.limits.iter().map(|_| Room::new()).collect();
    let mut texts = 0.0_f64;
    let mut at = start;
    while at < until {
        bundles.retain(|one| {
            let too_late = one.until <= at;
            if too_late {
                curve.late += one.people;
            }
            one.people > 0 && !too_late
        });
        let Some(next) = bundles.iter().map(|one| one.from).min() else {
            break;
        };
        if next > at {
            // Nobody may leave before then.
            let steps = (next - at + STEP_MS - 1) / STEP_MS;
            at += steps * STEP_MS;
            continue;
        }
        for (limit, room) in bounds.limits.iter().zip(&mut rooms) {
            room.refill(limit, at, widest);
        }
        texts = texts.min(1.0) + bounds.per_minute.map_or(f64::INFINITY, f64::from);
        let mut bound = false;
        for bundle in bundles.iter_mut().filter(|one| one.from <= at) {
            let limits = bounds.lanes.get(bundle.lane).map_or(&[][..], Vec::as_slice);
            let n = room_for(bundle, limits, &rooms, texts);
            if n == 0 {
                bound = true;
                continue;
            }
            let segments = as_float(n) * bundle.segments;
            for limit in limits {
                if let Some(room) = rooms.get_mut(*limit) {
                    room.credit -= segments;
                    room.of_day -= segments;
                }
            }
            texts -= as_float(n);
            for (zone, people) in bundle.take(n) {
                curve.count(at, zone.and_then(|zone| bounds.zones.get(zone)), people);
            }
            bound |= bundle.people > 0;
        }
        // What is not bound by anything leaves at once.
        let end = if bound || is_bound(bounds) {
            at + STEP_MS
        } else {
            at
        };
        curve.finish = curve
            .finish
            .max(DateTime::from_timestamp_millis(end.min(until)));
        at += STEP_MS;
    }
    curve.late += bundles.iter().map(|one| one.people).sum::<u64>();
    if curve.hours.is_empty() {
        curve.finish = None;
    }
    curve
}

fn is_bound(bounds: &Bounds) -> bool {
    bounds.per_minute.is_some() || bounds.limits.iter().any(|limit| limit.per_second > 0.0)
}

/// In the order in which they may leave.
fn bundles(waves: &[Wave]) -> Vec<Bundle> {
    let mut bundles: BTreeMap<(i64, i64, usize), (Vec<Part>, u64)> = BTreeMap::new();
    for wave in waves.iter().filter(|wave| wave.people > 0) {
        let key = (wave.from, wave.until, wave.lane);
        let (parts, segments) = bundles.entry(key).or_default();
        parts.push((wave.zone, wave.people));
        *segments += wave.segments;
    }
    let bundles = bundles
        .into_iter()
        .map(|((from, until, lane), (parts, segments))| {
            let people = parts.iter().map(|(_, people)| people).sum();
            Bundle {
                from,
                until,
                lane,
                parts,
                people,
                segments: as_float(segments) / as_float(people).max(1.0),
            }
        });
    bundles.collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an audience has far less than 2^53 people"
)]
fn as_float(n: u64) -> f64 {
    n as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never negative, and at most as many as there are people"
)]
fn room_for(bundle: &Bundle, limits: &[usize], rooms: &[Room], texts: f64) -> u64 {
    let of_limits = limits.iter().filter_map(|limit| rooms.get(*limit));
    let segments = of_limits
        .map(|room| room.credit.min(room.of_day))
        .fold(f64::INFINITY, f64::min);
    // A hair more than the quotient: what fits exactly must not be lost to rounding.
    let most = (segments / bundle.segments.max(1.0) + 1e-9)
        .min(texts)
        .max(0.0);
    if most >= as_float(bundle.people) {
        bundle.people
    } else {
        most as u64
    }
}

impl Room {
    const fn new() -> Self {
        Self {
            credit: 0.0,
            day: None,
            of_day: f64::INFINITY,
        }
    }

    /// What a step adds. Of what was left before only less than the widest text is kept, which did not fit.
    fn refill(&mut self, limit: &Limit, at: i64, widest: f64) {
        self.credit = if limit.per_second > 0.0 {
            self.credit.clamp(0.0, widest) + limit.per_second * STEP_SECONDS
        } else {
            f64::INFINITY
        };
        let Some(per_day) = limit.per_day else { return };
        let day = DateTime::from_timestamp_millis(at).map(|at| {
            at.with_timezone(&chrono_tz::America::Los_Angeles)
                .date_naive()
        });
        if self.day != day {
            self.day = day;
            self.of_day = as_float(per_day);
        }
    }
}

impl Curve {
    fn count(&mut self, at: i64, zone: Option<&Tz>, people: u64) {
        let Some(at) = DateTime::from_timestamp_millis(at).filter(|_| people > 0) else {
            return;
        };
        let hour = at.duration_trunc(Duration::hours(1)).unwrap_or(at);
        *self.hours.entry(hour).or_default() += people;
        let local = zone.map_or(at.naive_utc(), |zone| at.with_timezone(zone).naive_local());
        let local = local
            .date()
            .and_hms_opt(local.hour(), 0, 0)
            .unwrap_or(local);
        *self.local_hours.entry(local).or_default() += people;
    }
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;

//! What the carrier's log comes to.

use dispatch::pace::Rate;
use serde::Serialize;

use super::judge::most_in_a_second;
use crate::table;

/// Segments of the longest texts.
pub const LONGEST: usize = 3;
/// Most that the sent count may differ from the allowance, and that one of two equal shares may from a half.
const RATE_TOLERANCE: f64 = 0.01;
const SHARE_TOLERANCE: f64 = 0.05;

#[derive(Debug, Serialize)]
pub struct Lane {
    pub segments_per_second: u32,
    pub burst: u32,
    /// Segments that reached the carrier.
    pub sent: usize,
    pub most_in_a_second: usize,
    /// Rate and burst, or the longest text where that is larger.
    pub most_wanted: usize,
    #[serde(skip)]
    bound: u32,
}

impl Lane {
    pub fn judge(rate: u32, arrivals: &[u64]) -> Self {
        let burst = Rate {
            per_second: f64::from(rate),
            burst: 0,
        }
        .burst();
        let longest = if rate == 1 { 1 } else { LONGEST };
        let bound = burst.max(u32::try_from(longest).unwrap_or(u32::MAX));
        Self {
            segments_per_second: rate,
            burst,
            sent: arrivals.len(),
            most_in_a_second: most_in_a_second(arrivals),
            most_wanted: (rate + bound) as usize,
            bound,
        }
    }

    fn allowed(&self, seconds: u32) -> f64 {
        f64::from(self.segments_per_second) * f64::from(seconds)
    }

    /// Within a percent. Where a percent is less than what may leave at once, that much: a stretch of time may begin
    /// just before a text or just behind it.
    #[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
    fn reached(&self, seconds: u32) -> bool {
        let allowed = self.allowed(seconds);
        let off = (self.sent as f64 - allowed).abs();
        off <= (allowed * RATE_TOLERANCE).max(f64::from(self.bound))
            && self.most_in_a_second <= self.most_wanted
    }
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub seconds: u32,
    pub lanes: Vec<Lane>,
    /// Of the tenant with many texts in line, while the other has few.
    pub share_of_the_larger: f64,
    pub share_wanted: f64,
    pub reached: bool,
}

impl Report {
    #[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
    pub fn new(seconds: u32, lanes: Vec<Lane>, [larger, smaller]: [usize; 2]) -> Self {
        let seconds = seconds.max(1);
        let share = larger as f64 / (larger + smaller).max(1) as f64;
        // 5 % of a half, on both sides.
        let shared = (share - 0.5).abs() <= SHARE_TOLERANCE / 2.0;
        Self {
            seconds,
            reached: shared && lanes.iter().all(|lane| lane.reached(seconds)),
            lanes,
            share_of_the_larger: share,
            share_wanted: 0.5,
        }
    }

    pub fn print(&self) {
        let mut rows: Vec<(String, String)> = self
            .lanes
            .iter()
            .map(|lane| {
                let verdict = if lane.reached(self.seconds) {
                    ""
                } else {
                    "  MISSED"
                };
                (
                    format!(
                        "{} segments/s (wanted: {:.0} ± 1 %)",
                        lane.segments_per_second,
                        lane.allowed(self.seconds)
                    ),
                    format!(
                        "{}; at most {} in a second (wanted: {}){verdict}",
                        lane.sent, lane.most_in_a_second, lane.most_wanted
                    ),
                )
            })
            .collect();
        rows.push((
            "share of the larger of two tenants (wanted: 50 % ± 5 % of it)".to_string(),
            format!("{:.1} %", self.share_of_the_larger * 100.0),
        ));
        let verdict = if self.reached { "yes" } else { "no" };
        rows.push(("reached".to_string(), verdict.to_string()));
        table::print("bench pace", &rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(us: u64, count: u64) -> Vec<u64> {
        (0..count).map(|n| n * us).collect()
    }

    #[test]
    fn too_few_too_many_and_too_much_at_once_are_found() {
        let reached = |arrivals: &[u64]| Lane::judge(100, arrivals).reached(60);
        assert!(reached(&every(10_000, 6000)));
        assert!(!reached(&every(10_000, 5900)));
        assert!(!reached(&every(9_800, 6122)));
        let mut lumpy = every(10_000, 6000);
        for t in &mut lumpy[3000..3100] {
            *t = 30_000_000;
        }
        assert!(!reached(&lumpy));
    }

    #[test]
    fn a_share_may_be_off_by_five_percent_of_itself() {
        let lanes = || vec![Lane::judge(10, &every(100_000, 600))];
        assert!(Report::new(60, lanes(), [5_100, 4_900]).reached);
        assert!(!Report::new(60, lanes(), [5_300, 4_700]).reached);
    }
}

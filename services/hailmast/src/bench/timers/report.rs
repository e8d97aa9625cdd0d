//! The figures, what is wanted of them, and how they are printed.

use serde::Serialize;

use super::trials::{Broken, Lookup};
use crate::table;

const LOOKUP_MS_WANTED: f64 = 10.0;
const SECONDS_WANTED: f64 = 60.0;
/// What a million timers may add to the memory of a scheduler: pages of the database it keeps, whose number is bounded.
const MORE_RSS_MIB_WANTED: f64 = 64.0;

#[derive(Debug, Serialize)]
pub struct Figures {
    pub pending: u32,
    pub pending_after: u64,
    pub set_per_second: f64,
    pub lookup: Lookup,
    pub due: u32,
    pub seconds_until_all_started: f64,
    pub started_per_second: f64,
    pub cpu_us_per_timer: f64,
    pub peak_rss_mib: f64,
    /// Of a scheduler that has a tenth of the due ones and nothing else.
    pub peak_rss_mib_with_few: f64,
    pub killed: Broken,
    pub rivals: Broken,
}

#[derive(Debug, Serialize)]
pub struct Told<'f> {
    #[serde(flatten)]
    figures: &'f Figures,
    reached: bool,
}

impl Figures {
    pub fn reached(&self) -> bool {
        self.verdicts().iter().all(|(_, reached)| *reached)
    }

    fn verdicts(&self) -> [(&'static str, bool); 6] {
        let more = self.peak_rss_mib - self.peak_rss_mib_with_few;
        [
            (
                "next timer found within 10 ms",
                self.lookup.longest_ms < LOOKUP_MS_WANTED,
            ),
            (
                "all due started within a minute",
                self.seconds_until_all_started <= SECONDS_WANTED,
            ),
            (
                "memory flat (64 MiB more at most)",
                more <= MORE_RSS_MIB_WANTED,
            ),
            (
                "none of those that wait lost",
                self.pending_after == u64::from(self.pending),
            ),
            ("kills: each fired once", self.killed.each_once()),
            ("two schedulers: each fired once", self.rivals.each_once()),
        ]
    }

    pub fn with_verdict(&self) -> Told<'_> {
        Told {
            figures: self,
            reached: self.reached(),
        }
    }

    pub fn print(&self) {
        let broken = |broken: &Broken| {
            format!(
                "{} of {}, {} twice",
                table::thousands(broken.fired.into()),
                table::thousands(broken.timers.into()),
                broken.fired_twice
            )
        };
        let mut rows = vec![
            (
                "timers that wait".to_string(),
                table::thousands(self.pending.into()),
            ),
            ("  set".into(), format!("{:.0} /s", self.set_per_second)),
            (
                "next timer found, median / longest".into(),
                format!(
                    "{:.2} / {:.2} ms",
                    self.lookup.median_ms, self.lookup.longest_ms
                ),
            ),
            ("due at once".into(), table::thousands(self.due.into())),
            (
                "  all started after".into(),
                format!("{:.2} s", self.seconds_until_all_started),
            ),
            (
                "  CPU per timer".into(),
                format!("{:.1} µs", self.cpu_us_per_timer),
            ),
            (
                "  peak RSS / with few timers".into(),
                format!(
                    "{:.0} / {:.0} MiB",
                    self.peak_rss_mib, self.peak_rss_mib_with_few
                ),
            ),
            (
                format!("fired over {} kills", self.killed.kills),
                broken(&self.killed),
            ),
            (
                "  the last late by".into(),
                format!("{:.2} s", self.killed.seconds_late),
            ),
            (
                format!(
                    "two schedulers, {} kills, {} freezes",
                    self.rivals.kills, self.rivals.freezes
                ),
                broken(&self.rivals),
            ),
        ];
        rows.extend(self.verdicts().map(|(what, reached)| {
            (
                what.to_string(),
                if reached { "yes" } else { "NO" }.to_string(),
            )
        }));
        table::print("bench timers", &rows);
    }
}

//! A schedule that recurs, as a campaign keeps it, and what becomes of slots that have passed.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::cron::{Cron, CronError};
use super::round::{CONTACT, FIRST, ROUND};
use super::rrule::{Rrule, RruleError};
use super::slots::{self, Slot};
use super::zone::{self, UnknownZone};

/// When something is due again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurrence {
    pub rule: Rule,
    /// IANA name of the zone whose clocks the rule speaks of, or [`CONTACT`].
    pub timezone: String,
    /// A slot found this much later, after downtime, is skipped. Seconds.
    pub late_seconds: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    Cron(String),
    Rrule { rule: String, start: NaiveDateTime },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecurrenceError {
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    #[error(transparent)]
    Cron(#[from] CronError),
    #[error(transparent)]
    Rrule(#[from] RruleError),
}

/// A recurrence that was read and can be asked.
#[derive(Debug, Clone)]
pub struct Recurring {
    slots: Slots,
    zone: Tz,
    late: Duration,
}

#[derive(Debug, Clone)]
enum Slots {
    Cron(Cron),
    Rrule(Box<Rrule>),
}

/// Why slots were skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nobody was there to start them, and it is too late now.
    Late,
    /// A later slot has passed too, and only the last is caught up.
    Collapsed,
    /// The occurrence before was not over.
    Overlap,
    /// They passed during a pause.
    Paused,
}

impl Why {
    /// The public reason.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Late => "schedule.late",
            Self::Collapsed => "schedule.collapsed",
            Self::Overlap => "schedule.overlap",
            Self::Paused => "schedule.paused",
        }
    }
}

/// Slots in a row that were skipped for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    pub first: Slot,
    pub last: DateTime<Utc>,
    /// At most [`MOST_COUNTED`]; then there may have been more.
    pub count: u32,
    pub why: Why,
}

/// What is to be done about slots that have passed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passed {
    pub skipped: Vec<Skipped>,
    /// The one to start now.
    pub due: Option<Slot>,
    /// The first that is still to come.
    pub next: Option<Slot>,
}

/// Skipped slots are counted up to here.
pub const MOST_COUNTED: u32 = 10_000;
/// Slots looked at when the shortest time between two is wanted.
const SAMPLE: usize = 500;

impl Recurrence {
    /// Each contact's own clock counts: a slot is one local time, which begins where the first clock shows it.
    pub fn each_clock(&self) -> bool {
        self.timezone == CONTACT
    }

    /// A slot found this much later is skipped. Where each clock counts it comes for some as long as it takes to get
    /// round the world.
    pub fn late(&self) -> Duration {
        let late = Duration::seconds(i64::from(self.late_seconds));
        if self.each_clock() {
            late + ROUND
        } else {
            late
        }
    }

    /// Reads the rule and the zone.
    pub fn read(&self) -> Result<Recurring, RecurrenceError> {
        let zone = if self.each_clock() {
            FIRST
        } else {
            zone::parse(&self.timezone)?
        };
        let slots = match &self.rule {
            Rule::Cron(text) => Slots::Cron(text.parse()?),
            Rule::Rrule { rule, start } => Slots::Rrule(Box::new(Rrule::parse(rule, *start)?)),
        };
        Ok(Recurring {
            slots,
            zone,
            late: self.late(),
        })
    }
}

impl Recurring {
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The same rule on the clocks of another zone.
    pub fn on(&self, zone: Tz) -> Self {
        Self {
            zone,
            ..self.clone()
        }
    }

    /// The first slot due after an instant; none when the rule has ended.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<Slot> {
        match &self.slots {
            Slots::Cron(cron) => slots::next_after(|from| cron.slots_from(from), after, self.zone),
            Slots::Rrule(rrule) => {
                let slot = slots::next_after(|from| rrule.slots_from(from), after, self.zone)?;
                let over = rrule.until().is_some_and(|until| slot.at > until);
                (!over).then_some(slot)
            }
        }
    }

    /// The shortest time between two slots of the local clock, among those that follow `from`.
    pub fn shortest_interval(&self, from: DateTime<Utc>) -> Option<Duration> {
        let from = zone::local(from, self.zone);
        let shortest = |slots: &mut dyn Iterator<Item = NaiveDateTime>| {
            let mut last = slots.next()?;
            let mut shortest: Option<Duration> = None;
            for slot in slots.take(SAMPLE) {
                shortest = Some(shortest.map_or(slot - last, |known| known.min(slot - last)));
                last = slot;
            }
            shortest
        };
        match &self.slots {
            Slots::Cron(cron) => shortest(&mut cron.slots_from(from)),
            Slots::Rrule(rrule) => shortest(&mut rrule.slots_from(from)),
        }
    }

    /// What becomes of the slots from `first` up to now: those too late are skipped, of the others the last is started
    /// and the rest skipped, so that a downtime is never followed by a burst. While the occurrence before is
    /// not over (`busy`), none is started.
    pub fn passed(&self, first: DateTime<Utc>, now: DateTime<Utc>, busy: bool) -> Passed {
        let oldest = now - self.late;
        let mut passed = Passed::default();
        let (mut late, mut last): (Option<Skipped>, Option<Slot>) = (None, None);
        let mut collapsed: Option<Skipped> = None;
        let mut at = first - Duration::milliseconds(1);
        while let Some(slot) = self.next_after(at).filter(|slot| slot.at <= now) {
            at = slot.at;
            if slot.at < oldest {
                if add(&mut late, slot, Why::Late) >= MOST_COUNTED {
                    at = at.max(oldest - Duration::milliseconds(1));
                }
            } else if let Some(before) = last.replace(slot) {
                add(&mut collapsed, before, Why::Collapsed);
            }
        }
        passed.skipped.extend(late);
        passed.skipped.extend(collapsed);
        match last {
            Some(slot) if busy => {
                let mut overlap = None;
                add(&mut overlap, slot, Why::Overlap);
                passed.skipped.extend(overlap);
            }
            last => passed.due = last,
        }
        passed.next = self.next_after(now);
        passed
    }

    /// The slots from `first` up to now, which passed during a pause, and the next to come.
    pub fn paused(&self, first: DateTime<Utc>, now: DateTime<Utc>) -> Passed {
        let mut skipped = None;
        let mut at = first - Duration::milliseconds(1);
        while let Some(slot) = self.next_after(at).filter(|slot| slot.at <= now) {
            at = slot.at;
            if add(&mut skipped, slot, Why::Paused) >= MOST_COUNTED {
                break;
            }
        }
        Passed {
            skipped: skipped.into_iter().collect(),
            due: None,
            next: self.next_after(now),
        }
    }
}

/// Counts one more; how many there are now.
fn add(to: &mut Option<Skipped>, slot: Slot, why: Why) -> u32 {
    let skipped = to.get_or_insert(Skipped {
        first: slot,
        last: slot.at,
        count: 0,
        why,
    });
    skipped.last = slot.at;
    skipped.count += 1;
    skipped.count
}

#[cfg(test)]
#[path = "recurrence_tests.rs"]
mod tests;

//! How many confirm, and how many do not come. Pure.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Confirmation, Status};

/// Appointments that stand alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// What they are grouped by.
    pub key: String,
    pub status: Status,
    pub confirmation: Confirmation,
    /// A text about it has left.
    pub told: bool,
    /// Its time or place was changed.
    pub moved: bool,
    /// It was cancelled, and somebody else has its time and place.
    pub refilled: bool,
    pub count: u64,
}

/// What figures may be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Location,
    /// The local hour of the start.
    Hour,
    Weekday,
    /// Between the booking and the start.
    LeadTime,
}

impl By {
    /// The key as it is shown, of what the database groups by.
    fn key(self, stored: &str) -> String {
        match self {
            Self::Weekday => stored
                .parse::<NaiveDate>()
                .map_or_else(|_| stored.to_string(), |day| day.weekday().to_string()),
            Self::Location | Self::Hour | Self::LeadTime => stored.to_string(),
        }
    }
}

/// One step of reminders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepCount {
    pub step: String,
    pub sent: u64,
    pub confirmed: u64,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct Figures {
    /// Those that were not cancelled.
    pub appointments: u64,
    pub cancelled: u64,
    /// Of the cancelled: somebody else has their time and place now.
    pub refilled: u64,
    pub refill_rate: Option<f64>,
    /// Their time or place was changed.
    pub rescheduled: u64,
    pub reschedule_rate: Option<f64>,
    /// Those of which a text has left.
    pub told: u64,
    pub confirmed: u64,
    pub reschedule_requested: u64,
    pub cancel_requested: u64,
    /// Of those who were told.
    pub confirm_rate: Option<f64>,
    pub completed: u64,
    pub no_show: u64,
    /// Of those with an outcome.
    pub no_show_rate: Option<f64>,
    pub no_show_rate_confirmed: Option<f64>,
    pub no_show_rate_unconfirmed: Option<f64>,
}

/// The figures of one group.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Group {
    /// A location, an hour (`09`), a weekday (`Mon`), or a lead time (`under_a_day`, `under_three_days`, `under_a_week`,
    /// `a_week_or_more`).
    pub key: String,
    #[serde(flatten)]
    pub figures: Figures,
}

/// What the reminders of one step brought.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Step {
    pub step: String,
    /// Appointments whose reminder of this step has left.
    pub sent: u64,
    /// Confirmations that answered it.
    pub confirmed: u64,
    pub confirm_rate: Option<f64>,
}

impl From<StepCount> for Step {
    fn from(of: StepCount) -> Self {
        Self {
            confirm_rate: rate(of.confirmed, of.sent),
            step: of.step,
            sent: of.sent,
            confirmed: of.confirmed,
        }
    }
}

/// The largest groups first.
pub fn groups(by: By, counts: Vec<Count>) -> Vec<Group> {
    let mut of_key: BTreeMap<String, Vec<Count>> = BTreeMap::new();
    for count in counts {
        of_key.entry(by.key(&count.key)).or_default().push(count);
    }
    let mut groups: Vec<Group> = of_key
        .into_iter()
        .map(|(key, counts)| Group {
            key,
            figures: Figures::of(&counts),
        })
        .collect();
    groups.sort_by_key(|group| {
        let all = group.figures.appointments + group.figures.cancelled;
        std::cmp::Reverse(all)
    });
    groups
}

impl Figures {
    pub fn of(counts: &[Count]) -> Self {
        let sum = |which: &dyn Fn(&Count) -> bool| -> u64 {
            counts
                .iter()
                .filter(|one| which(one))
                .map(|one| one.count)
                .sum()
        };
        let standing = |one: &Count| one.status != Status::Cancelled;
        let confirmed = |one: &Count| one.confirmation == Confirmation::Confirmed;
        let ended = |one: &Count| matches!(one.status, Status::Completed | Status::NoShow);
        let missed = |one: &Count| one.status == Status::NoShow;
        let appointments = sum(&standing);
        let cancelled = sum(&|one| !standing(one));
        let refilled = sum(&|one| one.refilled);
        let rescheduled = sum(&|one| standing(one) && one.moved);
        let told = sum(&|one| standing(one) && one.told);
        Self {
            appointments,
            cancelled,
            refilled,
            refill_rate: rate(refilled, cancelled),
            rescheduled,
            reschedule_rate: rate(rescheduled, appointments),
            told,
            confirmed: sum(&|one| standing(one) && confirmed(one)),
            reschedule_requested: sum(&|one| {
                standing(one) && one.confirmation == Confirmation::RescheduleRequested
            }),
            cancel_requested: sum(&|one| {
                standing(one) && one.confirmation == Confirmation::CancelRequested
            }),
            confirm_rate: rate(
                sum(&|one| standing(one) && one.told && confirmed(one)),
                told,
            ),
            completed: sum(&|one| one.status == Status::Completed),
            no_show: sum(&missed),
            no_show_rate: rate(sum(&missed), sum(&ended)),
            no_show_rate_confirmed: rate(
                sum(&|one| missed(one) && confirmed(one)),
                sum(&|one| ended(one) && confirmed(one)),
            ),
            no_show_rate_unconfirmed: rate(
                sum(&|one| missed(one) && !confirmed(one)),
                sum(&|one| ended(one) && !confirmed(one)),
            ),
        }
    }
}

/// Rounded to four digits; nothing of nothing has no rate.
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 appointments")]
fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(status: Status, confirmation: Confirmation, told: bool, count: u64) -> Count {
        Count {
            key: String::new(),
            status,
            confirmation,
            told,
            moved: false,
            refilled: false,
            count,
        }
    }

    #[test]
    fn rates_are_of_those_who_could_have() {
        let moved = Count {
            moved: true,
            ..count(Status::Completed, Confirmation::Confirmed, true, 17)
        };
        let refilled = Count {
            refilled: true,
            ..count(Status::Cancelled, Confirmation::Confirmed, true, 3)
        };
        let figures = Figures::of(&[
            count(Status::Completed, Confirmation::Confirmed, true, 40),
            moved,
            count(Status::NoShow, Confirmation::Confirmed, true, 3),
            count(Status::Completed, Confirmation::Unconfirmed, true, 15),
            count(Status::NoShow, Confirmation::Unconfirmed, false, 5),
            count(Status::Scheduled, Confirmation::CancelRequested, true, 5),
            count(Status::Cancelled, Confirmation::Confirmed, true, 9),
            refilled,
        ]);
        assert_eq!((figures.appointments, figures.told), (85, 80));
        assert_eq!(figures.confirm_rate, Some(0.75));
        assert_eq!(figures.no_show_rate, Some(0.1));
        assert_eq!(figures.no_show_rate_confirmed, Some(0.05));
        assert_eq!(figures.no_show_rate_unconfirmed, Some(0.25));
        assert_eq!(figures.reschedule_rate, Some(0.2));
        assert_eq!((figures.cancelled, figures.refill_rate), (12, Some(0.25)));
        assert_eq!(Figures::of(&[]).confirm_rate, None);
    }

    #[test]
    fn days_fall_into_their_weekdays_and_the_largest_group_comes_first() {
        let on = |day: &str, n| Count {
            key: day.into(),
            ..count(Status::Completed, Confirmation::Confirmed, true, n)
        };
        let counts = vec![
            on("2026-12-01", 2),
            on("2026-12-08", 2),
            on("2026-12-02", 3),
        ];
        let groups = groups(By::Weekday, counts);
        let shown: Vec<(&str, u64)> = groups
            .iter()
            .map(|group| (group.key.as_str(), group.figures.completed))
            .collect();
        assert_eq!(shown, [("Tue", 4), ("Wed", 3)]);
    }
}

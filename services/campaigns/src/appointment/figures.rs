//! How many confirm, and how many do not come. Pure.

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Confirmation, Status};

/// Appointments that stand alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub status: Status,
    pub confirmation: Confirmation,
    /// A text about it has left.
    pub told: bool,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct Figures {
    /// Those that were not cancelled.
    pub appointments: u64,
    pub cancelled: u64,
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
        let told = sum(&|one| standing(one) && one.told);
        Self {
            appointments: sum(&standing),
            cancelled: sum(&|one| !standing(one)),
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

    #[test]
    fn rates_are_of_those_who_could_have() {
        let count = |status, confirmation, told, count| Count {
            status,
            confirmation,
            told,
            count,
        };
        let figures = Figures::of(&[
            count(Status::Completed, Confirmation::Confirmed, true, 57),
            count(Status::NoShow, Confirmation::Confirmed, true, 3),
            count(Status::Completed, Confirmation::Unconfirmed, true, 15),
            count(Status::NoShow, Confirmation::Unconfirmed, false, 5),
            count(Status::Scheduled, Confirmation::CancelRequested, true, 5),
            count(Status::Cancelled, Confirmation::Confirmed, true, 9),
        ]);
        assert_eq!((figures.appointments, figures.told), (85, 80));
        assert_eq!(figures.confirm_rate, Some(0.75));
        assert_eq!(figures.no_show_rate, Some(0.1));
        assert_eq!(figures.no_show_rate_confirmed, Some(0.05));
        assert_eq!(figures.no_show_rate_unconfirmed, Some(0.25));
        assert_eq!(Figures::of(&[]).confirm_rate, None);
    }
}

//! One text for several appointments of a contact. Pure.

use chrono::{DateTime, NaiveDate, Utc};

/// A reminder that is due, among those of one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item<'a> {
    /// The local day of the appointment.
    pub day: NaiveDate,
    pub location: &'a str,
    pub step: &'a str,
    pub starts: DateTime<Utc>,
    pub due: DateTime<Utc>,
}

impl Item<'_> {
    /// One text may speak for both: the same step, the same day, the same place.
    pub fn goes_with(&self, other: &Self) -> bool {
        self.step == other.step && self.day == other.day && self.location == other.location
    }
}

/// For each item the one whose text speaks for it, itself as a rule: of those that go together the earliest due,
/// and of these the one that starts first.
pub fn leaders(items: &[Item<'_>]) -> Vec<usize> {
    let leader_of = |item: &Item<'_>, own: usize| {
        items
            .iter()
            .enumerate()
            .filter(|(_, other)| item.goes_with(other))
            .min_by_key(|(index, other)| (other.due, other.starts, *index))
            .map_or(own, |(index, _)| index)
    };
    items
        .iter()
        .enumerate()
        .map(|(own, item)| leader_of(item, own))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(day: u32, location: &'static str, step: &'static str, due: i64) -> Item<'static> {
        Item {
            day: NaiveDate::from_ymd_opt(2026, 12, day).unwrap(),
            location,
            step,
            starts: DateTime::from_timestamp(due + 7_200, 0).unwrap(),
            due: DateTime::from_timestamp(due, 0).unwrap(),
        }
    }

    #[test]
    fn appointments_of_one_day_and_place_share_the_earliest_text_of_a_step() {
        let items = [
            item(1, "Elm St", "r2", 200),
            item(1, "Elm St", "r2", 100),
            item(1, "Elm St", "r48", 50),
            item(2, "Elm St", "r2", 90),
            item(1, "Oak St", "r2", 80),
            item(1, "Elm St", "r2", 100),
        ];
        assert_eq!(leaders(&items), [1, 1, 2, 3, 4, 1]);
        assert!(leaders(&[]).is_empty());
    }
}

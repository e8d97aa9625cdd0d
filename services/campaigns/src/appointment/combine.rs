//! One text for several appointments of a contact, and one for those that are the same. Pure.

use chrono::{DateTime, NaiveDate, Utc};

use super::model::Appointment;
use super::rules::Combine;

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

/// Whether two appointments are the same one under two ids: of one contact, at the same time and place, for the same
/// person, about the same, under the same reminder plan.
pub fn is_twin(one: &Appointment, other: &Appointment) -> bool {
    let (of, with) = (&one.agreed, &other.agreed);
    one.id != other.id
        && one.starts_at == other.starts_at
        && one.plan == other.plan
        && of.contact == with.contact
        && of.location == with.location
        && of.subject == with.subject
        && of.for_person == with.for_person
}

/// Another appointment of the contact that goes with the one whose reminder is due.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    pub appointment: &'a Appointment,
    /// Its reminder of the same step has, or had, a text.
    pub told: bool,
    /// Its reminder of the same step waits for its time.
    pub planned: bool,
}

/// What becomes of a due reminder and of those beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shared {
    /// The same appointment was reminded of already.
    Duplicate,
    /// It is sent. The text lists some of those beside it, and others are listed under another id.
    Sent {
        listed: Vec<usize>,
        duplicates: Vec<usize>,
    },
}

/// Shares a text out: each visit is listed once, and none that has been told before.
pub fn shared(of: &Appointment, beside: &[Beside<'_>], combine: Combine) -> Shared {
    let told = |one: &Appointment| {
        let twin = |other: &&Beside<'_>| is_twin(one, other.appointment);
        beside.iter().filter(twin).any(|other| other.told)
    };
    if told(of) {
        return Shared::Duplicate;
    }
    let (mut listed, mut duplicates) = (Vec::new(), Vec::new());
    let planned = beside.iter().enumerate().filter(|(_, other)| other.planned);
    for (place, other) in planned {
        let other = other.appointment;
        let again = |known: &&usize| {
            let known = beside.get(**known);
            known.is_some_and(|known| is_twin(known.appointment, other))
        };
        if is_twin(of, other) || told(other) || listed.iter().any(|known| again(&known)) {
            duplicates.push(place);
        } else if combine == Combine::ContactDay {
            listed.push(place);
        }
    }
    Shared::Sent { listed, duplicates }
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
    use crate::appointment::testing::appointment;

    fn item(day: u32, location: &'static str, step: &'static str, due: i64) -> Item<'static> {
        Item {
            day: NaiveDate::from_ymd_opt(2026, 12, day).unwrap(),
            location,
            step,
            starts: DateTime::from_timestamp(due + 7_200, 0).unwrap(),
            due: DateTime::from_timestamp(due, 0).unwrap(),
        }
    }

    fn visit(id: u128, hour: u32, for_person: &str) -> Appointment {
        let mut of = appointment();
        of.id = contract::AppointmentId::from_raw(id);
        of.agreed.local = of.agreed.local.date().and_hms_opt(hour, 0, 0).unwrap();
        of.starts_at = of.agreed.starts_at();
        of.agreed.for_person = for_person.into();
        of
    }

    fn planned(appointment: &Appointment) -> Beside<'_> {
        Beside {
            appointment,
            told: false,
            planned: true,
        }
    }

    #[test]
    fn the_same_visit_is_listed_once_and_siblings_each() {
        let (ana, leo, again) = (
            visit(1, 14, "Ana"),
            visit(2, 14, "Leo"),
            visit(3, 14, "Ana"),
        );
        let (later, later_again) = (visit(4, 15, "Ana"), visit(5, 15, "Ana"));
        assert!(is_twin(&ana, &again) && !is_twin(&ana, &leo) && !is_twin(&ana, &ana));
        let beside = [&leo, &again, &later, &later_again].map(planned);
        let sent = |listed: &[usize], duplicates: &[usize]| Shared::Sent {
            listed: listed.to_vec(),
            duplicates: duplicates.to_vec(),
        };
        let by_day = shared(&ana, &beside, Combine::ContactDay);
        assert_eq!(by_day, sent(&[0, 2], &[1, 3]));
        assert_eq!(shared(&ana, &beside, Combine::None), sent(&[], &[1]));
        let mut told = beside;
        (told[0].told, told[0].planned) = (true, false);
        assert_eq!(
            shared(&ana, &told, Combine::ContactDay),
            sent(&[2], &[1, 3])
        );
        (told[3].told, told[3].planned) = (true, false);
        assert_eq!(shared(&ana, &told, Combine::ContactDay), sent(&[], &[1, 2]));
        told[1].told = true;
        assert_eq!(shared(&ana, &told, Combine::ContactDay), Shared::Duplicate);
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

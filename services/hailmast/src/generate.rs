//! Made-up contacts: numbers of the fictional range and of real area codes, spread over zones.

use std::fmt::Write as _;

/// What a made-up contact stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Opted in, in a zone where it is day.
    Willing,
    /// Opted in, in a zone where the demo's clock starts in quiet hours.
    Asleep,
    /// Opted in once, opted out later.
    OptedOut,
    /// Never asked.
    NeverAsked,
}

#[derive(Debug, Clone)]
pub struct Person {
    pub phone: String,
    pub first_name: &'static str,
    pub zone: &'static str,
    pub kind: Kind,
}

const NAMES: [&str; 12] = [
    "Ana", "Ben", "Chloé", "David", "Elif", "Farid", "Grace", "Hiro", "Inés", "Jonas", "Kemi",
    "Lars",
];
/// At the demo's start (17:00 UTC in June) it is day in these.
const AWAKE: [&str; 5] = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Europe/London",
];
/// … and before eight in the morning here.
const ASLEEP: [&str; 2] = ["Pacific/Honolulu", "Asia/Tokyo"];
/// Area codes whose 555-0100 style neighbours make up valid numbers.
const AREA_CODES: [u64; 10] = [212, 312, 303, 415, 617, 713, 202, 206, 404, 305];

/// `count` people, the same for the same count.
pub fn people(count: usize) -> Vec<Person> {
    (0..count).map(person).collect()
}

fn person(index: usize) -> Person {
    let kind = match index % 100 {
        3 | 41 | 77 => Kind::OptedOut,
        9 | 29 | 49 | 69 | 89 => Kind::NeverAsked,
        13 | 63 => Kind::Asleep,
        _ => Kind::Willing,
    };
    let zone = match kind {
        Kind::Asleep => ASLEEP[index / 100 % ASLEEP.len()],
        _ => AWAKE[index % AWAKE.len()],
    };
    Person {
        phone: format!("+1{}", number(index)),
        first_name: NAMES[index % NAMES.len()],
        zone,
        kind,
    }
}

/// Ten digits: area code, exchange 200–999, line; distinct for every index below 7 million.
fn number(index: usize) -> u64 {
    let index = index as u64;
    let area = AREA_CODES[usize::try_from(index % 10).unwrap_or(0)];
    let rest = index / 10;
    // Exchanges that end in 11 are service codes; 555 is kept for fiction.
    let exchange = 220 + rest / 10_000 % 90;
    area * 10_000_000 + exchange * 10_000 + rest % 10_000
}

/// The CSV that a user would have, with a few rows nobody can use.
pub fn csv(people: &[Person], broken_rows: usize) -> String {
    let mut text = String::with_capacity(people.len() * 48);
    text.push_str("Mobile,First_Name,Timezone,Tier\n");
    for (index, person) in people.iter().enumerate() {
        let tier = if index % 7 == 0 { "gold" } else { "basic" };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{},{},{},{tier}",
            person.phone, person.first_name, person.zone
        );
    }
    for index in 0..broken_rows {
        text.push_str(
            [
                "12345,Nobody,America/New_York,basic\n",
                "1.21E+10,Excel,America/New_York,basic\n",
            ][index % 2],
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn made_up_numbers_are_valid_and_distinct() {
        let people = people(120_000);
        let distinct: HashSet<&str> = people.iter().map(|person| person.phone.as_str()).collect();
        assert_eq!(distinct.len(), people.len());
        for person in people.iter().step_by(997) {
            assert!(
                contract::Phone::parse(&person.phone, None).is_ok(),
                "{}",
                person.phone
            );
        }
    }
}

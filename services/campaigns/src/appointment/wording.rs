//! Merge fields of texts about appointments. Pure. Their names are the contract's
//! ([`contract::texts::APPOINTMENT_FIELDS`]).

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::NaiveDateTime;

use super::model::{Appointment, LOCAL};
use crate::schedule::zone;

/// Fields of a text about these, the first of which is the main one. `old`: the time that the person was told before.
pub fn fields(about: &[&Appointment], old: Option<NaiveDateTime>) -> BTreeMap<String, String> {
    let Some(first) = about.first() else {
        return BTreeMap::new();
    };
    let agreed = &first.agreed;
    let of = |name: &str, value: String| (name.to_string(), value);
    BTreeMap::from([
        of("appointment_at", local(agreed.local)),
        of("appointment_old_at", old.map(local).unwrap_or_default()),
        of("appointment_zone", zone_note(first)),
        of("appointment_subject", agreed.subject.clone()),
        of("appointment_location", agreed.location.clone()),
        of("appointment_for", agreed.for_person.clone()),
        of("appointment_count", about.len().to_string()),
        of("appointment_list", list(about)),
        of(
            "appointment_minutes",
            agreed.minutes.map(|n| n.to_string()).unwrap_or_default(),
        ),
    ])
}

fn local(at: NaiveDateTime) -> String {
    at.format(LOCAL).to_string()
}

/// The letters of the appointment's clock, for people whose own clock shows another time then.
fn zone_note(of: &Appointment) -> String {
    let (at, here) = (of.starts_at.to_utc(), of.agreed.timezone);
    match of.contact_zone {
        Some(there) if zone::offset(at, there) != zone::offset(at, here) => {
            at.with_timezone(&here).format("%Z").to_string()
        }
        _ => String::new(),
    }
}

/// `1) 2026-12-01 14:00 Cleaning, Leo`, with commas between; one alone has no number.
fn list(about: &[&Appointment]) -> String {
    let mut list = String::new();
    for (n, one) in about.iter().enumerate() {
        if n > 0 {
            list.push_str(", ");
        }
        if about.len() > 1 {
            // Writing to a String does not fail.
            let _ok = write!(list, "{}) ", n + 1);
        }
        list.push_str(&one.agreed.local.format("%Y-%m-%d %H:%M").to_string());
        for words in [&one.agreed.subject, &one.agreed.for_person] {
            if !words.is_empty() {
                list.push(' ');
                list.push_str(words);
            }
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use contract::texts::APPOINTMENT_FIELDS;

    use super::*;
    use crate::appointment::testing::{appointment, at};

    #[test]
    fn every_field_of_the_contract_has_a_value_and_no_other() {
        let one = appointment();
        let fields = fields(&[&one], Some(at("2026-11-30T09:00")));
        let names: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
        assert_eq!(names, BTreeSet::from(APPOINTMENT_FIELDS));
        assert_eq!(fields["appointment_at"], "2026-12-01T14:00");
        assert_eq!(fields["appointment_old_at"], "2026-11-30T09:00");
        assert_eq!(fields["appointment_list"], "2026-12-01 14:00 Cleaning");
    }

    #[test]
    fn who_lives_by_another_clock_is_told_which_one_is_meant() {
        let mut one = appointment();
        for (zone, note) in [
            (None, ""),
            (Some(chrono_tz::America::Toronto), ""),
            (Some(chrono_tz::America::Los_Angeles), "EST"),
        ] {
            one.contact_zone = zone;
            assert_eq!(fields(&[&one], None)["appointment_zone"], note);
        }
    }

    #[test]
    fn several_are_numbered() {
        let one = appointment();
        let mut other = appointment();
        other.agreed.for_person = "Leo".into();
        let fields = fields(&[&one, &other], None);
        assert_eq!(
            fields["appointment_list"],
            "1) 2026-12-01 14:00 Cleaning, 2) 2026-12-01 14:00 Cleaning Leo"
        );
        assert_eq!(fields["appointment_count"], "2");
    }
}

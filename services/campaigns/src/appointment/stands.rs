//! What is said to somebody who texts CANCEL to a reminder: the texts end, the appointment stands. Pure.
//!
//! CANCEL is an opt-out by law (47 CFR 64.1200(a)(10)), whatever was meant. consent sends its one confirmation, and behind
//! it stands this sentence.

use chrono::NaiveDateTime;
use contract::{AppointmentId, UnixMillis};

use super::bind::{self, About};
use super::model::{Appointment, Telling};
use super::said::Said;

/// Longer words would make the confirmation a letter.
pub const MOST_CHARS: usize = 160;
/// Appointments that are named.
const MOST_NAMED: usize = 3;
const PLACES: [&str; 5] = ["{when}", "{date}", "{time}", "{location}", "{subject}"];

/// The appointments that a CANCEL to this sender may be about, by their start. `tellings`: the last first.
pub fn standing<'a>(
    sender: &str,
    tellings: &[Telling],
    theirs: &'a [Appointment],
    now: UnixMillis,
) -> Vec<&'a Appointment> {
    let ids: Vec<AppointmentId> = match bind::about(Said::Cancel, sender, tellings, theirs, now) {
        About::These(_, named) => named.into_iter().map(|one| one.appointment).collect(),
        About::Which(_, ids) => ids,
        About::Nothing => Vec::new(),
    };
    let mut about: Vec<&Appointment> = theirs.iter().filter(|one| ids.contains(&one.id)).collect();
    about.sort_by_key(|one| (one.starts_at, one.id));
    about
}

/// The sentence with its places filled; `None` where there is nothing to say.
pub fn words(words: &str, about: &[&Appointment]) -> Option<String> {
    if words.is_empty() || about.is_empty() {
        return None;
    }
    let each = |show: &dyn Fn(&Appointment) -> String| {
        let shown: Vec<String> = about.iter().take(MOST_NAMED).map(|one| show(one)).collect();
        shown.join(" + ")
    };
    let at = |format: &'static str| move |one: &Appointment| shown(one.agreed.local, format);
    // What people wrote comes last, so that nothing in it is taken for a place.
    let filled = words
        .replace("{when}", &each(&at("%a %-d %b %-I:%M %p")))
        .replace("{date}", &each(&at("%Y-%m-%d")))
        .replace("{time}", &each(&at("%H:%M")));
    let mut parts = Vec::new();
    for part in filled.split("{location}") {
        parts.push(part.replace("{subject}", &each(&|one| one.agreed.subject.clone())));
    }
    Some(parts.join(&each(&|one| one.agreed.location.clone())))
}

fn shown(at: NaiveDateTime, format: &str) -> String {
    at.format(format).to_string()
}

/// What is wrong with a plan's own sentence.
pub fn fault(words: &str) -> Option<String> {
    if words.chars().count() > MOST_CHARS {
        return Some(format!("At most {MOST_CHARS} characters."));
    }
    let bare = PLACES
        .iter()
        .fold(words.to_string(), |words, place| words.replace(place, ""));
    if bare.contains(['{', '}']) || bare.chars().any(char::is_control) {
        return Some(format!(
            "One line, with places among {}.",
            PLACES.join(", ")
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appointment::model::TellingState;
    use crate::appointment::testing::{appointment, at, telling};

    const NOW: UnixMillis = UnixMillis(1_795_000_000_000);
    const SENDER: &str = "+15005550100";

    #[test]
    fn the_appointment_that_was_told_of_is_named_with_its_local_time() {
        let mut one = appointment();
        one.agreed.location = "{subject} St".into();
        let theirs = [one.clone()];
        let told = [telling(&one, 1, TellingState::Left)];
        let about = standing(SENDER, &told, &theirs, NOW);
        let said = words("{subject} {when} ({date} {time}) at {location}.", &about);
        assert_eq!(
            said.as_deref(),
            Some("Cleaning Tue 1 Dec 2:00 PM (2026-12-01 14:00) at {subject} St.")
        );
        assert_eq!(words("", &about), None);
        assert!(standing(SENDER, &[], &theirs, NOW).is_empty());
        let never = [telling(&one, 1, TellingState::Never)];
        assert!(standing(SENDER, &never, &theirs, NOW).is_empty());
        assert!(standing(SENDER, &told, &theirs, one.starts_at).is_empty());
    }

    #[test]
    fn several_are_named_by_their_start() {
        let later = Appointment {
            id: AppointmentId::from_raw(9),
            ..appointment()
        };
        let mut first = appointment();
        first.agreed.local = at("2026-12-01T09:30");
        first.starts_at = first.agreed.starts_at();
        let theirs = [later.clone(), first.clone()];
        let told = [
            telling(&later, 5, TellingState::Left),
            telling(&first, 5, TellingState::Left),
        ];
        let about = standing(SENDER, &told, &theirs, NOW);
        assert_eq!(
            words("Still booked: {when}.", &about).as_deref(),
            Some("Still booked: Tue 1 Dec 9:30 AM + Tue 1 Dec 2:00 PM.")
        );
    }

    #[test]
    fn a_plans_own_sentence_is_short_and_has_known_places() {
        assert_eq!(
            fault("Your visit {when} stands; call (212) 555-0100."),
            None
        );
        assert!(fault("Your visit {day} stands.").is_some());
        assert!(fault("Your visit\nstands.").is_some());
        assert!(fault(&"x".repeat(161)).is_some());
        let usual = include_str!("../defaults.toml")
            .lines()
            .find_map(|line| line.strip_prefix("appointment_stands_text = "))
            .unwrap();
        assert_eq!(fault(usual.trim_matches('"')), None);
    }
}

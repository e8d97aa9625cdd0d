//! The condition of a segment: an expression over one contact, its lists and the time.

use chrono::{DateTime, NaiveDate, Utc};
use expression::minijinja::{self, ErrorKind, Value};
use expression::{Compiled, EvalError, Fault, Language, timestamp};

use super::subject::Subject;

/// What conditions can speak of.
const LANGUAGE: Language = Language {
    names: &["contact", "lists", "now", "days_since"],
    texts: &["contact"],
    there_is: "There are contact.…, lists (the ids of the lists a contact is on), now and days_since(contact.…); texts stand in quotes.",
    such_as: "Such as contact.tier == 'gold' and contact.language == 'de'.",
};

/// What is wrong with the text of a condition.
pub fn fault(source: &str) -> Option<Fault> {
    if source.trim().is_empty() {
        return Some(Fault {
            what: "A segment needs a condition.".to_string(),
            hint: LANGUAGE.such_as.to_string(),
        });
    }
    expression::fault(&LANGUAGE, source)
}

/// A compiled condition.
#[derive(Debug)]
pub struct Condition {
    expression: Compiled,
    /// It changes with the lists that a contact is on.
    pub by_lists: bool,
    /// It changes as time goes by.
    pub by_time: bool,
}

impl Condition {
    /// # Errors
    /// What is no expression; see [`fault`].
    pub fn new(source: &str) -> Result<Self, EvalError> {
        let expression = Compiled::new(source)?;
        let by_lists = expression.speaks_of("lists");
        let by_time = expression.speaks_of("now") || expression.speaks_of("days_since");
        Ok(Self {
            expression,
            by_lists,
            by_time,
        })
    }

    /// Whether it holds of a contact.
    ///
    /// # Errors
    /// It cannot be judged: it computes with a value that this contact does not have, or that is of another form.
    pub fn holds(&self, subject: &Subject, at: &Instant) -> Result<bool, EvalError> {
        self.expression.holds(minijinja::context! {
            contact => subject.contact(),
            lists => subject.lists(),
            now => at.now.clone(),
            days_since => at.days_since.clone(),
        })
    }
}

/// A time that many contacts are judged at.
#[derive(Debug)]
pub struct Instant {
    now: Value,
    days_since: Value,
}

impl Instant {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self {
            now: timestamp(now).into(),
            days_since: Value::from_function(move |then: Value| days_since(&then, now)),
        }
    }
}

/// Whole days from a date (`2026-05-01`, as of midnight UTC) or an instant (RFC 3339) until `now`; negative before it.
fn days_since(then: &Value, now: DateTime<Utc>) -> Result<i64, minijinja::Error> {
    if then.is_none() || then.is_undefined() {
        let kind = ErrorKind::UndefinedError;
        return Err(minijinja::Error::new(kind, "days_since of nothing"));
    }
    let text = then.as_str().unwrap_or_default().trim();
    let then = match DateTime::parse_from_rfc3339(text) {
        Ok(at) => at.to_utc(),
        Err(_) => NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map(|date| date.and_time(chrono::NaiveTime::MIN).and_utc())
            .map_err(|_| {
                let what = "days_since wants a date such as 2026-05-01 or an instant such as 2026-05-01T10:00:00Z";
                minijinja::Error::new(ErrorKind::InvalidOperation, what)
            })?,
    };
    // Down, and not toward zero: half a day before is the day before.
    Ok((now - then).num_seconds().div_euclid(86_400))
}

#[cfg(test)]
mod tests {
    use contract::{ContactId, ListId, Phone};

    use super::*;
    use crate::import_plan::Contact;
    use crate::person::Person;

    fn subject() -> Subject {
        let mut person = Person {
            language: Some("de".into()),
            ..Person::new(Phone::from_digits(4_915_112_345_678).unwrap())
        };
        for (name, value) in [
            ("tier", "gold"),
            ("points", "150"),
            ("last_visit", "2026-11-01"),
            ("tags", "vip, engaged"),
        ] {
            person.attributes.insert(name.into(), value.into());
        }
        let contact = Contact {
            id: ContactId::from_raw(1),
            person,
            last_import: None,
            created_at: 0,
            updated_at: 0,
        };
        Subject::new(contact, vec![ListId::from_raw(7)])
    }

    fn holds(source: &str) -> Result<bool, EvalError> {
        let now = "2026-11-26T20:00:00Z".parse().unwrap();
        assert_eq!(fault(source), None, "{source}");
        Condition::new(source)
            .unwrap()
            .holds(&subject(), &Instant::at(now))
    }

    #[test]
    fn conditions_speak_of_values_lists_and_time() {
        let list = format!("'{}' in lists", ListId::from_raw(7));
        let other = format!("'{}' not in lists", ListId::from_raw(8));
        for source in [
            "contact.tier == 'gold' and contact.language == 'de'",
            "contact.attrs.tier in ['gold', 'silver']",
            "contact['tier'] == 'gold'",
            "contact.points|int >= 100",
            "contact.city is none",
            "contact.city != 'Lyon'",
            "'vip' in contact.tags",
            "contact.phone[:3] == '+49'",
            "days_since(contact.last_visit) == 25",
            "days_since(contact.created_at) > 1000",
            "now > '2026-11-26'",
            list.as_str(),
            other.as_str(),
        ] {
            assert_eq!(holds(source), Ok(true), "{source}");
        }
        for source in ["contact.tier == 'silver'", "contact.city == 'Lyon'"] {
            assert_eq!(holds(source), Ok(false), "{source}");
        }
    }

    #[test]
    fn what_a_contact_does_not_have_is_not_computed_with() {
        for source in [
            "days_since(contact.first_visit) < 30",
            "days_since(contact.tier) < 30",
            "contact.tier|int > 3",
        ] {
            assert!(holds(source).is_err(), "{source}");
        }
    }

    #[test]
    fn a_condition_tells_what_it_changes_with() {
        let of = |source: &str| {
            let condition = Condition::new(source).unwrap();
            (condition.by_lists, condition.by_time)
        };
        assert_eq!(of("contact.tier == 'gold'"), (false, false));
        assert_eq!(of("lists|length > 1"), (true, false));
        assert_eq!(of("days_since(contact.created_at) < 7"), (false, true));
        assert_eq!(of("contact.until < now"), (false, true));
    }

    #[test]
    fn faults_are_told_before_anything_is_kept() {
        for (source, word) in [
            ("", "needs a condition"),
            ("contact.points >= 100", "text"),
            ("event.total > 3", "`event`"),
            ("contact.tier = 'gold'", "no expression"),
        ] {
            let said = fault(source).unwrap();
            assert!(said.what.contains(word), "{source}: {said:?}");
        }
    }

    #[test]
    fn days_are_counted_down_to_whole_ones() {
        let now: DateTime<Utc> = "2026-11-26T00:00:00Z".parse().unwrap();
        for (then, days) in [
            ("2026-11-26", 0),
            ("2026-11-25T23:59:59Z", 0),
            ("2026-11-25", 1),
            ("2026-11-26T00:00:01Z", -1),
            ("2026-11-27", -1),
        ] {
            assert_eq!(days_since(&Value::from(then), now).unwrap(), days, "{then}");
        }
    }
}

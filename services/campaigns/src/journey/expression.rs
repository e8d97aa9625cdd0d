//! Conditions and computed values: MiniJinja's expressions, the language of merge fields.
//!
//! A name that is not there is an error, and not a silent "no"; what an expression may cost is bounded.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use expression::minijinja::value::{Kwargs, Serde};
use expression::minijinja::{self, ErrorKind, Value};
use expression::{Fault, Language};

use super::bounds::{self, MOST_COMPUTED};

pub use expression::{EvalError, timestamp};

/// What journeys can speak of.
const LANGUAGE: Language = Language {
    names: &["contact", "event", "run", "appointment", "now", "happened"],
    texts: &["contact"],
    there_is: "There are contact.…, event.…, run.…, appointment.…, now and happened('event.name', within='P3D'); texts stand in quotes.",
    such_as: "Such as event.total >= 20 and contact.tier == 'gold'.",
};

/// A compiled expression.
#[derive(Debug)]
pub struct Compiled(expression::Compiled);

/// What is wrong with an expression, and a hint.
pub fn fault(source: &str) -> Option<(String, String)> {
    let Fault { what, hint } = expression::fault(&LANGUAGE, &plain(source))?;
    Some((what, hint))
}

/// `contact.has_event(…)` is another way to write `happened(…)`.
fn plain(source: &str) -> String {
    source.replace("contact.has_event(", "happened(")
}

/// What stands between the braces, where a text is nothing but `{{ … }}`.
pub fn inner(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then_some(inner.trim())
}

impl Compiled {
    pub fn new(source: &str) -> Result<Self, EvalError> {
        expression::Compiled::new(&plain(source)).map(Self)
    }

    /// The fields of `scope` it speaks of: `contact.tier` gives `tier`.
    pub fn fields_of(&self, scope: &str) -> BTreeSet<String> {
        self.0.fields_of(scope)
    }

    pub fn speaks_of(&self, scope: &str) -> bool {
        self.0.speaks_of(scope)
    }

    /// Names that stand as the first argument of `happened`.
    pub fn happenings(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for rest in self.0.source().split("happened(").skip(1) {
            let rest = rest.trim_start();
            if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))
                && let Some((name, _)) = rest[1..].split_once(quote)
            {
                names.insert(name.to_string());
            }
        }
        names
    }

    pub fn value(&self, scopes: &Scopes<'_>) -> Result<Value, EvalError> {
        self.0.value(scopes.value())
    }

    /// The value as it is kept: without the character NUL, and no deeper than can be read again.
    pub fn json(&self, scopes: &Scopes<'_>) -> Result<serde_json::Value, EvalError> {
        let mut value = serde_json::to_value(self.value(scopes)?).unwrap_or_default();
        bounds::drop_nul(&mut value);
        bounded(value, self.0.source())
    }

    pub fn holds(&self, scopes: &Scopes<'_>) -> Result<bool, EvalError> {
        self.0.holds(scopes.value())
    }
}

/// Refuses a value that is nested too deep.
pub fn bounded(value: serde_json::Value, source: &str) -> Result<serde_json::Value, EvalError> {
    if bounds::levels(&value) <= MOST_COMPUTED {
        return Ok(value);
    }
    Err(EvalError {
        source_text: source.to_string(),
        what: format!("it comes to more than {MOST_COMPUTED} levels of objects and lists"),
    })
}

/// What an expression sees.
#[derive(Debug, Clone, Copy)]
pub struct Scopes<'a> {
    pub contact: &'a BTreeMap<String, serde_json::Value>,
    pub event: &'a serde_json::Value,
    pub run: &'a serde_json::Value,
    pub appointment: &'a serde_json::Value,
    pub now: DateTime<Utc>,
    /// When events of a name were last seen, Unix milliseconds.
    pub happened: &'a BTreeMap<String, i64>,
}

impl Scopes<'_> {
    fn value(&self) -> Value {
        let (seen, now) = (self.happened.clone(), self.now);
        let happened = move |name: String, options: Kwargs| -> Result<bool, minijinja::Error> {
            let within: Option<String> = options.get("within")?;
            options.assert_all_used()?;
            let Some(at) = seen.get(&name) else {
                return Ok(false);
            };
            let Some(within) = within else {
                return Ok(true);
            };
            let length: crate::schedule::IsoDuration = within.parse().map_err(|error| {
                minijinja::Error::new(ErrorKind::InvalidOperation, format!("within: {error}"))
            })?;
            Ok(now.timestamp_millis() - at <= length.nominal().num_milliseconds())
        };
        minijinja::context! {
            contact => Value::from(Serde(self.contact)),
            event => Value::from(Serde(self.event)),
            run => Value::from(Serde(self.run)),
            appointment => Value::from(Serde(self.appointment)),
            now => timestamp(self.now),
            happened => Value::from_function(happened),
        }
    }
}

/// Brings every full timestamp (RFC 3339 with an offset) in a value to that form.
pub fn normalise(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => {
            if text.len() >= 20
                && text.as_bytes()[4] == b'-'
                && let Ok(at) = DateTime::parse_from_rfc3339(text)
            {
                *text = timestamp(at.to_utc());
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(normalise),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(normalise),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn eval(source: &str) -> Result<bool, EvalError> {
        let contact = [("tier".to_string(), json!("gold"))].into();
        let (event, run) = (json!({"total": 25}), json!({}));
        let appointment = json!({"starts_at": "2026-12-01T15:00:00Z"});
        let happened = [("link.clicked".to_string(), 1_000)].into();
        let scopes = Scopes {
            contact: &contact,
            event: &event,
            run: &run,
            appointment: &appointment,
            now: DateTime::from_timestamp(3_600, 0).unwrap(),
            happened: &happened,
        };
        Compiled::new(source).unwrap().holds(&scopes)
    }

    #[test]
    fn the_scopes_can_be_spoken_of() {
        for source in [
            "event.total >= 20 and contact.tier == 'gold'",
            "now < appointment.starts_at",
            "happened('link.clicked')",
            "happened('link.clicked', within='PT1H')",
            "not happened('link.clicked', within='PT59M')",
            "run.x is undefined",
            "contact.has_event('link.clicked', within='PT1H')",
            "not contact.has_event('order.placed')",
            "contact.city|default('') == ''",
        ] {
            assert_eq!(eval(source), Ok(true), "{source}");
        }
    }

    #[test]
    fn a_value_that_is_not_there_is_an_error_and_no_quiet_no() {
        assert!(eval("event.customer.name == 'x'").is_err());
        assert!(eval("contact.nothing").is_err());
    }

    #[test]
    fn what_takes_too_long_is_stopped() {
        let mut source = "1".to_string();
        for _ in 0..100 {
            source.push_str(" + event.total * 2");
        }
        assert!(eval(&source).is_ok());
        let endless = "('x' * 100000)|list|map('upper')|list|length > 1";
        let _ = eval(endless);
    }

    #[test]
    fn what_is_kept_of_a_value_can_be_read_again() {
        let json = |source: &str| {
            let (contact, empty) = (BTreeMap::new(), json!({}));
            let deep = (0..MOST_COMPUTED).fold(json!(1), |value, _| json!([value]));
            let scopes = Scopes {
                contact: &contact,
                event: &deep,
                run: &empty,
                appointment: &empty,
                now: DateTime::from_timestamp(3_600, 0).unwrap(),
                happened: &BTreeMap::new(),
            };
            Compiled::new(source).unwrap().json(&scopes)
        };
        assert_eq!(json(r#""a\u0000b""#), Ok(json!("ab")));
        assert!(json("event").is_ok());
        assert!(json("[event]").unwrap_err().what.contains("levels"));
    }

    #[test]
    fn journeys_speak_of_events_and_runs() {
        assert_eq!(fault("event.total >= 20 and run.reply == 'yes'"), None);
        assert!(fault("lists|length > 0").unwrap().1.contains("appointment"));
    }

    #[test]
    fn instants_take_one_form() {
        let mut value =
            json!({"a": "2026-12-01T10:00:00-05:00", "b": ["2026-12-01T10:00:00.5Z"], "c": "2026"});
        normalise(&mut value);
        assert_eq!(
            value,
            json!({"a": "2026-12-01T15:00:00Z", "b": ["2026-12-01T10:00:00Z"], "c": "2026"})
        );
    }
}

//! Conditions and computed values: MiniJinja's expressions, the language of merge fields.
//!
//! A name that is not there is an error, and not a silent "no"; what an expression may cost is bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{DateTime, SecondsFormat, Utc};
use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, Expression, UndefinedBehavior, Value};

/// The longest expression, in characters.
const LONGEST: usize = 1_000;
/// Instructions that one evaluation may take.
const FUEL: u64 = 20_000;
/// What an expression can speak of.
pub const SCOPES: &[&str] = &["contact", "event", "run", "appointment", "now", "happened"];

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(50);
    engine.remove_filter("pprint");
    for name in ["debug", "range", "dict", "namespace"] {
        engine.remove_global(name);
    }
    engine
});

/// A compiled expression.
pub struct Compiled {
    source: String,
    expression: Expression<'static, 'static>,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Compiled").field(&self.source).finish()
    }
}

/// Why an expression did not come to a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{source_text}`: {what}")]
pub struct EvalError {
    pub source_text: String,
    pub what: String,
}

/// What is wrong with an expression, and a hint.
pub fn fault(source: &str) -> Option<(String, String)> {
    if source.chars().count() > LONGEST {
        return Some((
            format!("An expression has at most {LONGEST} characters."),
            String::new(),
        ));
    }
    let plain = plain(source);
    let expression = match ENGINE.compile_expression(&plain) {
        Ok(expression) => expression,
        Err(error) => {
            return Some((
                format!("`{source}` is no expression: {}.", words(&error)),
                hint(source),
            ));
        }
    };
    let unknown = expression
        .undeclared_variables(false)
        .into_iter()
        .filter(|name| !SCOPES.contains(&name.as_str()))
        .filter(|name| !ENGINE.globals().any(|(global, _)| global == name))
        .min()?;
    Some((
        format!("`{unknown}` is nothing an expression can speak of."),
        "There are contact.…, event.…, run.…, appointment.…, now and happened('event.name', within='P3D'); texts stand in quotes."
            .to_string(),
    ))
}

/// `contact.has_event(…)` is another way to write `happened(…)`.
fn plain(source: &str) -> String {
    source.replace("contact.has_event(", "happened(")
}

fn hint(source: &str) -> String {
    if source.contains("{{") {
        "Write the expression without braces.".to_string()
    } else if source.contains("&&") || source.contains("||") {
        "Write `and` and `or`.".to_string()
    } else if source.contains(" = ") {
        "Write `==` to compare.".to_string()
    } else {
        "Such as event.total >= 20 and contact.tier == 'gold'.".to_string()
    }
}

/// What stands between the braces, where a text is nothing but `{{ … }}`.
pub fn inner(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then_some(inner.trim())
}

impl Compiled {
    pub fn new(source: &str) -> Result<Self, EvalError> {
        let source = &plain(source);
        let expression = ENGINE
            .compile_expression_owned(source.clone())
            .map_err(|error| EvalError {
                source_text: source.to_string(),
                what: words(&error),
            })?;
        Ok(Self {
            source: source.to_string(),
            expression,
        })
    }

    /// The fields of `scope` it speaks of: `contact.tier` gives `tier`.
    pub fn fields_of(&self, scope: &str) -> BTreeSet<String> {
        self.expression
            .undeclared_variables(true)
            .into_iter()
            .filter_map(|name| {
                let field = name.strip_prefix(scope)?.strip_prefix('.')?;
                Some(field.to_string())
            })
            .collect()
    }

    pub fn speaks_of(&self, scope: &str) -> bool {
        self.expression.undeclared_variables(false).contains(scope)
    }

    /// Names that stand as the first argument of `happened`.
    pub fn happenings(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for rest in self.source.split("happened(").skip(1) {
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
        self.expression
            .eval(scopes.value())
            .map_err(|error| EvalError {
                source_text: self.source.clone(),
                what: words(&error),
            })
    }

    pub fn holds(&self, scopes: &Scopes<'_>) -> Result<bool, EvalError> {
        self.value(scopes).and_then(|value| {
            if value.is_undefined() {
                let what = "it comes to a value that is not there".to_string();
                return Err(EvalError {
                    source_text: self.source.clone(),
                    what,
                });
            }
            Ok(value.is_true())
        })
    }
}

fn words(error: &minijinja::Error) -> String {
    match error.kind() {
        ErrorKind::OutOfFuel => "it takes too long".to_string(),
        ErrorKind::UndefinedError => "it speaks of a value that is not there".to_string(),
        _ => error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_string),
    }
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
        let happened = move |name: String,
                             options: minijinja::value::Kwargs|
              -> Result<bool, minijinja::Error> {
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

/// The one form of instants in scopes, so that they compare as texts: UTC, whole seconds.
pub fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
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
    fn faults_say_what_can_be_done() {
        assert!(fault("event.total >= 20").is_none());
        for (source, hint) in [
            ("event.total = 3", "=="),
            ("event.a && event.b", "and"),
            ("{{ event.a }}", "braces"),
            ("customer.name == 'x'", "contact"),
        ] {
            let (_, said) = fault(source).unwrap();
            assert!(said.contains(hint), "{source}: {said}");
        }
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

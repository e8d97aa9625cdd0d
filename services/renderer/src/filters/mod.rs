//! What a template can do to a value: names, dates, money, plural forms.
//!
//! Filters know the language of their text. A value that a filter cannot read fails that one person's text;
//! a filter used wrongly fails the template when it is saved.

mod dates;
mod money;
mod names;
mod plural;
mod urls;

use std::sync::Arc;

use chrono_tz::Tz;
use minijinja::{Environment, Error, ErrorKind, State, Value};

use crate::locale::Words;
use crate::person::Person;

/// Filters worth offering when somebody has misspelled one.
pub const KNOWN: [&str; 20] = [
    "abs",
    "capitalize",
    "date",
    "default",
    "first_word",
    "float",
    "format",
    "int",
    "join",
    "length",
    "lower",
    "money",
    "name",
    "plural",
    "round",
    "time",
    "title",
    "trim",
    "upper",
    "urlencode",
];

/// Why a filter gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// This person's value is not what the filter reads. Never holds the value.
    #[error("{0}")]
    Value(String),
    /// The template uses the filter wrongly.
    #[error("{0}")]
    Usage(String),
}

impl From<FilterError> for Error {
    fn from(error: FilterError) -> Self {
        Self::new(ErrorKind::InvalidOperation, error.to_string()).with_source(error)
    }
}

/// Adds the filters, for texts of one language. `zone` is for people whose own is not known.
pub fn add(engine: &mut Environment<'static>, words: &Arc<Words>, zone: Tz) {
    engine.add_filter("name", |value: &Value| {
        of_text(value, |text| Ok(names::name(text)))
    });
    engine.add_filter("first_word", |value: &Value| {
        of_text(value, |text| Ok(names::first_word(text)))
    });
    engine.add_filter("capitalize", |value: &Value| {
        of_text(value, |text| Ok(names::capitalize(text)))
    });
    engine.add_filter("urlencode", |value: &Value| {
        of_text(value, |text| Ok(urls::urlencode(text)))
    });
    let of_date = Arc::clone(words);
    engine.add_filter(
        "date",
        move |state: &State, value: &Value, form: Option<&str>| {
            let (form, zone) = (form.unwrap_or("short"), zone_of(state).unwrap_or(zone));
            of_text(value, |text| dates::date(text, form, zone, &of_date))
        },
    );
    let of_time = Arc::clone(words);
    engine.add_filter("time", move |state: &State, value: &Value| {
        let zone = zone_of(state).unwrap_or(zone);
        of_text(value, |text| dates::time(text, zone, &of_time))
    });
    let of_money = Arc::clone(words);
    engine.add_filter("money", move |value: &Value, currency: Option<&str>| {
        of_text(value, |text| money::money(text, currency, &of_money))
    });
    plural::add(engine, words);
}

/// A field that is not there stays so, for a `default(…)` behind the filter.
fn of_text(
    value: &Value,
    filter: impl FnOnce(&str) -> Result<String, FilterError>,
) -> Result<Value, Error> {
    if value.is_undefined() {
        return Ok(Value::UNDEFINED);
    }
    let made = match value.as_str() {
        Some(text) => filter(text),
        None => filter(&value.to_string()),
    };
    Ok(Value::from(made?))
}

fn zone_of(state: &State) -> Option<Tz> {
    Person::of(state)?.zone
}

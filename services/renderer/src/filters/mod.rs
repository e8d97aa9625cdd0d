//! What a template can do to a value: names, dates, money, plural forms.
//!
//! Filters know the language of their text. A value that a filter cannot read fails that one person's text;
//! a filter used wrongly fails the template when it is saved.

mod dates;
mod money;
mod names;
mod plural;

use std::sync::Arc;

use chrono_tz::Tz;
use minijinja::{Environment, Error, ErrorKind, State};

use crate::locale::Words;
use crate::person::Person;

/// Filters worth offering when somebody has misspelled one.
pub const KNOWN: [&str; 19] = [
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
    engine.add_filter("name", names::name);
    engine.add_filter("first_word", names::first_word);
    engine.add_filter("capitalize", names::capitalize);
    let of_date = Arc::clone(words);
    engine.add_filter(
        "date",
        move |state: &State, value: &str, form: Option<&str>| {
            let form = form.unwrap_or("short");
            dates::date(value, form, zone_of(state).unwrap_or(zone), &of_date).map_err(Error::from)
        },
    );
    let of_time = Arc::clone(words);
    engine.add_filter("time", move |state: &State, value: &str| {
        dates::time(value, zone_of(state).unwrap_or(zone), &of_time).map_err(Error::from)
    });
    let of_money = Arc::clone(words);
    engine.add_filter("money", move |value: String, currency: Option<&str>| {
        money::money(&value, currency, &of_money).map_err(Error::from)
    });
    plural::add(engine, words);
}

fn zone_of(state: &State) -> Option<Tz> {
    Person::of(state)?.zone
}

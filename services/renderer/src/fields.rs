//! Merge field values: made harmless, and handed to the template engine.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

/// Takes out what could disguise or reorder a text (bidirectional controls, zero-width and other invisible
/// characters) and turns control characters, line breaks included, into spaces.
///
/// A value that is blank afterwards counts as missing: a text must not say "Hi ,".
pub fn clean(value: &str) -> Option<String> {
    let plain = value.bytes().all(|byte| (0x20..0x7F).contains(&byte));
    let cleaned = if plain {
        value.to_string()
    } else {
        value.chars().filter_map(keep).collect()
    };
    if cleaned.trim().is_empty() {
        None
    } else {
        Some(cleaned)
    }
}

fn keep(c: char) -> Option<char> {
    match c {
        '\u{00AD}'
        | '\u{061C}'
        | '\u{180E}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}'
        | '\u{E0000}'..='\u{E007F}' => None,
        c if c.is_control() => Some(' '),
        c => Some(c),
    }
}

/// What a template sees as `contact`. A field without a value is not there at all, so that strict
/// templates fail on it and `default(…)` replaces it.
pub struct Contact {
    names: Arc<[String]>,
    values: Vec<Option<Value>>,
}

impl Contact {
    /// `values` lines up with `names`.
    pub fn new<'a>(
        names: &Arc<[String]>,
        values: impl IntoIterator<Item = Option<&'a str>>,
    ) -> Self {
        let values = values
            .into_iter()
            .map(|value| value.and_then(clean).map(Value::from))
            .collect();
        Self {
            names: Arc::clone(names),
            values,
        }
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl Object for Contact {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let place = self.names.iter().position(|name| name == key)?;
        self.values.get(place)?.clone()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

/// The whole world of a template: `contact` and nothing else.
#[derive(Debug)]
pub struct Scope(pub Value);

impl Scope {
    pub fn of(contact: Contact) -> Value {
        Value::from_object(Self(Value::from_object(contact)))
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        (key == "contact").then(|| self.0.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_and_reordering_characters_are_taken_out_of_values() {
        assert_eq!(clean("A\u{202E}n\u{200B}a\u{FEFF}"), Some("Ana".into()));
        assert_eq!(clean("Ana\r\nFree money"), Some("Ana  Free money".into()));
        assert_eq!(clean("Zoë 🎉"), Some("Zoë 🎉".into()));
    }

    #[test]
    fn a_blank_value_counts_as_missing() {
        assert_eq!(clean(""), None);
        assert_eq!(clean(" \u{200B}\t "), None);
    }
}

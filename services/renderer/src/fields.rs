//! Merge field values, handed to the template engine as data.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

use crate::clean::clean;
use crate::person::{self, Person};

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

/// The whole world of a template: `contact` and nothing else it could name.
#[derive(Debug)]
pub struct Scope {
    contact: Value,
    person: Value,
}

impl Scope {
    pub fn of(contact: Contact, person: Person) -> Value {
        Value::from_object(Self {
            contact: Value::from_object(contact),
            person: Value::from_object(person),
        })
    }
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "contact" => Some(self.contact.clone()),
            person::NAME => Some(self.person.clone()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

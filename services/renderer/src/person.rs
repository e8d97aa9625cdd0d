//! What filters and links know of the person a text is for, out of the template's reach.

use std::sync::Arc;

use chrono_tz::Tz;
use minijinja::value::{Enumerator, Object};
use minijinja::{State, Value};

use crate::links::Place;

/// No template can say this name: it is no identifier.
pub const NAME: &str = "person of this text";

/// The person's own zone, and the place of the text that short links name.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub zone: Option<Tz>,
    pub place: Option<Place>,
}

impl Person {
    pub fn of(state: &State) -> Option<Arc<Self>> {
        state.lookup(NAME)?.downcast_object()
    }
}

impl Object for Person {
    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        None
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

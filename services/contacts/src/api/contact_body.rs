//! Checks the values of a contact in a body; every fault is told at once.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::Phone;

use crate::person::{
    MAX_ATTRIBUTE, MAX_ATTRIBUTES, MAX_EXTERNAL_ID, MAX_NAME, ValueError, attribute_name,
    check_language, check_text, check_time_zone,
};

/// Collects the faults of a body.
pub struct Checks {
    problem: Problem,
}

impl Checks {
    pub fn new() -> Self {
        let detail = "some values of the contact cannot be taken";
        Self {
            problem: Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field.invalid", detail),
        }
    }

    fn fault(&mut self, pointer: &str, code: &str, detail: &str) {
        let none = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field.invalid", "");
        self.problem = std::mem::replace(&mut self.problem, none).error(pointer, code, detail);
    }

    fn value(&mut self, pointer: &str, checked: Result<(), ValueError>) {
        if let Err(error) = checked {
            self.fault(pointer, error.code, error.hint);
        }
    }

    pub fn phone(&mut self, text: &str, default_region: Option<&str>) -> Option<Phone> {
        match Phone::parse(text, default_region) {
            Ok(phone) => Some(phone),
            Err(error) => {
                self.fault("/phone", error.code(), &error.to_string());
                None
            }
        }
    }

    pub fn external_id(&mut self, text: Option<&str>) {
        self.text("/external_id", text, MAX_EXTERNAL_ID);
    }

    pub fn names(&mut self, first: Option<&str>, last: Option<&str>) {
        self.text("/first_name", first, MAX_NAME);
        self.text("/last_name", last, MAX_NAME);
    }

    pub fn time_zone(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.value("/time_zone", check_time_zone(text));
        }
    }

    pub fn language(&mut self, text: Option<&str>) {
        if let Some(text) = text {
            self.value("/language", check_language(text));
        }
    }

    fn text(&mut self, pointer: &str, text: Option<&str>, most: usize) {
        if let Some(text) = text {
            if text.trim().is_empty() {
                self.fault(
                    pointer,
                    "value.empty",
                    "leave the field out, or give it a value",
                );
            }
            self.value(pointer, check_text(text, most));
        }
    }

    /// One attribute; names must be written as templates say them.
    pub fn attribute(&mut self, name: &str, value: Option<&str>) {
        let pointer = format!("/attributes/{}", name.replace('~', "~0").replace('/', "~1"));
        if attribute_name(name).as_deref() != Some(name) {
            let hint = "attribute names are lower-case letters, digits and underscores, and begin with a letter";
            self.fault(&pointer, "attribute.name", hint);
        }
        if let Some(value) = value {
            self.value(&pointer, check_text(value, MAX_ATTRIBUTE));
        }
    }

    pub fn attribute_count(&mut self, count: usize) {
        if count > MAX_ATTRIBUTES {
            self.fault(
                "/attributes",
                "attribute.too_many",
                &format!("a contact has at most {MAX_ATTRIBUTES}"),
            );
        }
    }

    pub fn done(self) -> Result<(), Problem> {
        if self.problem.has_errors() {
            Err(self.problem)
        } else {
            Ok(())
        }
    }
}

/// 409: the number and the external id belong to two contacts.
pub fn two_people() -> Problem {
    let detail = "the phone number belongs to one contact and the external_id to another";
    Problem::new(StatusCode::CONFLICT, "contact.conflict", detail)
}

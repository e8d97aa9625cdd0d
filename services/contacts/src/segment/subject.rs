//! A contact as a condition sees it.

use std::sync::Arc;

use contract::{ContactId, ListId, UnixMillis};
use expression::minijinja::value::{Object, Value};
use expression::timestamp;

use crate::import_plan::Contact;

/// One contact and the lists it is on.
#[derive(Debug, Clone)]
pub struct Subject {
    contact: Arc<Contact>,
    lists: Vec<ListId>,
}

impl Subject {
    pub fn new(contact: Contact, lists: Vec<ListId>) -> Self {
        Self {
            contact: Arc::new(contact),
            lists,
        }
    }

    pub fn id(&self) -> ContactId {
        self.contact.id
    }

    /// The contact itself, once it was judged.
    pub fn into_contact(self) -> Contact {
        Arc::unwrap_or_clone(self.contact)
    }

    pub fn contact(&self) -> Value {
        Value::from_object(Fields {
            contact: self.contact.clone(),
            only_attributes: false,
        })
    }

    pub fn lists(&self) -> Value {
        self.lists.iter().map(ToString::to_string).collect()
    }
}

/// Looks a value up when it is asked for. What is not there is `none`, whatever it is called, because any contact
/// may lack any value.
#[derive(Debug)]
struct Fields {
    contact: Arc<Contact>,
    only_attributes: bool,
}

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let value = if self.only_attributes {
            attribute(&self.contact, name)
        } else {
            self.field(name)
        };
        Some(value)
    }
}

impl Fields {
    fn field(&self, name: &str) -> Value {
        let (contact, person) = (&self.contact, &self.contact.person);
        match name {
            "id" => contact.id.to_string().into(),
            "phone" => person.phone.to_string().into(),
            "timezone" | "time_zone" => text(person.time_zone.as_deref()),
            "created_at" => timestamp(UnixMillis(contact.created_at).to_utc()).into(),
            "attrs" => Value::from_object(Self {
                contact: contact.clone(),
                only_attributes: true,
            }),
            "first_name" | "last_name" | "external_id" | "language" => text(person.field(name)),
            _ => attribute(contact, name),
        }
    }
}

fn attribute(contact: &Contact, name: &str) -> Value {
    let value = contact.person.attributes.get(name).map(String::as_str);
    match (name, value) {
        // Words with commas between them, as journeys write them.
        ("tags", tags) => tags
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|tag| !tag.is_empty())
            .map(Value::from)
            .collect(),
        (_, value) => text(value),
    }
}

fn text(value: Option<&str>) -> Value {
    value.map_or_else(|| Value::from(()), Value::from)
}

//! A contact as the API shows it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use contract::{ContactId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::import_plan::Contact;

#[derive(Debug, Serialize, ToSchema)]
pub struct ContactView {
    #[schema(value_type = String)]
    pub id: ContactId,
    /// E.164
    pub phone: String,
    pub external_id: Option<String>,
    /// IANA name
    pub time_zone: Option<String>,
    /// BCP 47 tag
    pub language: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub attributes: BTreeMap<String, String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        let person = contact.person;
        Self {
            id: contact.id,
            phone: person.phone.to_string(),
            external_id: person.external_id,
            time_zone: person.time_zone,
            language: person.language,
            first_name: person.first_name,
            last_name: person.last_name,
            attributes: person
                .attributes
                .into_iter()
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
            created_at: UnixMillis(contact.created_at).to_utc(),
            updated_at: UnixMillis(contact.updated_at).to_utc(),
        }
    }
}

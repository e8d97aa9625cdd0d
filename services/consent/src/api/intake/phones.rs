//! Whom an entry is about: the number given, a contact's, or one from a query string.

use ahash::AHashMap;
use axum::http::StatusCode;
use chassis::http::Problem;
use contract::contacts::LoadRecipients;
use contract::{ContactId, Phone, TenantId};

use super::body::NewConsent;
use super::fault::Fault;
use crate::app::App;

/// Contacts asked for in one question.
const CONTACTS_AT_ONCE: usize = 500;

/// The number given, or the contact's.
pub fn phone_given(
    phone: Option<&str>,
    contact: Option<ContactId>,
    phones: &AHashMap<ContactId, Phone>,
) -> Result<Phone, Fault> {
    match (phone, contact) {
        (Some(text), _) => {
            Phone::parse(text, None).map_err(|e| Fault::new(e.code(), "/phone", e.to_string()))
        }
        (None, Some(contact)) => phones
            .get(&contact)
            .copied()
            .ok_or_else(|| Fault::new("contact.unknown", "/contact", "there is no such contact")),
        (None, None) => Err(Fault::new(
            "field.required",
            "/phone",
            "give a phone or a contact",
        )),
    }
}

/// The numbers of contacts that stand without one.
pub async fn phones_of<'n>(
    app: &App,
    tenant: TenantId,
    items: impl Iterator<Item = &'n NewConsent>,
) -> Result<AHashMap<ContactId, Phone>, Problem> {
    let contacts: Vec<ContactId> = items
        .filter(|new| new.phone.is_none())
        .filter_map(|new| new.contact)
        .collect();
    phones_of_contacts(app, tenant, &contacts).await
}

/// The numbers of these contacts; unknown ones are absent.
pub async fn phones_of_contacts(
    app: &App,
    tenant: TenantId,
    contacts: &[ContactId],
) -> Result<AHashMap<ContactId, Phone>, Problem> {
    let mut phones = AHashMap::with_capacity(contacts.len());
    for some in contacts.chunks(CONTACTS_AT_ONCE) {
        let question = LoadRecipients {
            contacts: some.to_vec(),
            field_names: Vec::new(),
        };
        let loaded = app.cx.bus.ask(tenant, &question).await?;
        let found = some.iter().zip(loaded.recipients);
        phones.extend(found.filter_map(|(contact, data)| Some((*contact, data?.phone))));
    }
    Ok(phones)
}

/// An E.164 number from a query string; `+` may have become a blank on its way.
pub fn phone_parameter(text: &str) -> Result<Phone, Problem> {
    let digits = text.trim();
    let text = if digits.starts_with('+') {
        digits.to_string()
    } else {
        format!("+{digits}")
    };
    Phone::parse(&text, None)
        .map_err(|e| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, e.code(), e.to_string()))
}

//! Whom a request is about: a number, or a contact whose number the contacts service knows.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::contacts::LoadRecipients;
use contract::{ContactId, Phone, TenantId};

use super::intake::phone_parameter;
use crate::app::App;

/// The number. Exactly one of the two must be given.
pub async fn phone_of(
    app: &App,
    tenant: TenantId,
    phone: Option<&str>,
    contact: Option<ContactId>,
) -> Result<Phone, Problem> {
    let contact = match (phone, contact) {
        (Some(text), None) => return phone_parameter(text),
        (None, Some(contact)) => contact,
        (None, None) => return Err(fault("field.required", "give a phone or a contact")),
        (Some(_), Some(_)) => {
            let detail = "give a phone or a contact, not both";
            return Err(Problem::invalid(detail));
        }
    };
    let question = LoadRecipients {
        contacts: vec![contact],
        field_names: Vec::new(),
    };
    let loaded = app.cx.bus.ask(tenant, &question).await?;
    let found = loaded.recipients.into_iter().flatten().next();
    found.map(|data| data.phone).ok_or_else(|| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "contact.unknown",
            "there is no such contact",
        )
    })
}

fn fault(code: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).error("/phone", code, detail)
}

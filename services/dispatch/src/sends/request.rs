//! What a caller asks for, and what makes it acceptable. Pure.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::{Class, ContactId, Mode, Phone, TemplateId, sender, validity};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// One text to one person.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    pub to: To,
    /// What the text is by law: `transactional`, `appointment`, `otp`, `marketing`, …
    #[schema(value_type = String)]
    pub class: Class,
    /// The programme that consent must be given for; `default` if absent.
    pub programme: Option<String>,
    /// Number or name that the recipient sees.
    pub sender: String,
    /// The words as they stand; or else a template.
    pub text: Option<String>,
    /// A published template.
    #[schema(value_type = Option<String>)]
    pub template: Option<TemplateId>,
    /// Values of merge fields, without `contact.`; the contact's own fill what is left out.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// For how long it is tried: an ISO 8601 duration such as `PT4H`.
    pub valid_for: Option<String>,
    /// A key of the caller's. The same key names the same text for 30 days, however often it is sent.
    pub dedup_key: Option<String>,
}

/// Exactly one of the two.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct To {
    /// E.164, such as `+12125550123`.
    pub phone: Option<String>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
}

impl std::fmt::Debug for NewMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewMessage")
            .field("class", &self.class)
            .finish_non_exhaustive()
    }
}

/// Whom it goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    Phone(Phone),
    Contact(ContactId),
}

/// What the checks made of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    pub whom: Whom,
    /// Milliseconds.
    pub valid_for: i64,
}

const KEY_CHARS: usize = 255;
const MOST_FIELDS: usize = 100;
const TEXT_BYTES: usize = 16 * 1024;

/// All faults of a request at once. `valid_for` counts where the request says nothing, in milliseconds.
pub fn check(new: &NewMessage, valid_for: i64) -> Result<Checked, Problem> {
    let mut faults: Vec<(&str, &str, String)> = Vec::new();
    let mut fault = |pointer, code, detail: &str| faults.push((pointer, code, detail.to_string()));
    let whom = match (&new.to.phone, new.to.contact) {
        (Some(text), None) => match Phone::parse(text, None) {
            Ok(phone) => Some(Whom::Phone(phone)),
            Err(error) => {
                fault("/to/phone", error.code(), &error.to_string());
                None
            }
        },
        (None, Some(contact)) => Some(Whom::Contact(contact)),
        _ => {
            fault(
                "/to",
                "field.required",
                "Give a phone or a contact, one of them.",
            );
            None
        }
    };
    if new.class.is_reply() {
        fault(
            "/class",
            "field.invalid",
            "The platform itself sends texts of this class.",
        );
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    if let Some(programme) = &new.programme
        && !((1..=64).contains(&programme.len()) && programme.bytes().all(plain))
    {
        let detail = "Lower-case letters, digits, - and _; at most 64.";
        fault("/programme", "field.invalid", detail);
    }
    if let Some(detail) = sender::fault(&new.sender) {
        fault("/sender", "sender.invalid", detail);
    }
    match (&new.text, new.template) {
        (Some(text), None) if text.len() > TEXT_BYTES => {
            fault("/text", "template.text_too_long", "The text is too long.");
        }
        (Some(_), None) if !new.fields.is_empty() => {
            fault("/fields", "field.invalid", "Only a template has fields.");
        }
        (Some(_), None) | (None, Some(_)) => {}
        _ => fault(
            "/text",
            "field.required",
            "Give a text or a template, one of them.",
        ),
    }
    let size: usize = new.fields.iter().map(|(k, v)| k.len() + v.len()).sum();
    if new.fields.len() > MOST_FIELDS || size > TEXT_BYTES {
        fault(
            "/fields",
            "field.range",
            "At most 100 fields, 16 KiB together.",
        );
    }
    if let Some(key) = &new.dedup_key
        && !(1..=KEY_CHARS).contains(&key.chars().count())
    {
        fault(
            "/dedup_key",
            "field.range",
            "A key has 1 to 255 characters.",
        );
    }
    let valid_for = match new.valid_for.as_deref().map(validity::parse) {
        None => valid_for,
        Some(Ok(length)) => i64::try_from(length.as_millis()).unwrap_or(i64::MAX),
        Some(Err(error)) => {
            fault("/valid_for", "duration.invalid", &error.to_string());
            valid_for
        }
    };
    match whom {
        Some(whom) if faults.is_empty() => Ok(Checked { whom, valid_for }),
        _ => Err(problem(&faults)),
    }
}

fn problem(faults: &[(&str, &str, String)]) -> Problem {
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "message.invalid",
        "the message cannot be sent like this",
    );
    faults
        .iter()
        .fold(problem, |problem, (pointer, code, detail)| {
            problem.error(pointer, code, detail.as_str())
        })
}

/// What a key of the caller's is stored as. `header`: it came as `Idempotency-Key`, which is a name space of its own.
pub fn key_hash(key: &str, header: bool) -> [u8; 32] {
    let space: &[u8] = if header { b"header:" } else { b"dedup:" };
    Sha256::new()
        .chain_update(space)
        .chain_update(key)
        .finalize()
        .into()
}

/// Tells the same request from another one with the same key.
pub fn body_hash(new: &NewMessage, mode: Mode) -> anyhow::Result<[u8; 32]> {
    let body = serde_json::to_vec(&(new, mode))?;
    Ok(Sha256::digest(body).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(change: &serde_json::Value) -> NewMessage {
        let mut body = json!({"to": {"phone": "+15005550006"}, "class": "otp", "sender": "+15005550100", "text": "hi"});
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn a_whole_request_passes_with_its_own_validity() {
        let checked = check(&with(&json!({"valid_for": "PT10M"})), 5).unwrap();
        assert_eq!(checked.valid_for, 600_000);
        assert_eq!(check(&with(&json!({})), 5).unwrap().valid_for, 5);
    }

    #[test]
    fn every_fault_is_named_and_all_of_them_at_once() {
        for (change, pointer) in [
            (json!({"to": {}}), "/to"),
            (json!({"to": {"phone": "12"}}), "/to/phone"),
            (json!({"class": "help_reply"}), "/class"),
            (json!({"programme": "Not This"}), "/programme"),
            (json!({"sender": "+1"}), "/sender"),
            (json!({"text": null}), "/text"),
            (json!({"text": "x".repeat(20_000)}), "/text"),
            (json!({"fields": {"a": "b"}}), "/fields"),
            (json!({"dedup_key": ""}), "/dedup_key"),
            (json!({"valid_for": "soon"}), "/valid_for"),
        ] {
            let problem = check(&with(&change), 5).unwrap_err();
            let told = serde_json::to_value(&problem).unwrap();
            assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
        }
        let both = check(&with(&json!({"sender": "", "class": "help_reply"})), 5).unwrap_err();
        let told = serde_json::to_value(&both).unwrap();
        assert_eq!(told["errors"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn another_body_or_mode_has_another_hash_and_the_two_kinds_of_key_never_meet() {
        let (one, other) = (with(&json!({})), with(&json!({"text": "ho"})));
        let hash = |new: &NewMessage, mode| body_hash(new, mode).unwrap();
        assert_eq!(hash(&one, Mode::Test), hash(&with(&json!({})), Mode::Test));
        assert_ne!(hash(&one, Mode::Test), hash(&other, Mode::Test));
        assert_ne!(hash(&one, Mode::Test), hash(&one, Mode::Live));
        assert_ne!(key_hash("a", true), key_hash("a", false));
    }
}

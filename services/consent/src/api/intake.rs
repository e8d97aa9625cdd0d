//! What a caller reports, checked: the same rules for one entry and for a thousand.

use ahash::AHashMap;
use axum::http::StatusCode;
use chassis::http::Problem;
use chrono::{DateTime, Utc};
use contract::contacts::LoadRecipients;
use contract::{ContactId, Mode, Phone, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::record::{NewEntry, Recorded};
use crate::standing::{Action, Refused, is_programme_name};

/// Contacts asked for in one question.
const CONTACTS_AT_ONCE: usize = 500;
/// A caller's clock may be this far ahead of ours.
const CLOCK_SKEW_MILLIS: i64 = 5 * 60 * 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewAction {
    OptIn,
    OptOut,
}

/// One opt-in or opt-out.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// E.164, or absent if `contact` is given.
    pub phone: Option<String>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    pub action: NewAction,
    /// `default` if absent. An opt-out without a programme is one of everything.
    pub programme: Option<String>,
    /// How it was given, such as `web_form`, `paper_form`, `keyword`. Required for an opt-in.
    pub method: Option<String>,
    /// When the person acted; now if absent.
    pub at: Option<DateTime<Utc>>,
    /// Required for an opt-in.
    pub evidence: Option<Evidence>,
}

/// What proves it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The words the person agreed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disclosure_text: Option<String>,
    /// Where: a URL, a shop, a list's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screenshot_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Evidence {
    fn says_something(&self) -> bool {
        let filled =
            |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        filled(&self.disclosure_text) || filled(&self.source) || filled(&self.form_url)
    }
}

/// Why an entry is not taken, with its stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub pointer: &'static str,
    pub detail: String,
}

impl Fault {
    fn new(code: &'static str, pointer: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            pointer,
            detail: detail.into(),
        }
    }

    pub fn problem(&self) -> Problem {
        let status = if self.code == "consent.newer_revocation" {
            StatusCode::CONFLICT
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        Problem::new(status, self.code, self.detail.clone()).error(
            self.pointer,
            self.code,
            self.detail.clone(),
        )
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NewerRevocation => {
                Self::new("consent.newer_revocation", "/at", refused.to_string())
            }
        }
    }
}

/// What recording said, for the caller.
pub fn told(recorded: Recorded) -> Result<contract::ConsentId, Fault> {
    match recorded {
        Recorded::Added(id) | Recorded::Already(id) => Ok(id),
        Recorded::Refused(refused) => Err(refused.into()),
    }
}

/// Checks one entry. `phones` knows the numbers of contacts named without one.
pub fn entry(
    new: &NewConsent,
    phones: &AHashMap<ContactId, Phone>,
    mode: Mode,
    now: i64,
) -> Result<NewEntry, Fault> {
    let phone = match (&new.phone, new.contact) {
        (Some(text), _) => {
            Phone::parse(text, None).map_err(|e| Fault::new(e.code(), "/phone", e.to_string()))?
        }
        (None, Some(contact)) => *phones
            .get(&contact)
            .ok_or_else(|| Fault::new("contact.unknown", "/contact", "there is no such contact"))?,
        (None, None) => {
            return Err(Fault::new(
                "field.required",
                "/phone",
                "give a phone or a contact",
            ));
        }
    };
    if let Some(name) = &new.programme
        && !is_programme_name(name)
    {
        let detail = "a programme is 1 to 40 lower-case letters, digits, '_', '-' and '.'";
        return Err(Fault::new("field.invalid", "/programme", detail));
    }
    let method = new
        .method
        .as_deref()
        .map(str::trim)
        .filter(|method| !method.is_empty());
    if new.action == NewAction::OptIn {
        let proven = new.evidence.as_ref().is_some_and(Evidence::says_something);
        if method.is_none() || !proven {
            let detail = "an opt-in needs `method` and `evidence` with a disclosure_text, source or form_url";
            return Err(Fault::new("consent.evidence_missing", "/evidence", detail));
        }
    }
    let acted_at = new.at.map_or(now, |at| at.timestamp_millis());
    if acted_at > now + CLOCK_SKEW_MILLIS {
        return Err(Fault::new("field.range", "/at", "`at` lies in the future"));
    }
    let evidence = new
        .evidence
        .as_ref()
        .and_then(|e| serde_json::to_string(e).ok());
    Ok(NewEntry {
        phone,
        contact: new.contact,
        programme: new.programme.clone(),
        action: match new.action {
            NewAction::OptIn => Action::OptIn,
            NewAction::OptOut => Action::OptOut,
        },
        method: method.unwrap_or("api").to_string(),
        evidence: evidence.unwrap_or_else(|| "{}".to_string()),
        inbound: None,
        acted_at: acted_at.min(now),
        confirm_from: None,
        mode,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_781_103_600_000;

    fn checked(json: serde_json::Value) -> Result<NewEntry, &'static str> {
        let new: NewConsent = serde_json::from_value(json).unwrap();
        entry(&new, &AHashMap::new(), Mode::Test, NOW).map_err(|fault| fault.code)
    }

    #[test]
    fn an_opt_in_needs_a_method_and_evidence() {
        let phone = "+15005550006";
        for (body, code) in [
            (
                serde_json::json!({"phone": phone, "action": "opt_in"}),
                "consent.evidence_missing",
            ),
            (
                serde_json::json!({"phone": phone, "action": "opt_in", "method": "web_form"}),
                "consent.evidence_missing",
            ),
            (
                serde_json::json!({"phone": phone, "action": "opt_in", "method": "web_form", "evidence": {"ip": "::1"}}),
                "consent.evidence_missing",
            ),
            (serde_json::json!({"action": "opt_out"}), "field.required"),
            (
                serde_json::json!({"phone": "12", "action": "opt_out"}),
                "phone.no_region",
            ),
            (
                serde_json::json!({"phone": phone, "action": "opt_out", "programme": "Big Sale"}),
                "field.invalid",
            ),
            (
                serde_json::json!({"phone": phone, "action": "opt_out", "at": "2030-01-01T00:00:00Z"}),
                "field.range",
            ),
            (
                serde_json::json!({"contact": "con_01ARZ3NDEKTSV4RRFFQ69G5FAV", "action": "opt_out"}),
                "contact.unknown",
            ),
        ] {
            assert_eq!(checked(body.clone()).err(), Some(code), "{body}");
        }
        let good = serde_json::json!({"phone": phone, "action": "opt_in", "method": "web_form", "evidence": {"source": "shop"}});
        assert_eq!(checked(good).unwrap().evidence, r#"{"source":"shop"}"#);
        assert_eq!(
            checked(serde_json::json!({"phone": phone, "action": "opt_out"}))
                .unwrap()
                .method,
            "api"
        );
    }
}

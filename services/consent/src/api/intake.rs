//! What a caller reports, checked: the same rules for one entry and for a thousand.

use ahash::AHashMap;
use axum::http::StatusCode;
use chassis::http::Problem;
use chrono::{DateTime, Months, Utc};
use contract::contacts::LoadRecipients;
use contract::{ContactId, InboundId, Mode, Phone, TenantId, UnixMillis};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::app::App;
use crate::law::{self, Law, Level, Region};
use crate::record::{NewEntry, Recorded};
use crate::standing::{Change, Purpose, Refused, SMS, Scope, is_programme_name};

/// Contacts asked for in one question.
const CONTACTS_AT_ONCE: usize = 500;
/// A caller's clock may be this far ahead of ours.
const CLOCK_SKEW_MILLIS: i64 = 5 * 60 * 1000;
/// Bytes of evidence of one entry.
const MAX_EVIDENCE: usize = 16 * 1024;

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
    /// `default` if absent. An opt-out without a programme and scope is one of everything.
    pub programme: Option<String>,
    /// For an opt-out: `global`, `class:marketing`, `programme:<name>` or `channel:sms`.
    pub scope: Option<String>,
    /// `implied`, `soft`, `express` or `written`; if absent what the evidence carries: `written` with the
    /// disclosure text, else `express`.
    pub level: Option<String>,
    /// What it is good for: `all` (if absent), `marketing` or `informational`.
    pub purpose: Option<String>,
    /// Only `sms` so far.
    pub channel: Option<String>,
    /// How it was given, such as `web_form`, `paper_form`, `keyword`. Required for an opt-in.
    pub method: Option<String>,
    /// When the person acted; now if absent.
    pub at: Option<DateTime<Utc>>,
    /// When it ends. Implied consent ends by law, see `basis`.
    pub expires_at: Option<DateTime<Utc>>,
    /// For implied consent: `purchase`, `inquiry` or `contract`.
    pub basis: Option<String>,
    /// Texts the person and asks them to confirm; nothing is sent before they have.
    #[serde(default)]
    pub double_opt_in: bool,
    /// The sender that asks to confirm a double opt-in.
    pub sender: Option<String>,
    /// Names the act once: the same reference is recorded once.
    pub reference: Option<String>,
    /// Required for an opt-in.
    pub evidence: Option<Evidence>,
}

/// What proves it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
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
    /// Of the words above, such as `en-US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the person did: ticked a box, signed, pressed 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affirmative_action: Option<String>,
    /// Who recorded it: a clerk, an agent, another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The person's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Evidence {
    fn says_something(&self) -> bool {
        [&self.disclosure_text, &self.source, &self.form_url]
            .into_iter()
            .any(filled)
    }

    /// As it is kept, with the hash of the words agreed to beside them.
    fn kept(&self) -> Value {
        let mut kept = serde_json::to_value(self).unwrap_or_default();
        if let (Some(text), Some(fields)) = (&self.disclosure_text, kept.as_object_mut()) {
            let hash = hex::encode(Sha256::digest(text));
            fields.insert("disclosure_sha256".to_string(), hash.into());
        }
        kept
    }
}

fn filled(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(|text| !text.trim().is_empty())
}

/// Why an entry is not taken, with its stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub pointer: &'static str,
    pub detail: String,
}

impl Fault {
    pub fn new(code: &'static str, pointer: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            pointer,
            detail: detail.into(),
        }
    }

    pub fn problem(&self) -> Problem {
        let status = match self.code {
            "consent.newer_revocation" | "consent.erased" | "consent.nothing_pending" => {
                StatusCode::CONFLICT
            }
            _ => StatusCode::UNPROCESSABLE_ENTITY,
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
            Refused::Erased => Self::new("consent.erased", "/phone", refused.to_string()),
            Refused::NothingPending => {
                Self::new("consent.nothing_pending", "/programme", refused.to_string())
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
    app: &App,
    new: &NewConsent,
    phones: &AHashMap<ContactId, Phone>,
    mode: Mode,
    now: i64,
) -> Result<NewEntry, Fault> {
    let place = |phone| app.places.get(app.places.of_number(phone)).regions.clone();
    check(new, phones, mode, now, |phone, basis| {
        expiry(&app.law, &place(phone), basis)
    })
}

/// Months that an implied consent lasts for a person in these regions; the shortest counts.
fn expiry(law: &Law, regions: &[Region], basis: &str) -> Option<u32> {
    let here = |place: &law::Place| match place {
        law::Place::Elsewhere => false,
        law::Place::In(at) => regions.iter().any(|region| at.contains(*region)),
    };
    law.rows
        .expiry
        .iter()
        .filter(|row| here(&row.region) && (row.basis == basis || row.basis == "any"))
        .map(|row| row.months)
        .min()
}

fn check(
    new: &NewConsent,
    phones: &AHashMap<ContactId, Phone>,
    mode: Mode,
    now: i64,
    months: impl Fn(Phone, &str) -> Option<u32>,
) -> Result<NewEntry, Fault> {
    let phone = phone_of(new, phones)?;
    let method = new
        .method
        .as_deref()
        .map(str::trim)
        .filter(|method| !method.is_empty());
    let evidence = new.evidence.clone().unwrap_or_default();
    let kept = evidence.kept();
    if kept.to_string().len() > MAX_EVIDENCE {
        let detail = format!(
            "the evidence is over {MAX_EVIDENCE} bytes; keep images elsewhere and give their hash"
        );
        return Err(Fault::new(
            "consent.evidence_too_large",
            "/evidence",
            detail,
        ));
    }
    if new.channel.as_deref().is_some_and(|channel| channel != SMS) {
        return Err(Fault::new(
            "field.invalid",
            "/channel",
            "sms is the only channel so far",
        ));
    }
    let acted_at = new.at.map_or(now, |at| at.timestamp_millis());
    if acted_at > now + CLOCK_SKEW_MILLIS {
        return Err(Fault::new(
            "consent.in_future",
            "/at",
            "`at` lies in the future",
        ));
    }
    let mut change = match new.action {
        NewAction::OptIn => opt_in(new, &evidence, method, acted_at.min(now))?,
        NewAction::OptOut => opt_out(new, acted_at.min(now))?,
    };
    // Only the suppression list speaks as one: what it put there, it may take off again.
    change.by = method
        .filter(|method| *method != "list")
        .unwrap_or("api")
        .to_string();
    change.expires_at = expires_at(new, phone, acted_at, months)?;
    Ok(NewEntry {
        phone,
        contact: new.contact,
        change,
        method: method.unwrap_or("api").to_string(),
        evidence: kept,
        inbound: new.reference.as_deref().map(|reference| {
            // The same reference of another person, or for the other act, names another entry.
            once(&format!(
                "{:?}\0{}\0{reference}",
                new.action,
                phone.digits()
            ))
        }),
        confirm_from: asks_from(new)?,
        mode,
    })
}

/// The sender that asks to confirm a double opt-in.
fn asks_from(new: &NewConsent) -> Result<Option<String>, Fault> {
    let sender = new.sender.as_deref().map(str::trim).unwrap_or_default();
    match (new.double_opt_in, sender) {
        (true, "") => {
            let detail = "a double opt-in needs the sender that asks to confirm it";
            Err(Fault::new("field.required", "/sender", detail))
        }
        (true, sender) if sender.len() > 16 || !sender.is_ascii() => {
            let detail = "not a number in E.164, a short code or up to 11 letters and digits";
            Err(Fault::new("sender.invalid", "/sender", detail))
        }
        (true, sender) => Ok(Some(sender.to_string())),
        (false, "") => Ok(None),
        (false, _) => {
            let detail = "only a double opt-in has a sender";
            Err(Fault::new("field.invalid", "/sender", detail))
        }
    }
}

fn phone_of(new: &NewConsent, phones: &AHashMap<ContactId, Phone>) -> Result<Phone, Fault> {
    phone_given(new.phone.as_deref(), new.contact, phones)
}

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

fn programme(new: &NewConsent) -> Result<Option<String>, Fault> {
    match &new.programme {
        Some(name) if !is_programme_name(name) => {
            let detail = "a programme is 1 to 40 lower-case letters, digits, '_', '-' and '.'";
            Err(Fault::new("field.invalid", "/programme", detail))
        }
        name => Ok(name.clone()),
    }
}

fn opt_in(
    new: &NewConsent,
    evidence: &Evidence,
    method: Option<&str>,
    at: i64,
) -> Result<Change, Fault> {
    if method.is_none() || !evidence.says_something() {
        let detail =
            "an opt-in needs `method` and `evidence` with a disclosure_text, source or form_url";
        return Err(Fault::new("consent.evidence_missing", "/evidence", detail));
    }
    if new.scope.is_some() {
        return Err(Fault::new(
            "field.invalid",
            "/scope",
            "only an opt-out has a scope",
        ));
    }
    let disclosed = filled(&evidence.disclosure_text);
    let level = match new.level.as_deref() {
        None if disclosed => Level::Written,
        None => Level::Express,
        Some(text) => Level::parse(text)
            .filter(|level| *level != Level::None)
            .ok_or_else(|| {
                let detail = "a level is implied, soft, express or written";
                Fault::new("consent.level_unknown", "/level", detail)
            })?,
    };
    if level == Level::Written && !disclosed {
        let detail =
            "written consent needs the disclosure_text that was agreed to (47 CFR 64.1200(f)(9))";
        return Err(Fault::new(
            "consent.evidence_missing",
            "/evidence/disclosure_text",
            detail,
        ));
    }
    let purpose = match new.purpose.as_deref() {
        None => Purpose::All,
        Some(text) => Purpose::parse(text).ok_or_else(|| {
            let detail = "a purpose is all, marketing or informational";
            Fault::new("consent.purpose_unknown", "/purpose", detail)
        })?,
    };
    Ok(Change {
        programme: programme(new)?,
        purpose,
        pending: new.double_opt_in,
        ..Change::opt_in(None, level, at)
    })
}

fn opt_out(new: &NewConsent, at: i64) -> Result<Change, Fault> {
    let scope = match (&new.scope, programme(new)?) {
        (Some(text), None) => Scope::parse(text).ok_or_else(|| {
            let detail = "a scope is global, class:<class>, programme:<name> or channel:sms";
            Fault::new("consent.scope_unknown", "/scope", detail)
        })?,
        (Some(_), Some(_)) => {
            return Err(Fault::new(
                "field.invalid",
                "/scope",
                "give a scope or a programme, not both",
            ));
        }
        (None, Some(name)) => Scope::Programme(name),
        (None, None) => Scope::Global,
    };
    if new.double_opt_in || new.level.is_some() || new.expires_at.is_some() {
        let detail = "level, expires_at and double_opt_in belong to an opt-in";
        return Err(Fault::new("field.invalid", "/action", detail));
    }
    Ok(Change::opt_out(scope, at))
}

fn expires_at(
    new: &NewConsent,
    phone: Phone,
    acted_at: i64,
    months: impl Fn(Phone, &str) -> Option<u32>,
) -> Result<Option<i64>, Fault> {
    let given = new.expires_at.map(|at| at.timestamp_millis());
    if given.is_some_and(|at| at <= acted_at) {
        let detail = "it would end before it was given";
        return Err(Fault::new(
            "consent.dates_contradict",
            "/expires_at",
            detail,
        ));
    }
    let implied = new.level.as_deref() == Some("implied");
    let basis = match new.basis.as_deref() {
        None if implied => {
            let detail = "implied consent needs its basis: purchase, inquiry or contract";
            return Err(Fault::new("field.required", "/basis", detail));
        }
        None => "any",
        Some(basis @ ("purchase" | "inquiry" | "contract")) => basis,
        Some(_) => {
            let detail = "a basis is purchase, inquiry or contract";
            return Err(Fault::new("field.invalid", "/basis", detail));
        }
    };
    let by_law = months(phone, basis).and_then(|months| {
        UnixMillis(acted_at)
            .to_utc()
            .checked_add_months(Months::new(months))
            .map(|at| at.timestamp_millis())
    });
    Ok(given.into_iter().chain(by_law).min())
}

/// An id for a caller's reference, so that it is recorded once.
pub fn once(reference: &str) -> InboundId {
    let hash: [u8; 32] = Sha256::new()
        .chain_update("hailmast.reference")
        .chain_update(reference)
        .finalize()
        .into();
    let mut first = [0; 16];
    first.copy_from_slice(&hash[..16]);
    InboundId::from_bytes(first)
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

#[cfg(test)]
mod tests;

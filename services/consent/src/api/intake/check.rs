//! One entry checked: its person, evidence, moment and act.

use ahash::AHashMap;
use contract::{ContactId, Mode, Phone};

use super::act::{opt_in, opt_out};
use super::body::{NewAction, NewConsent};
use super::ends::{expires_at, expiry};
use super::fault::Fault;
use super::phones::phone_given;
use super::reference::once;
use crate::app::App;
use crate::record::NewEntry;
use crate::standing::SMS;

/// A caller's clock may be this far ahead of ours.
const CLOCK_SKEW_MILLIS: i64 = 5 * 60 * 1000;
/// Bytes of evidence of one entry.
const MAX_EVIDENCE: usize = 16 * 1024;

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

fn check(
    new: &NewConsent,
    phones: &AHashMap<ContactId, Phone>,
    mode: Mode,
    now: i64,
    months: impl Fn(Phone, &str) -> Option<u32>,
) -> Result<NewEntry, Fault> {
    let phone = phone_given(new.phone.as_deref(), new.contact, phones)?;
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

#[cfg(test)]
mod tests;

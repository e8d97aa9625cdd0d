//! What an opt-in asks for, and how far an opt-out reaches.

use super::body::{Evidence, NewConsent, filled};
use super::fault::Fault;
use crate::law::Level;
use crate::standing::{Change, Purpose, Scope, is_programme_name};

pub(super) fn opt_in(
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

pub(super) fn opt_out(new: &NewConsent, at: i64) -> Result<Change, Fault> {
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

fn programme(new: &NewConsent) -> Result<Option<String>, Fault> {
    match &new.programme {
        Some(name) if !is_programme_name(name) => {
            let detail = "a programme is 1 to 40 lower-case letters, digits, '_', '-' and '.'";
            Err(Fault::new("field.invalid", "/programme", detail))
        }
        name => Ok(name.clone()),
    }
}

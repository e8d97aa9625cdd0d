//! Appointments as callers write them, and what makes them acceptable.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use chrono_tz::Tz;
use contract::{AppointmentId, ContactId, Phone, ReminderPlanId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::faults::Faults;
use super::model::LOCAL;
use crate::schedule::IsoDuration;
use crate::schedule::zone::{self, Fit};

/// What a caller says was agreed. What is left out of a known appointment stays as it is, but for the start.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// `con_…`, or `ext:` and the contact's external id.
    pub contact: Option<String>,
    pub starts_at: Option<Start>,
    /// ISO 8601, such as `PT45M`.
    pub duration: Option<String>,
    /// What it is: `Cleaning`.
    pub subject: Option<String>,
    pub location: Option<String>,
    /// Whom it is for, where that is not the contact: `Leo`.
    pub for_person: Option<String>,
    /// Grows with each change at the source. An older one is ignored, the same one changes nothing.
    pub source_version: Option<i64>,
    /// `apt_…` or `ext:…`: another appointment that this one takes the place of.
    pub replaces: Option<String>,
    /// The same as calendars say it: the other one's external id as it stands, without `ext:`.
    #[serde(alias = "rescheduledFrom")]
    pub rescheduled_from: Option<String>,
    /// `rpl_…`, or the name of a reminder plan; the one called `default` if absent.
    pub reminder_plan: Option<String>,
}

/// A local time on the clocks of a zone.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Such as `2026-12-01T14:00`.
    pub local: Option<String>,
    /// IANA name, such as `America/New_York`.
    pub timezone: Option<String>,
    /// `compatible`: a time that the clocks skip moves forward by the gap instead of being refused.
    pub resolve: Option<String>,
}

/// What was read, as far as it needs no look elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub contact: Option<ContactRef>,
    pub local: NaiveDateTime,
    pub timezone: Tz,
    pub minutes: Option<u32>,
    pub subject: Option<String>,
    pub location: Option<String>,
    pub for_person: Option<String>,
    pub source_version: Option<i64>,
    pub replaces: Option<Ref>,
    /// A calendar names what it replaces whether we know that or not.
    pub replaces_if_known: bool,
    pub plan: Option<PlanRef>,
}

/// How a contact is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactRef {
    Id(ContactId),
    ExternalId(String),
    Phone(Phone),
}

/// How an appointment is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ref {
    Id(AppointmentId),
    ExternalId(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanRef {
    Id(ReminderPlanId),
    Name(String),
}

impl std::str::FromStr for Ref {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("ext:") {
            Some(id) if (1..=MOST_ID).contains(&id.len()) && !id.contains('\0') => {
                Ok(Self::ExternalId(id.to_string()))
            }
            Some(_) => Err("an external id has 1 to 200 bytes".to_string()),
            None => text
                .parse()
                .map(Self::Id)
                .map_err(|error: contract::ids::IdError| {
                    format!("{error}, or ext: and an external id")
                }),
        }
    }
}

const MOST_ID: usize = 200;
const MOST_CHARS: usize = 200;
const FARTHEST: Duration = Duration::days(3 * 366);
const LOCAL_FORM: &str =
    "Write the local time without an offset, as in 2026-12-01T14:00; the zone stands beside it.";

impl Body {
    /// Reads it; all faults at once. `known`: the appointment exists, so that only its start must be given.
    pub fn check(&self, known: bool, now: DateTime<Utc>) -> Result<Wanted, Faults> {
        let mut faults = Faults::default();
        let contact = match self.contact.as_deref() {
            None if known => None,
            None => {
                let detail = "Say who it is with: con_…, or ext: and the contact's external id.";
                faults.add("/contact", "field.required", detail);
                None
            }
            Some(text) => faults.take("/contact", "contact.invalid", contact(text)),
        };
        let start = self.start(&mut faults, known, now);
        let minutes = self
            .duration
            .as_deref()
            .and_then(|text| minutes(&mut faults, text));
        let subject = words(&mut faults, "/subject", self.subject.as_deref());
        let location = words(&mut faults, "/location", self.location.as_deref());
        let for_person = words(&mut faults, "/for_person", self.for_person.as_deref());
        if self.source_version.is_some_and(|version| version < 0) {
            let detail = "A version is a number from 0 that grows with each change.";
            faults.add("/source_version", "field.range", detail);
        }
        let replaces = self.replaced(&mut faults);
        let plan = self.reminder_plan.as_deref().and_then(|text| {
            if text.starts_with("rpl_") {
                let id = faults.take("/reminder_plan", "id.wrong_type", text.parse());
                return id.map(PlanRef::Id);
            }
            Some(PlanRef::Name(text.to_string()))
        });
        let (Some((local, timezone)), true) = (start, faults.0.is_empty()) else {
            return Err(faults);
        };
        Ok(Wanted {
            contact,
            local,
            timezone,
            minutes,
            subject,
            location,
            for_person,
            source_version: self.source_version,
            replaces,
            replaces_if_known: self.rescheduled_from.is_some(),
            plan,
        })
    }

    fn replaced(&self, faults: &mut Faults) -> Option<Ref> {
        match (self.replaces.as_deref(), self.rescheduled_from.as_deref()) {
            (None, None | Some("")) => None,
            (Some(text), None) => faults.take("/replaces", "id.wrong_type", text.parse()),
            (None, Some(id)) => {
                let named = if id.starts_with("apt_") || id.starts_with("ext:") {
                    id.parse()
                } else {
                    format!("ext:{id}").parse()
                };
                faults.take("/rescheduled_from", "id.wrong_type", named)
            }
            (Some(_), Some(_)) => {
                let detail = "It says the same as `replaces`; give one of them.";
                faults.add("/rescheduled_from", "field.invalid", detail);
                None
            }
        }
    }

    fn start(
        &self,
        faults: &mut Faults,
        known: bool,
        now: DateTime<Utc>,
    ) -> Option<(NaiveDateTime, Tz)> {
        let Some(start) = &self.starts_at else {
            let detail = "Say when it begins: {\"local\": \"2026-12-01T14:00\", \"timezone\": \"America/New_York\"}.";
            faults.add("/starts_at", "field.required", detail);
            return None;
        };
        let local = match start.local.as_deref() {
            None => {
                faults.add("/starts_at/local", "field.required", LOCAL_FORM);
                None
            }
            Some(text) => {
                let local = local_time(text);
                if local.is_none() {
                    faults.add("/starts_at/local", "time.malformed", LOCAL_FORM);
                }
                local
            }
        };
        let zone = match start.timezone.as_deref() {
            None => {
                let detail = "Say on whose clock, such as America/New_York: a local time alone is no instant.";
                faults.add("/starts_at/timezone", "timezone.missing", detail);
                None
            }
            Some(text) => faults.take("/starts_at/timezone", zone::UNKNOWN, zone::parse(text)),
        };
        let compatible = match start.resolve.as_deref() {
            None => false,
            Some("compatible") => true,
            Some(_) => {
                let detail = "`resolve` is `compatible`, or left out.";
                faults.add("/starts_at/resolve", "field.invalid", detail);
                return None;
            }
        };
        let (local, zone) = (local?, zone?);
        let resolved = zone::resolve(local, zone);
        let local = match resolved.fit {
            Fit::Never { instead } if !compatible => {
                let detail = format!(
                    "The clocks of {} skip {}. Write {}, or add \"resolve\": \"compatible\".",
                    zone.name(),
                    local.format(LOCAL),
                    instead.format(LOCAL)
                );
                faults.add("/starts_at/local", "time.nonexistent", detail);
                return None;
            }
            // What the clocks show is what is agreed, and what people are told.
            Fit::Never { instead } => instead,
            Fit::Once | Fit::Twice { .. } => local,
        };
        // What is known may be moved into the past, or have begun since: a source that says so is right.
        if resolved.at <= now && !known {
            let detail = format!(
                "{} in {} has passed; it is {} there.",
                local.format(LOCAL),
                zone.name(),
                zone::local(now, zone).format(LOCAL)
            );
            faults.add("/starts_at/local", "appointment.in_past", detail);
            return None;
        }
        if resolved.at - now > FARTHEST {
            let detail = "It may begin three years from now at most.";
            faults.add("/starts_at/local", "field.range", detail);
            return None;
        }
        Some((local, zone))
    }
}

/// `2026-12-01T14:00`, with seconds of zero or without, a blank instead of the T.
pub fn local_time(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    [
        LOCAL,
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:00",
        "%Y-%m-%d %H:%M:00",
    ]
    .into_iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}

fn contact(text: &str) -> Result<ContactRef, String> {
    if let Some(id) = text.strip_prefix("ext:") {
        let fits = (1..=MOST_ID).contains(&id.len()) && !id.contains('\0');
        return fits
            .then(|| ContactRef::ExternalId(id.to_string()))
            .ok_or_else(|| "An external id has 1 to 200 bytes.".to_string());
    }
    if text.starts_with('+') {
        let phone = Phone::parse(text, None);
        return phone
            .map(ContactRef::Phone)
            .map_err(|error| error.to_string());
    }
    text.parse()
        .map(ContactRef::Id)
        .map_err(|error: contract::ids::IdError| {
            format!("{error}, ext: and an external id, or a number such as +12025550123")
        })
}

fn minutes(faults: &mut Faults, text: &str) -> Option<u32> {
    let length: IsoDuration = faults.take("/duration", "duration.invalid", text.parse())?;
    let minutes = length.nominal().num_minutes();
    if !(1..=7 * 24 * 60).contains(&minutes) {
        faults.add("/duration", "field.range", "From one minute to seven days.");
        return None;
    }
    u32::try_from(minutes).ok()
}

/// Words that people will read: one line, nothing invisible.
fn words(faults: &mut Faults, pointer: &str, text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    if text.chars().count() > MOST_CHARS {
        faults.add(pointer, "field.range", "At most 200 characters.");
        return None;
    }
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    Some(plain.collect())
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;

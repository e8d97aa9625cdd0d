//! What expressions see of a run.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use contract::ContactId;
use serde_json::{Map, Value, json};

use super::machine::{Machine, Setting, Tried};
use super::state::{Happening, Person, Run};
use crate::journey::expression::{self, Compiled, EvalError, Scopes, timestamp};
use crate::journey::version::Version;
use crate::schedule::{IsoDuration, zone};

pub fn instant(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The appointment an event tells of: beside its data, within it, or the data itself where its name says so.
pub fn appointment_of(event: &Happening) -> Value {
    if let Some(appointment) = &event.appointment {
        return appointment.clone();
    }
    if let Some(appointment) = event.data.get("appointment") {
        return appointment.clone();
    }
    if event.name.starts_with("appointment.") {
        event.data.clone()
    } else {
        Value::Object(Map::new())
    }
}

/// The event is about an appointment, and it is not this one. What has no id may be about any.
pub fn tells_of_another(event: &Happening, appointment: &Value) -> bool {
    let told = appointment_of(event);
    match (told.get("id"), appointment.get("id")) {
        (Some(told), Some(own)) => told != own,
        _ => false,
    }
}

/// The appointment that the event tells of belongs to another person. Only ids of ours say so.
pub fn is_of_another_person(event: &Happening, person: &str) -> bool {
    let told = appointment_of(event);
    let contact = told.get("contact").and_then(Value::as_str);
    let id = contact.and_then(|contact| contact.parse::<ContactId>().ok());
    id.is_some_and(|id| id.to_string() != person)
}

/// Instants take their one form. Local times of an appointment are read on the clock of its zone.
pub fn normalise(event: &mut Value, appointment: &mut Value) {
    expression::normalise(event);
    expression::normalise(appointment);
    let Some(zone) = appointment
        .get("timezone")
        .and_then(Value::as_str)
        .and_then(|name| zone::parse(name).ok())
    else {
        return;
    };
    for (name, value) in appointment.as_object_mut().into_iter().flatten() {
        if name.ends_with("_at")
            && let Some(local) = value.as_str().and_then(local)
        {
            *value = timestamp(zone::instant(local, zone)).into();
        }
    }
}

fn local(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
}

/// The contact as conditions see it. Fields that are asked for and not there are `none`.
pub fn contact(set: Setting<'_>, run: &Run) -> BTreeMap<String, Value> {
    known_contact(set.version, set.person, &run.contact)
}

fn known_contact(
    version: &Version,
    person: &Person,
    own: &BTreeMap<String, Value>,
) -> BTreeMap<String, Value> {
    let mut fields: BTreeMap<String, Value> = BTreeMap::new();
    for name in &version.contact_fields {
        if !name.contains('.') && name != "attrs" {
            fields.insert(name.clone(), Value::Null);
        }
    }
    let asked = version
        .contact_fields
        .iter()
        .filter_map(|name| name.strip_prefix("attrs."));
    let mut attrs: Map<String, Value> = asked.map(|name| (name.to_string(), Value::Null)).collect();
    for (name, value) in person.fields.iter().chain(own) {
        fields.insert(name.clone(), value.clone());
        attrs.insert(name.clone(), value.clone());
    }
    if let Some(tags) = fields.get_mut("tags") {
        *tags = words(tags).into();
        attrs.insert("tags".to_string(), tags.clone());
    }
    fields.insert("id".to_string(), person.id.clone().into());
    fields.insert(
        "timezone".to_string(),
        person.zone.map_or(Value::Null, |zone| zone.name().into()),
    );
    fields.insert("attrs".to_string(), attrs.into());
    fields
}

/// Tags are kept as words with commas between them, and seen as a list.
pub fn words(tags: &Value) -> Vec<String> {
    match tags {
        Value::String(text) => text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_string)
            .collect(),
        Value::Array(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_string))
            .collect(),
        _ => Vec::new(),
    }
}

impl Machine<'_> {
    /// `event` is the one that is looked at; `None`: the one that started the run.
    pub fn with_scopes<T>(&self, event: Option<&Value>, look: impl FnOnce(&Scopes<'_>) -> T) -> T {
        let mut values = self.run.values.clone();
        values.insert(
            "started_at".into(),
            timestamp(instant(self.run.started_at)).into(),
        );
        values.insert("variants".into(), json!(self.run.variants));
        values.insert("awaited".into(), json!(self.run.awaited));
        values.insert("reply".into(), json!(self.run.reply));
        values.insert("called".into(), json!(self.run.called));
        let values = Value::Object(values);
        look(&Scopes {
            contact: &self.contact,
            event: event.unwrap_or(&self.run.event),
            run: &values,
            appointment: &self.run.appointment,
            now: instant(self.run.clock),
            happened: &self.run.happened,
        })
    }

    pub fn holds(&self, condition: &Compiled, event: Option<&Value>) -> Tried<bool> {
        self.with_scopes(event, |scopes| condition.holds(scopes))
    }

    /// The instant an expression comes to.
    pub fn moment(&self, until: &Compiled) -> Tried<DateTime<Utc>> {
        let value = self.with_scopes(None, |scopes| until.value(scopes))?;
        let text = value.as_str().unwrap_or_default();
        DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).map_err(|_| EvalError {
            source_text: format!("{until:?}"),
            what: "it comes to no instant; an appointment without `timezone` needs times with an offset".to_string(),
        })
    }

    /// When the appointment begins, if there is one.
    pub fn begins(&self) -> Option<DateTime<Utc>> {
        let text = self.run.appointment.get("starts_at")?.as_str()?;
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|at| at.to_utc())
    }

    pub fn contact_zone(&self) -> Tz {
        self.set.person.zone.unwrap_or(self.set.version.zone)
    }

    /// The zone in which days are counted from the appointment.
    pub fn appointment_zone(&self) -> Option<Tz> {
        zone::parse(self.run.appointment.get("timezone")?.as_str()?).ok()
    }

    /// This far from an instant, on the contact's clock.
    pub fn from(&self, at: i64, length: IsoDuration) -> i64 {
        length
            .from_instant(instant(at), self.contact_zone())
            .timestamp_millis()
    }
}

/// What conditions see of an event before there is a run.
pub fn before<T>(
    version: &Version,
    person: &Person,
    event: &Happening,
    now: i64,
    look: impl FnOnce(&Scopes<'_>) -> Result<T, EvalError>,
) -> Result<T, EvalError> {
    let (mut data, mut appointment) = (event.data.clone(), appointment_of(event));
    normalise(&mut data, &mut appointment);
    let contact = known_contact(version, person, &BTreeMap::new());
    let happened = BTreeMap::new();
    look(&Scopes {
        contact: &contact,
        event: &data,
        run: &json!({}),
        appointment: &appointment,
        now: instant(now),
        happened: &happened,
    })
}

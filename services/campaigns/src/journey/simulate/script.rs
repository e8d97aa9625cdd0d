//! Reads what a play is given: the contact, and the events with their times.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Scene;
use crate::journey::run::Person;
use crate::schedule::{IsoDuration, zone};

/// A contact as `{"id": …, "timezone": …, "first_name": …}`.
pub fn person(value: &Value) -> Result<Person, String> {
    let Value::Object(given) = value else {
        return Err("A contact is an object with fields, such as {\"timezone\": \"America/New_York\", \"first_name\": \"Ana\"}.".to_string());
    };
    let mut fields: BTreeMap<String, Value> = given.clone().into_iter().collect();
    let id = fields
        .remove("id")
        .and_then(|id| id.as_str().map(str::to_string));
    let zone = match fields.remove("timezone") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => {
            Some(zone::parse(&name).map_err(|error| format!("/timezone: {error}"))?)
        }
        Some(_) => return Err("/timezone: An IANA name in quotes belongs here.".to_string()),
    };
    if let Some(Value::Object(attrs)) = fields.remove("attrs") {
        fields.extend(attrs);
    }
    Ok(Person {
        id: id.unwrap_or_else(|| "contact".to_string()),
        zone,
        fields,
    })
}

/// Events as a list of `{"at": …, "event": …, "data": …}` or `{"at": …, "reply": …}`. `at` is an instant, or a duration
/// counted from `from`; absent: `from`. All faults at once, each with its pointer.
pub fn scenes(value: &Value, from: DateTime<Utc>) -> Result<Vec<Scene>, Vec<String>> {
    let Value::Array(items) = value else {
        return Err(vec![
            "Events are a list of objects with `at` and `event` or `reply`.".to_string(),
        ]);
    };
    let (mut scenes, mut faults) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        match scene(item, from) {
            Ok(scene) => scenes.push(scene),
            Err(fault) => faults.push(format!("/{index}{fault}")),
        }
    }
    if faults.is_empty() {
        Ok(scenes)
    } else {
        Err(faults)
    }
}

fn scene(item: &Value, from: DateTime<Utc>) -> Result<Scene, String> {
    let mut item = item.clone();
    let at = match item.get("at").and_then(Value::as_str) {
        None => from,
        Some(text) => instant(text, from).ok_or_else(|| format!("/at: `{text}` is neither an instant such as 2026-12-01T15:00:00Z nor a duration such as PT2H."))?,
    };
    if let Some(fields) = item.as_object_mut() {
        fields.insert("at".to_string(), at.to_rfc3339().into());
    }
    let scene: Scene = serde_json::from_value(item).map_err(|error| format!(": {error}"))?;
    match (&scene.event, &scene.reply) {
        (Some(_), None) | (None, Some(_)) => Ok(scene),
        _ => Err(": One of `event` and `reply` belongs here.".to_string()),
    }
}

fn instant(text: &str, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let length: IsoDuration = text.parse().ok()?;
    Some(length.from_instant(from, chrono_tz::Tz::UTC))
}

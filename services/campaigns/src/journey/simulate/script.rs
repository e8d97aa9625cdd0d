//! Reads what a play is given: the contact, and the events with their times.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Duration, Utc};
use serde_json::Value;

use super::Scene;
use crate::journey::run::Person;
use crate::schedule::{IsoDuration, zone};

/// Years that can be played: beyond them calendars end.
const FIRST_YEAR: i32 = 1970;
const LAST_YEAR: i32 = 9999;
/// How long a play takes where no end is given.
const DAYS: i64 = 90;

fn playable(at: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    if (FIRST_YEAR..=LAST_YEAR).contains(&at.year()) {
        return Ok(at);
    }
    Err(format!(
        "An instant of the years {FIRST_YEAR} to {LAST_YEAR} belongs here."
    ))
}

/// When a play from `from` on ends: at `until`, 90 days later where that is absent. A fault with its pointer.
pub fn end(
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
) -> Result<DateTime<Utc>, (&'static str, String)> {
    let from = playable(from).map_err(|fault| ("/from", fault))?;
    let Some(until) = until else {
        let end = from.checked_add_signed(Duration::days(DAYS));
        return Ok(end.unwrap_or(from));
    };
    let until = playable(until).map_err(|fault| ("/until", fault))?;
    if until < from {
        return Err(("/until", "A play ends after its beginning.".to_string()));
    }
    Ok(until)
}

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
    let at = playable(at).map_err(|fault| format!("/at: {fault}"))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_play_ends_ninety_days_later_where_nothing_is_said() {
        let from = at("2026-06-10T15:00:00Z");
        assert_eq!(end(from, None), Ok(at("2026-09-08T15:00:00Z")));
        assert_eq!(end(from, Some(from)), Ok(from));
        assert!(end(at("9999-12-31T23:59:59Z"), None).is_ok());
    }

    #[test]
    fn a_play_beyond_the_calendar_is_refused_with_its_place() {
        let (now, late) = (at("2026-06-10T15:00:00Z"), DateTime::<Utc>::MAX_UTC);
        for (from, until, pointer) in [
            (late, None, "/from"),
            (DateTime::<Utc>::MIN_UTC, Some(now), "/from"),
            (now, Some(late), "/until"),
            (now, Some(at("2026-06-10T14:59:59Z")), "/until"),
        ] {
            assert_eq!(end(from, until).unwrap_err().0, pointer);
        }
        let events =
            serde_json::json!([{"at": "+012000-01-01T00:00:00Z", "event": "order.placed"}]);
        assert!(scenes(&events, now).unwrap_err()[0].starts_with("/0/at"));
    }
}

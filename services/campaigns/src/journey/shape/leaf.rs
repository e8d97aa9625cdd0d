//! Single values: texts, numbers, durations, zones, expressions.

use super::Kind;
use super::check::wrong_kind;
use super::nearest::nearest;
use crate::journey::fault::Fault;
use crate::journey::source::{Node, Value, point, suspicious};
use crate::journey::{cron, expression};
use crate::schedule::{IsoDuration, window, zone};

pub fn is_id(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (2..=63).contains(&text.len())
        && text.as_bytes().first().copied().is_some_and(plain)
        && text.bytes().all(|b| plain(b) || b == b'-')
}

/// Words of lower-case letters, digits and `_`, joined with dots.
pub fn is_event(text: &str) -> bool {
    text.len() <= 100 && text.split('.').all(is_id)
}

pub fn leaf(node: &Node, kind: Kind, pointer: &str, faults: &mut Vec<Fault>) {
    match (kind, &node.value) {
        (Kind::Whole(least, most), Value::Number(number)) => {
            if !number
                .as_i64()
                .is_some_and(|number| (least..=most).contains(&number))
            {
                let text =
                    format!("A whole number from {least} to {most} belongs here, not {number}.");
                faults.push(Fault::new(pointer, node.at, "field.value", text));
            }
        }
        (Kind::Whole(..), _) => wrong_kind(node, "a number", pointer, faults),
        (Kind::Truth, Value::Bool(_)) => {}
        (Kind::Truth, _) => wrong_kind(node, "true or false", pointer, faults),
        (_, Value::Text { text, plain }) => {
            if *plain && let Some(what) = suspicious(text) {
                let said = format!("{text} without quotes is {what} to other readers of YAML.");
                faults.push(
                    Fault::new(pointer, node.at, "yaml.ambiguous", said)
                        .hint(format!("Write \"{text}\" in quotes.")),
                );
            }
            if let Some((code, said, hint)) = wrong(text, kind) {
                let fault = Fault::new(pointer, node.at, code, said);
                faults.push(if hint.is_empty() {
                    fault
                } else {
                    fault.hint(hint)
                });
            }
        }
        _ => wrong_kind(node, "a text", pointer, faults),
    }
}

type Wrong = (&'static str, String, String);

fn bad(said: String, hint: &str) -> Option<Wrong> {
    Some(("field.value", said, hint.to_string()))
}

fn wrong(text: &str, kind: Kind) -> Option<Wrong> {
    match kind {
        Kind::Only(only) if text != only => bad(format!("Only `{only}` may stand here."), ""),
        Kind::Word(words) if !words.contains(&text) => {
            let near = nearest(text, words.iter().copied());
            let hint = near.map_or_else(
                || format!("There are {}.", words.join(", ")),
                |near| format!("Is `{near}` meant? There are {}.", words.join(", ")),
            );
            Some(("field.value", format!("`{text}` is not known here."), hint))
        }
        Kind::Text(most) if text.is_empty() || text.chars().count() > most => bad(
            format!("A text of 1 to {most} characters belongs here."),
            "",
        ),
        Kind::Name if !is_name(text) => bad(
            format!("`{text}` is no name of a journey."),
            "Lower-case letters, digits and -, 2 to 63 of them.",
        ),
        Kind::Id if !is_id(text) => bad(
            format!("`{text}` is no id."),
            "Lower-case letters, digits and _, beginning with a letter, at most 40.",
        ),
        Kind::Event if !is_event(text) => bad(
            format!("`{text}` is no name of an event."),
            "Lower-case words joined with dots, such as order.placed.",
        ),
        Kind::Template if !is_template(text) => bad(
            format!("`{text}` names no template."),
            "A name of letters, digits, - and _ that is bound when the journey is published, or an id such as tpl_01J….",
        ),
        Kind::Sender => contract::sender::fault(text)
            .map(|fault| ("sender.invalid", fault.to_string(), String::new())),
        Kind::Expression => {
            expression::fault(text).map(|(said, hint)| ("expression.invalid", said, hint))
        }
        Kind::Duration(days) => duration(text, days, false),
        Kind::Offset(days) => duration(text, days, true),
        Kind::Time => time(text, false),
        Kind::TimeOrEnd => time(text, true),
        Kind::Zone => unknown_zone(text, false),
        Kind::ZoneOrContact if text != "contact" => unknown_zone(text, true),
        Kind::Cron => cron::fault(text),
        Kind::LocalTime => (cron::local(text).is_none()).then(|| {
            (
                "time.invalid",
                format!("`{text}` is no local date and time."),
                "Such as \"2026-12-01T10:00\".".to_string(),
            )
        }),
        Kind::Reentry if !matches!(text, "never" | "always") => {
            duration(text, 3_660, false).map(|(code, said, _)| {
                (
                    code,
                    said,
                    "`never`, `always`, or a duration such as P7D.".to_string(),
                )
            })
        }
        Kind::Url => url(text),
        Kind::Keyword if text.trim().is_empty() || text.chars().count() > 160 => {
            bad("A reply has 1 to 160 characters.".to_string(), "")
        }
        _ => None,
    }
}

fn is_template(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn duration(text: &str, days: i64, signed: bool) -> Option<Wrong> {
    let read: IsoDuration = match text.parse() {
        Ok(read) => read,
        Err(error) => {
            return Some((
                "duration.invalid",
                format!("`{text}`: {error}"),
                "Such as PT30M, PT2H, P1D or P1W.".to_string(),
            ));
        }
    };
    if !signed && read.is_negative() {
        return Some((
            "duration.invalid",
            format!("`{text}` goes backwards; here only time that passes has a meaning."),
            "Take the minus away.".to_string(),
        ));
    }
    if !signed && read.is_zero() {
        return Some((
            "duration.invalid",
            format!("`{text}` is no time at all."),
            "Such as PT5M; where nothing is to pass, leave it out.".to_string(),
        ));
    }
    let limit = chrono::Duration::days(days);
    (read.nominal().abs() > limit).then(|| {
        (
            "duration.limit",
            format!("`{text}` is longer than the {days} days that are allowed here."),
            format!("Take P{days}D at most."),
        )
    })
}

fn time(text: &str, end: bool) -> Option<Wrong> {
    let minutes = window::read_time(text);
    (!minutes.is_some_and(|minutes| minutes < 1440 || end)).then(|| {
        (
            "time.invalid",
            format!("`{text}` is no time of day."),
            "HH:MM in quotes, such as \"09:30\".".to_string(),
        )
    })
}

fn unknown_zone(text: &str, contact: bool) -> Option<Wrong> {
    let unknown = zone::parse(text).err()?;
    let own = if contact {
        " Or `contact`, for the contact's own."
    } else {
        ""
    };
    Some((
        zone::UNKNOWN,
        unknown.to_string(),
        format!("An IANA name such as America/New_York.{own}"),
    ))
}

fn url(text: &str) -> Option<Wrong> {
    let rest = text.strip_prefix("https://").or_else(|| {
        let local = text.strip_prefix("http://")?;
        let host = local.split(['/', '?', '#', ':']).next()?;
        matches!(host, "localhost" | "127.0.0.1").then_some(local)
    });
    let host = rest
        .and_then(|rest| rest.split(['/', '?', '#']).next())
        .unwrap_or_default();
    let plain = !host.is_empty()
        && text.len() <= 2_000
        && text.bytes().all(|b| b.is_ascii_graphic())
        && !host.contains('@');
    if plain {
        None
    } else {
        bad(
            format!("`{text}` is no address of a webhook."),
            "https:// and a host, without a user; http:// only to this machine.",
        )
    }
}

/// Values of the author's choice: objects, and the expressions within.
pub fn values(node: &Node, kind: Kind, pointer: &str, faults: &mut Vec<Fault>) {
    if !matches!(kind, Kind::Any) && !matches!(node.value, Value::Map(_)) {
        wrong_kind(node, "an object", pointer, faults);
        return;
    }
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                let below = point(pointer, &entry.key);
                let good = match kind {
                    Kind::Targets => is_target(&entry.key),
                    Kind::Values => is_id(&entry.key),
                    Kind::Headers => is_header(&entry.key),
                    _ => true,
                };
                if !good {
                    let (what, hint) = match kind {
                        Kind::Targets => (
                            "no value that can be set",
                            "contact.…, contact.attrs.…, run.… or appointment.… and a name.",
                        ),
                        Kind::Headers => (
                            "no header that can be given",
                            "Letters, digits and -; host, length, webhook-… and idempotency-key are ours.",
                        ),
                        _ => (
                            "no name",
                            "Lower-case letters, digits and _, beginning with a letter.",
                        ),
                    };
                    faults.push(
                        Fault::new(
                            &below,
                            entry.key_at,
                            "field.value",
                            format!("`{}` is {what}.", entry.key),
                        )
                        .hint(hint),
                    );
                }
                if entry.plain
                    && let Some(what) = suspicious(&entry.key)
                {
                    let said = format!(
                        "{} without quotes is {what} to other readers of YAML.",
                        entry.key
                    );
                    faults.push(
                        Fault::new(&below, entry.key_at, "yaml.ambiguous", said)
                            .hint(format!("Write \"{}\" in quotes.", entry.key)),
                    );
                }
                if matches!(kind, Kind::Headers) && !matches!(entry.node.value, Value::Text { .. })
                {
                    wrong_kind(&entry.node, "a text", &below, faults);
                }
                values(&entry.node, Kind::Any, &below, faults);
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                values(item, Kind::Any, &point(pointer, &index.to_string()), faults);
            }
        }
        Value::Text { text, plain } => {
            if *plain && let Some(what) = suspicious(text) {
                let said = format!("{text} without quotes is {what} to other readers of YAML.");
                faults.push(
                    Fault::new(pointer, node.at, "yaml.ambiguous", said)
                        .hint(format!("Write \"{text}\" in quotes.")),
                );
            }
            if let Some(source) = expression::inner(text)
                && let Some((said, hint)) = expression::fault(source)
            {
                faults.push(Fault::new(pointer, node.at, "expression.invalid", said).hint(hint));
            }
        }
        _ => {}
    }
}

/// `contact.city`, `contact.attrs.city`, `run.tier`, `appointment.confirmation`.
pub fn is_target(text: &str) -> bool {
    text.split_once('.')
        .is_some_and(|(scope, name)| match scope {
            // What says who somebody is stays.
            "contact" => {
                let name = name.strip_prefix("attrs.").unwrap_or(name);
                is_id(name) && !matches!(name, "id" | "phone" | "external_id" | "attrs")
            }
            "run" | "appointment" => is_id(name),
            _ => false,
        })
}

/// Headers that say how a request is sent, and those by which it is known to be ours.
const OURS: &[&str] = &[
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "upgrade",
    "trailer",
    "expect",
    "user-agent",
    "idempotency-key",
];

fn is_header(text: &str) -> bool {
    let name = text.to_ascii_lowercase();
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with("webhook-")
        && !OURS.contains(&name.as_str())
}

//! Who may enter a journey.

use chrono::Duration;
use serde_json::Value;

use super::expression::{EvalError, Scopes};
use super::run::{Happening, Person};
use super::simulate::SLOT;
use super::version::{Reentry, Start, Version};

/// What is known of the contact's earlier runs of this journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Earlier {
    /// Unix milliseconds.
    pub last_started_at: Option<i64>,
    /// Live runs, under any key.
    pub live: u32,
    /// Runs that were started within [`LATELY`]; counted where a segment's change starts them.
    pub lately: u32,
}

/// Events that tell of a segment's changes.
pub const SEGMENTS: &str = "segment.";
/// A contact whom journeys move in and out of segments in turns starts one journey at most so often within this time:
/// what changes a contact is not known when the segment tells of it, so circles are ended by counting.
pub const MOST_BY_SEGMENTS: u32 = 8;
pub const LATELY: Duration = Duration::days(1);

/// Why an event starts no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Its condition, or the one of entry, does not hold.
    Condition,
    Reentry,
    MaxActive,
    /// Segments have started it for them too often.
    Cycle,
}

impl Refusal {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Reentry => "reentry",
            Self::MaxActive => "max_active",
            Self::Cycle => "cycle",
        }
    }
}

/// Whether the trigger's condition holds, and the key of the run.
pub fn key(
    version: &Version,
    person: &Person,
    event: &Happening,
    now: i64,
) -> Result<Option<String>, EvalError> {
    let Start::Event {
        event: name,
        condition,
        key,
        ..
    } = &version.trigger
    else {
        // An event that a version before this one waited for starts nothing by a schedule.
        return Ok((event.name == SLOT).then(|| person.id.clone()));
    };
    if *name != event.name {
        return Ok(None);
    }
    scoped(version, person, event, now, |scopes| {
        if let Some(condition) = condition
            && !condition.holds(scopes)?
        {
            return Ok(None);
        }
        let Some(key) = key else {
            return Ok(Some(person.id.clone()));
        };
        let value = key.json(scopes)?;
        Ok(match value {
            Value::String(text) if !text.is_empty() => Some(text.chars().take(200).collect()),
            Value::Number(number) => Some(number.to_string()),
            // An event without its key starts nothing: all of its kind would be one run.
            _ => None,
        })
    })
}

/// Whether the contact may enter now.
pub fn admit(
    version: &Version,
    person: &Person,
    event: &Happening,
    earlier: Earlier,
    now: i64,
) -> Result<Option<Refusal>, EvalError> {
    if version.max_active.is_some_and(|most| earlier.live >= most) {
        return Ok(Some(Refusal::MaxActive));
    }
    if event.name.starts_with(SEGMENTS) && earlier.lately >= MOST_BY_SEGMENTS {
        return Ok(Some(Refusal::Cycle));
    }
    let again = match (version.reentry, earlier.last_started_at) {
        (Reentry::Always, _) | (_, None) => true,
        (Reentry::Never, Some(_)) => false,
        (Reentry::After(length), Some(last)) => now - last >= length.nominal().num_milliseconds(),
    };
    if !again {
        return Ok(Some(Refusal::Reentry));
    }
    let Some(condition) = &version.entry_if else {
        return Ok(None);
    };
    let holds = scoped(version, person, event, now, |scopes| {
        condition.holds(scopes)
    })?;
    Ok((!holds).then_some(Refusal::Condition))
}

fn scoped<T>(
    version: &Version,
    person: &Person,
    event: &Happening,
    now: i64,
    look: impl FnOnce(&Scopes<'_>) -> Result<T, EvalError>,
) -> Result<T, EvalError> {
    super::run::before(version, person, event, now, look)
}

//! Journeys as values: their format, their rules, and what a run does. Pure: clock, contact and events are arguments.
//!
//! A text is [`source::read`], held against [`shape`] and [`rules`], and becomes a [`model::Definition`];
//! [`version::Version`] is that compiled, and [`run::step`] moves one run by one input. [`simulate`] plays a whole run.

pub mod bounds;
pub mod clocks;
mod cron;
pub mod entry;
pub mod expression;
pub mod fault;
pub mod model;
pub mod rules;
pub mod run;
pub mod shape;
pub mod simulate;
pub mod source;
pub mod version;

use chrono::{DateTime, Utc};
use fault::{Fault, sorted};
use model::Definition;
use source::Format;

/// Reads and checks a journey; all faults at once, in the order of the text.
pub fn validate(text: &str, format: Format) -> Result<Definition, Vec<Fault>> {
    validate_at(text, format, None)
}

/// The same for one that is to begin `now`: what is past then is a fault, too.
pub fn validate_at(
    text: &str,
    format: Format,
    now: Option<DateTime<Utc>>,
) -> Result<Definition, Vec<Fault>> {
    let (root, mut faults) = source::read(text, format)?;
    shape::check(
        &root,
        shape::Kind::Object(&shape::definition::JOURNEY),
        "",
        &mut faults,
    );
    rules::across(&root, now, &mut faults);
    if !faults.is_empty() {
        return Err(sorted(faults));
    }
    let other = |said: String| vec![Fault::new("", root.at, "journey.invalid", said)];
    let definition: Definition = serde_json::from_value(root.to_json())
        .map_err(|error| other(format!("The journey cannot be read: {error}.")))?;
    // What remains is what only shows when everything is compiled.
    version::Version::compile(&definition).map_err(|fault| other(fault.to_string()))?;
    Ok(definition)
}

/// SHA-256 of the canonical form, in hex: the same journey has the same hash, however it was written.
pub fn hash(definition: &Definition) -> String {
    use sha2::{Digest, Sha256};
    let value = serde_json::to_value(definition).unwrap_or_default();
    let canonical = serde_json::to_vec(&in_order(value)).unwrap_or_default();
    hex::encode(Sha256::digest(&canonical))
}

/// The same value with the fields of every object in the order of their names, whichever order maps keep.
fn in_order(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            let fields = fields
                .into_iter()
                .map(|(name, field)| (name, in_order(field)));
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.into_iter().map(in_order).collect(),
        plain => plain,
    }
}

#[cfg(test)]
mod tests;

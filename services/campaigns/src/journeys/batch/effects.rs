//! What runs want done, gathered.

use contract::UnixMillis;
use contract::contacts::{ContactChange, FieldChange};
use contract::texts::{Origin, OriginKind};
use serde_json::{Value, json};

use super::{Batch, Wish};
use crate::db::journey_call::{Call, Key, Request};
use crate::db::journey_input::{Body, NewInput};
use crate::db::journey_run::Row;
use crate::journey::run::{Effect, Facts, Happening};
use crate::journeys::outcomes::place;
use crate::journeys::versions::Ready;
use crate::texts::NewText;

/// Events that journeys say one another in turns go this far.
pub const MOST_HOPS: u32 = 8;

impl Batch {
    /// Gathers what a run wants done. Of its texts, those that were taken back before anybody had them are told.
    #[must_use = "the run has to be told"]
    pub(super) fn effect(
        &mut self,
        row: &Row,
        ready: &Ready,
        effect: Effect,
        hops: u32,
    ) -> Option<u32> {
        let epoch = row.run.epoch;
        match effect {
            Effect::Send(text) => {
                let (Some(template), Some(sender)) = (
                    ready.template(&text.template),
                    text.sender.clone().or_else(|| ready.sender.clone()),
                ) else {
                    // Publishing made sure of both.
                    tracing::error!(run = %row.id, step = text.step, "a text has no template or no sender");
                    return None;
                };
                let new = NewText {
                    tenant: row.tenant,
                    mode: row.mode,
                    origin: Origin {
                        kind: OriginKind::Journey,
                        id: row.id.to_string(),
                    },
                    step: place(&text.step, epoch, text.text),
                    contact: row.contact,
                    class: ready.version.purpose,
                    programme: ready.programme.clone(),
                    sender,
                    template,
                    template_version: None,
                    vars: text.vars,
                    not_before: None,
                    valid_until: UnixMillis(text.valid_until),
                };
                self.texts
                    .push((row.id, format!("{epoch}.{}", text.text), new));
            }
            Effect::Withdraw { text } => return self.take_back(row, text),
            Effect::Emit {
                number,
                event,
                data,
            } if hops < MOST_HOPS => {
                let id = format!("{}/{epoch}.{number}", row.id);
                let happening = Happening {
                    id,
                    name: event,
                    data,
                    appointment: Some(row.run.appointment.clone()),
                };
                self.said.push(NewInput {
                    tenant: row.tenant,
                    mode: row.mode,
                    contact: Some(row.contact),
                    run: None,
                    held_by: None,
                    body: Body::Event(happening),
                    hops: hops + 1,
                });
            }
            Effect::Emit { event, .. } => {
                metrics::counter!("campaigns_journey_events_dropped_total").increment(1);
                tracing::warn!(run = %row.id, event, "journeys say one another's events in turns; this one was dropped");
            }
            Effect::Update { field, value, .. } => {
                if let Some(value) = change(&field, &value) {
                    let field = stored(&field).to_string();
                    let contact = row.contact;
                    let changed = ContactChange {
                        contact,
                        field,
                        value,
                    };
                    self.changes.push((row.tenant, changed));
                }
            }
            Effect::Appointment { field, value, .. } => self.wish(row, field, value),
            Effect::Webhook {
                number,
                url,
                method,
                headers,
                step,
                data,
                timeout_ms,
            } => {
                let body = method.has_body().then(|| {
                    json!({
                        "journey": ready.version.name, "run": row.id.to_string(), "step": step,
                        "contact": row.contact.to_string(), "data": data,
                    })
                });
                let key = Key {
                    run: row.id,
                    epoch,
                    number,
                };
                self.calls.push(Call {
                    key,
                    tenant: row.tenant,
                    journey: row.journey,
                    step,
                    request: Request {
                        url,
                        method: method.as_str().to_string(),
                        headers,
                        body,
                        timeout_ms,
                    },
                    attempts: 0,
                });
            }
            Effect::Timer { .. } => {}
        }
        None
    }

    /// A text of this same pass has no row yet: it is dropped, and surely nobody gets it. Any other is wanted back.
    /// A run that was begun anew takes back what the one before had queued, and has nothing to be told of that.
    fn take_back(&mut self, row: &Row, text: u32) -> Option<u32> {
        let epoch = row.run.epoch;
        for of in [epoch, epoch.wrapping_sub(1)] {
            let place = format!("{of}.{text}");
            let known = self.texts.len();
            self.texts
                .retain(|(run, at, _)| *run != row.id || *at != place);
            if self.texts.len() < known {
                return (of == epoch).then_some(text);
            }
            if let Some(message) = row.messages.get(&place) {
                self.withdrawn.push(*message);
                return None;
            }
        }
        None
    }

    /// Only what people say of an appointment is for a run to change; all else is the desk's.
    fn wish(&mut self, row: &Row, field: String, value: Value) {
        let of = &row.run.appointment;
        let id = of.get("id").and_then(Value::as_str);
        let Some(appointment) = id.and_then(|id| id.parse().ok()) else {
            return;
        };
        let version = of.get("version").and_then(Value::as_u64);
        self.wishes.push(Wish {
            tenant: row.tenant,
            contact: row.contact,
            appointment,
            told: Facts::of(of),
            version: version.and_then(|version| u32::try_from(version).ok()),
            field,
            value,
        });
    }
}

/// The name under which contacts keeps a field.
fn stored(field: &str) -> &str {
    if field == "timezone" {
        "time_zone"
    } else {
        field
    }
}

/// What becomes of a field; `None`: nothing.
fn change(field: &str, value: &Value) -> Option<FieldChange> {
    let text = match value {
        Value::Null => return Some(FieldChange::Clear),
        Value::String(text) => text.trim().to_string(),
        Value::Array(items) => {
            let words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            words.join(",")
        }
        other => other.to_string(),
    };
    let word = |text: &str| Some(text.trim().to_string()).filter(|word| !word.is_empty());
    match (field, text.chars().next()) {
        ("tags", Some('+')) => word(&text[1..]).map(FieldChange::AddTag),
        ("tags", Some('-')) => word(&text[1..]).map(FieldChange::RemoveTag),
        (_, None) => Some(FieldChange::Clear),
        _ => Some(FieldChange::Set(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_added_and_taken_away_and_all_else_is_set() {
        let add = FieldChange::AddTag("engaged".into());
        assert_eq!(change("tags", &json!("+engaged")), Some(add));
        let less = FieldChange::RemoveTag("new".into());
        assert_eq!(change("tags", &json!(" - new ")), Some(less));
        assert_eq!(change("tags", &json!("+")), None);
        let all = FieldChange::Set("a,b".into());
        assert_eq!(change("tags", &json!(["a", "b"])), Some(all));
        let plus = FieldChange::Set("+1".into());
        assert_eq!(change("score", &json!("+1")), Some(plus));
        assert_eq!(
            change("score", &json!(3)),
            Some(FieldChange::Set("3".into()))
        );
        assert_eq!(change("score", &Value::Null), Some(FieldChange::Clear));
    }
}

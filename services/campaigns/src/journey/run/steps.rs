//! What each kind of step does.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::machine::{Flow, Machine, Tried};
use super::scope;
use super::state::{Effect, End, Waiting};
use crate::journey::model::{ExitAs, Stop};
use crate::journey::version::{At, Await, Kind, Step};

impl From<ExitAs> for End {
    fn from(how: ExitAs) -> Self {
        match how {
            ExitAs::Goal => Self::Goal,
            ExitAs::Cancelled => Self::Cancelled,
            ExitAs::Expired => Self::Expired,
        }
    }
}

/// Tags with one more ("+word"), one less ("-word"), or all of them anew.
fn tagged(known: Option<&Value>, change: &Value) -> Value {
    let mut words = known.map(scope::words).unwrap_or_default();
    match change.as_str().map(str::trim) {
        Some(text) if text.starts_with('+') => {
            let word = text[1..].trim();
            if !word.is_empty() && !words.iter().any(|known| known == word) {
                words.push(word.to_string());
            }
        }
        Some(text) if text.starts_with('-') => words.retain(|known| known != text[1..].trim()),
        _ => words = scope::words(change),
    }
    words.into()
}

impl Machine<'_> {
    pub fn execute(&mut self, fiber: u32, step: &Step) -> Tried<Flow> {
        match &step.kind {
            Kind::Send(send) => self.send(step, send, !step.answer),
            Kind::Wait(wait) => self.wait(step, wait),
            Kind::Await(waiting) => self.start_waiting(fiber, step, waiting),
            Kind::Branch(ways) => {
                for (index, (condition, to)) in ways.iter().enumerate() {
                    let taken = match condition {
                        Some(condition) => self.holds(condition, None)?,
                        None => true,
                    };
                    if taken {
                        self.note(&step.id, format!("takes way {}", index + 1));
                        return Ok(Flow::Next(*to));
                    }
                }
                self.note(&step.id, "takes no way");
                Ok(Flow::Next(step.next))
            }
            Kind::Split(variants) => {
                let won = self.set.winners.get(&step.id);
                let won = won.and_then(|won| variants.iter().find(|(name, ..)| name == won));
                let (name, to) = match won {
                    Some((name, _, to)) => (name.clone(), *to),
                    None => self.variant(&step.id, variants),
                };
                self.note(&step.id, format!("falls to {name}"));
                self.run.variants.insert(step.id.clone(), name);
                Ok(Flow::Next(to))
            }
            Kind::Update(values) => {
                for (target, value) in values {
                    let value = self.with_scopes(None, |scopes| value.value(scopes))?;
                    self.set_value(target, value);
                }
                self.note(&step.id, "sets values");
                Ok(Flow::Next(step.next))
            }
            Kind::Emit(emit, data) => {
                let data = self.with_scopes(None, |scopes| data.value(scopes))?;
                let number = self.number();
                self.note(&step.id, format!("says {}", emit.event));
                self.effects.push(Effect::Emit {
                    number,
                    event: emit.event.clone(),
                    data,
                });
                Ok(Flow::Next(step.next))
            }
            Kind::Webhook(hook) => self.call(fiber, step, hook),
            Kind::Stop(stop) => {
                let how = match stop {
                    Stop::Completed => End::Completed,
                    Stop::Goal => End::Goal,
                };
                self.end(how, format!("at step {}", step.id));
                Ok(Flow::Next(None))
            }
        }
    }

    fn set_value(&mut self, target: &str, value: Value) {
        let (scope, name) = target.split_once('.').unwrap_or(("run", target));
        match scope {
            "contact" => {
                let number = self.number();
                let name = name.strip_prefix("attrs.").unwrap_or(name);
                let seen = match name {
                    "tags" => tagged(self.contact.get("tags"), &value),
                    _ => value.clone(),
                };
                self.run.contact.insert(name.to_string(), seen);
                self.contact = scope::contact(self.set, &self.run);
                self.effects.push(Effect::Update {
                    number,
                    field: name.to_string(),
                    value,
                });
            }
            "appointment" => {
                if let Value::Object(fields) = &mut self.run.appointment {
                    let known = fields.insert(name.to_string(), value.clone());
                    if fields.contains_key("id") && known.as_ref() != Some(&value) {
                        let number = self.number();
                        self.effects.push(Effect::Appointment {
                            number,
                            field: name.to_string(),
                            value,
                        });
                    }
                }
            }
            _ => {
                self.run.values.insert(name.to_string(), value);
            }
        }
    }

    /// The same contact always falls to the same variant of the same step of the same journey.
    fn variant(&self, step: &str, variants: &[(String, u32, Option<At>)]) -> (String, Option<At>) {
        let mut hash = Sha256::new();
        for part in [
            self.set.version.name.as_str(),
            step,
            self.set.person.id.as_str(),
        ] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest = hash.finalize();
        let number = digest
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let total: u64 = variants
            .iter()
            .map(|(_, weight, _)| u64::from(*weight))
            .sum();
        let mut left = number % total.max(1);
        for (name, weight, to) in variants {
            if left < u64::from(*weight) {
                return (name.clone(), *to);
            }
            left -= u64::from(*weight);
        }
        (String::new(), None)
    }

    fn start_waiting(&mut self, fiber: u32, step: &Step, waiting: &Await) -> Tried<Flow> {
        let due = match (&waiting.timeout, &waiting.until) {
            (Some(timeout), _) => Some(self.from(self.run.clock, *timeout)),
            (None, Some(until)) => Some(self.moment(until)?.timestamp_millis()),
            (None, None) => None,
        };
        if !waiting.background {
            self.note(&step.id, "waits for what comes");
            return Ok(Flow::Block(Waiting::Event(due)));
        }
        let over = due.is_some_and(|due| due <= self.run.clock);
        let known = self
            .run
            .fibers
            .iter()
            .position(|other| other.id != fiber && other.step == step.id);
        match (known, over) {
            (_, true) => self.note(&step.id, "does not listen: its time has gone by"),
            (Some(at), false) => self.run.fibers[at].waiting = Waiting::Listening(due),
            (None, false) => {
                self.note(&step.id, "listens beside the way");
                let id = self.run.next_fiber;
                self.run.next_fiber += 1;
                let listener = super::state::Fiber {
                    id,
                    step: step.id.clone(),
                    waiting: Waiting::Listening(due),
                };
                self.run.fibers.push(listener);
            }
        }
        Ok(Flow::Next(step.next))
    }

    /// Exits that hang on a condition alone.
    pub fn exit_by_condition(&mut self) -> Tried<bool> {
        for exit in &self.set.version.exits {
            if exit.event.is_none()
                && exit.after.is_none()
                && let Some(condition) = &exit.condition
                && self.holds(condition, None)?
            {
                self.end(exit.how.into(), "its condition holds".to_string());
                return Ok(true);
            }
        }
        Ok(false)
    }
}

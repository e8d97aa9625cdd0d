mod calls;
mod interleavings;
mod limits;
mod migrating;
mod moves;
mod reminders;
mod ways;

use chrono::DateTime;
use serde_json::{Value, json};

use super::*;
use crate::journey::source::Format;
use crate::journey::validate;
use crate::journey::version::Version;

pub(super) const CHANNELS: &[&str] = &["sms"];

pub(super) fn version(text: &str) -> Version {
    let definition = validate(text, Format::Yaml).unwrap_or_else(|faults| panic!("{faults:#?}"));
    Version::compile(&definition).unwrap()
}

pub(super) fn at(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
}

pub(super) fn person(zone: &str) -> Person {
    Person {
        id: "con_1".to_string(),
        zone: Some(zone.parse().unwrap()),
        fields: [("first_name".to_string(), json!("Ana"))].into(),
    }
}

pub(super) fn event(id: &str, name: &str, data: Value) -> Happening {
    Happening {
        id: id.to_string(),
        name: name.to_string(),
        data,
        appointment: None,
    }
}

/// A run and everything it wanted done, fed by hand.
pub(super) struct Played<'a> {
    pub set: Setting<'a>,
    pub run: Run,
    pub effects: Vec<Effect>,
}

impl<'a> Played<'a> {
    pub fn start(version: &'a Version, person: &'a Person, by: &Happening, now: i64) -> Self {
        Self::among(version, person, &[], by, now)
    }

    /// The same, beside other runs that sent texts.
    pub fn among(
        version: &'a Version,
        person: &'a Person,
        others: &'a [i64],
        by: &Happening,
        now: i64,
    ) -> Self {
        let set = Setting {
            version,
            person,
            channels: CHANNELS,
            winners: &NO_WINNERS,
            others,
        };
        let (run, effects) = start(set, by, 0, now);
        Self { set, run, effects }
    }

    pub fn feed(&mut self, input: &Input, now: i64) {
        let (run, effects) = step(self.set, self.run.clone(), input, now);
        self.run = run;
        self.effects.extend(effects);
    }

    /// Timers on time, up to an instant.
    pub fn until(&mut self, now: i64) {
        while let Some(due) = self.run.timer.filter(|due| *due <= now) {
            self.feed(&Input::Wake, due);
        }
    }

    pub fn sends(&self) -> Vec<(String, String)> {
        let mut sends = Vec::new();
        for effect in &self.effects {
            if let Effect::Send(text) = effect {
                let at = self
                    .run
                    .texts
                    .iter()
                    .find(|known| known.number == text.text)
                    .map_or(0, |known| known.at);
                sends.push((
                    text.step.clone(),
                    crate::journey::expression::timestamp(
                        DateTime::from_timestamp_millis(at).unwrap(),
                    ),
                ));
            }
        }
        sends
    }

    pub fn how(&self) -> Option<End> {
        self.run.end.as_ref().map(|end| end.how)
    }
}

pub(super) fn sent(step: &str, at: &str) -> (String, String) {
    (step.to_string(), at.to_string())
}

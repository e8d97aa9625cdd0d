//! Plays a journey for one contact: what would happen, and when.
//!
//! The carrier of the play hands over and delivers every text at once, or is silent. Nothing real is asked or sent.

mod script;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::entry::{Earlier, admit, key};
use super::model::Duplicate;
use super::run::{self, Answer, Effect, Fate, Happening, Input, NO_WINNERS, Person, Run, Setting};
use super::version::{Start, Version};
use crate::schedule::zone;

pub use script::{end, person, scenes};

/// Runs and steps of a play, at most.
const MOST_TURNS: usize = 10_000;
/// Slots of a schedule in a play, at most.
const MOST_SLOTS: usize = 200;
/// The event that stands for a slot of the schedule.
pub const SLOT: &str = "schedule.slot";

/// An event of the play.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    pub at: DateTime<Utc>,
    /// Its name; for a text of the person `reply` is given instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default)]
    pub data: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<Value>,
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Line {
    pub at: DateTime<Utc>,
    /// The contact's clock, with its offset.
    pub local: String,
    /// `event`, `reply`, `slot`, `step`, `send`, `withdraw`, `emit`, `update`, `webhook`, `not_started`.
    pub kind: &'static str,
    /// The step, or the event's name.
    pub step: String,
    pub what: String,
}

/// What a play is about.
pub struct Play<'a> {
    pub version: &'a Version,
    pub person: &'a Person,
    pub scenes: Vec<Scene>,
    /// Slots of a schedule count from here.
    pub from: DateTime<Utc>,
    /// The play ends here, whatever is still to come.
    pub until: DateTime<Utc>,
    /// Whether the carrier tells of its texts, and webhooks answer.
    pub delivers: bool,
    pub channels: &'a [&'a str],
}

struct Stage<'a> {
    play: &'a Play<'a>,
    zone: Tz,
    live: BTreeMap<String, Run>,
    earlier: Earlier,
    lines: Vec<Line>,
    turns: usize,
}

/// The timeline of a play.
pub fn simulate(play: &Play<'_>) -> Vec<Line> {
    let mut stage = Stage {
        play,
        zone: play.person.zone.unwrap_or(play.version.zone),
        live: BTreeMap::new(),
        earlier: Earlier::default(),
        lines: Vec::new(),
        turns: 0,
    };
    let mut scenes = play.scenes.clone();
    scenes.extend(slots(play));
    scenes.sort_by_key(|scene| scene.at);
    for (index, scene) in scenes
        .iter()
        .enumerate()
        .filter(|(_, scene)| scene.at <= play.until)
    {
        stage.timers_until(scene.at.timestamp_millis() - 1);
        stage.scene(index, scene);
    }
    stage.timers_until(play.until.timestamp_millis());
    stage.lines
}

/// The slots of the play's schedule, the one at its very beginning included.
fn slots(play: &Play<'_>) -> Vec<Scene> {
    let Start::Schedule {
        slots, each_clock, ..
    } = &play.version.trigger
    else {
        return Vec::new();
    };
    let own = each_clock.then(|| slots.on(play.person.zone.unwrap_or(play.version.zone)));
    let slots = own.as_ref().unwrap_or(slots);
    let mut after = play.from - chrono::Duration::milliseconds(1);
    let mut scenes = Vec::new();
    while let Some(slot) = slots.next_after(after).filter(|slot| slot.at <= play.until) {
        if scenes.len() == MOST_SLOTS {
            break;
        }
        after = slot.at;
        scenes.push(Scene {
            at: slot.at,
            event: Some(SLOT.to_string()),
            reply: None,
            id: None,
            data: serde_json::json!({"slot": super::expression::timestamp(slot.at)}),
            appointment: None,
        });
    }
    scenes
}

impl Stage<'_> {
    fn setting(&self) -> Setting<'_> {
        Setting {
            version: self.play.version,
            person: self.play.person,
            channels: self.play.channels,
            winners: &NO_WINNERS,
            others: &[],
        }
    }

    fn timers_until(&mut self, until: i64) {
        while self.turns < MOST_TURNS {
            self.turns += 1;
            let due = self
                .live
                .iter()
                .filter_map(|(key, run)| Some((run.timer?, key.clone())))
                .min();
            let Some((due, key)) = due.filter(|(due, _)| *due <= until) else {
                return;
            };
            self.turn(&key, &Input::Wake, due);
        }
    }

    fn scene(&mut self, index: usize, scene: &Scene) {
        let now = scene.at.timestamp_millis();
        let id = scene.id.clone().unwrap_or_else(|| format!("scene-{index}"));
        if let Some(text) = &scene.reply {
            self.line(now, "reply", "", format!("the contact texts {text:?}"));
            self.everyone(
                &Input::Reply {
                    id: id.clone(),
                    text: text.clone(),
                },
                now,
            );
        }
        if let Some(name) = &scene.event {
            let event = Happening {
                id,
                name: name.clone(),
                data: scene.data.clone(),
                appointment: scene.appointment.clone(),
            };
            let slot = name == SLOT && matches!(self.play.version.trigger, Start::Schedule { .. });
            let kind = if slot { "slot" } else { "event" };
            let what = if slot {
                "the schedule fires"
            } else {
                "arrives"
            };
            self.line(now, kind, name, what.to_string());
            self.everyone(&Input::Event(event.clone()), now);
            self.trigger(&event, now);
        }
    }

    fn everyone(&mut self, input: &Input, now: i64) {
        for key in self.live.keys().cloned().collect::<Vec<_>>() {
            self.turn(&key, input, now);
        }
    }

    fn trigger(&mut self, event: &Happening, now: i64) {
        let (version, person) = (self.play.version, self.play.person);
        let (name, duplicate) = match &version.trigger {
            Start::Event {
                event, duplicate, ..
            } => (event.as_str(), *duplicate),
            // Who is still on the way does not enter once more.
            Start::Schedule { .. } => (SLOT, Duplicate::Ignore),
        };
        if name != event.name {
            return;
        }
        let key = match key(version, person, event, now) {
            Ok(Some(key)) => key,
            Ok(None) => {
                return self.line(
                    now,
                    "not_started",
                    name,
                    "the trigger's condition does not hold, or there is no key".to_string(),
                );
            }
            Err(error) => return self.line(now, "not_started", name, error.to_string()),
        };
        if let Some(run) = self.live.remove(&key) {
            let (run, effects) = match duplicate {
                Duplicate::Ignore => {
                    self.line(
                        now,
                        "not_started",
                        name,
                        "a run is under way: ignored".to_string(),
                    );
                    (run, Vec::new())
                }
                Duplicate::Update => self.traced(run, |set, run| run::update(set, run, event, now)),
                Duplicate::Restart => {
                    self.line(
                        now,
                        "not_started",
                        name,
                        "a run is under way: begun anew".to_string(),
                    );
                    let old = run.epoch;
                    self.traced(run, |set, run| run::restart(set, run, event, old + 1, now))
                }
            };
            self.keep(&key, run, effects, now);
            return;
        }
        match admit(version, person, event, self.earlier, now) {
            Ok(None) => {
                self.earlier.last_started_at = Some(now);
                self.earlier.live += 1;
                let (run, effects) = run::start(self.setting(), event, 0, now);
                self.trail(&run, 0);
                self.keep(&key, run, effects, now);
            }
            Ok(Some(refusal)) => self.line(
                now,
                "not_started",
                name,
                format!("refused: {}", refusal.as_str()),
            ),
            Err(error) => self.line(now, "not_started", name, error.to_string()),
        }
    }

    fn turn(&mut self, key: &str, input: &Input, now: i64) {
        if let Some(run) = self.live.remove(key) {
            let (run, effects) = self.traced(run, |set, run| run::step(set, run, input, now));
            self.keep(key, run, effects, now);
        }
    }

    /// Moves a run and writes what it notes.
    fn traced(
        &mut self,
        run: Run,
        turn: impl FnOnce(Setting<'_>, Run) -> (Run, Vec<Effect>),
    ) -> (Run, Vec<Effect>) {
        let (epoch, noted) = (run.epoch, run.trail.len() + run.notes_dropped as usize);
        let (run, effects) = turn(self.setting(), run);
        let from = if run.epoch == epoch {
            noted.saturating_sub(run.notes_dropped as usize)
        } else {
            0
        };
        self.trail(&run, from);
        (run, effects)
    }

    fn trail(&mut self, run: &Run, from: usize) {
        for note in run.trail.iter().skip(from) {
            self.line(note.at, "step", &note.step, note.what.clone());
        }
    }

    fn keep(&mut self, key: &str, mut run: Run, effects: Vec<Effect>, now: i64) {
        let (mut sent, mut called) = (Vec::new(), Vec::new());
        for effect in effects {
            let at = run.clock;
            match effect {
                Effect::Send(text) => {
                    let values: Vec<String> = text
                        .vars
                        .iter()
                        .map(|(name, value)| format!("{name}={value:?}"))
                        .collect();
                    self.line(
                        at,
                        "send",
                        &text.step,
                        format!(
                            "text {} · {} by {} {}",
                            text.text,
                            text.template,
                            text.channel,
                            values.join(" ")
                        )
                        .trim_end()
                        .to_string(),
                    );
                    sent.push(text.text);
                }
                Effect::Withdraw { text } => self.line(at, "withdraw", "", format!("text {text}")),
                Effect::Emit { event, data, .. } => self.line(at, "emit", &event, data.to_string()),
                Effect::Update { field, value, .. } => {
                    self.line(at, "update", &field, value.to_string());
                }
                Effect::Appointment { field, value, .. } => {
                    self.line(
                        at,
                        "update",
                        &format!("appointment.{field}"),
                        value.to_string(),
                    );
                }
                Effect::Webhook {
                    number,
                    url,
                    method,
                    step,
                    data,
                    ..
                } => {
                    let what = format!("{} {url} {data}", method.as_str());
                    self.line(at, "webhook", &step, what);
                    called.push(number);
                }
                Effect::Timer { .. } => {}
            }
        }
        if self.play.delivers {
            for text in sent {
                for fate in [Fate::HandedOver, Fate::Delivered] {
                    let set = self.setting();
                    let (next, _none) = run::step(set, run, &Input::Outcome { text, fate }, now);
                    run = next;
                }
            }
        }
        if run.end.is_some() {
            self.earlier.live = self.earlier.live.saturating_sub(1);
            return;
        }
        self.live.insert(key.to_string(), run);
        for number in called {
            let answer = Answer {
                number,
                ok: self.play.delivers,
                status: self.play.delivers.then_some(200),
                body: Value::Null,
            };
            self.turn(key, &Input::Called(answer), now);
        }
    }

    fn line(&mut self, at: i64, kind: &'static str, step: &str, what: String) {
        let at = DateTime::from_timestamp_millis(at).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let offset = zone::offset(at, self.zone);
        let sign = if offset < 0 { '-' } else { '+' };
        let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
        let local = format!(
            "{}{sign}{hours:02}:{minutes:02}",
            zone::local(at, self.zone).format("%a %Y-%m-%d %H:%M:%S")
        );
        self.lines.push(Line {
            at,
            local,
            kind,
            step: step.to_string(),
            what,
        });
    }
}

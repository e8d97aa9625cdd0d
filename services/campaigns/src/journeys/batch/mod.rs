//! Many runs in memory: inputs are worked in one after the other, and what follows is gathered. No I/O.

pub mod counted;
mod effects;
mod starting;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::contacts::ContactChange;
use contract::{AppointmentId, ContactId, JourneyId, JourneyRunId, MessageId, TenantId};

use self::counted::Counted;
use super::CHANNELS;
use super::load::People;
use super::state::State;
use super::versions::Ready;
use crate::db::journey::Head;
use crate::db::journey_call::Call;
use crate::db::journey_input::{Body, NewInput};
use crate::db::journey_run::Row;
use crate::db::journey_winner::Winners;
use crate::journey::run::{self, Effect, Facts, Fate, Input, NO_WINNERS, Person, Run, Setting};
use crate::texts::NewText;

/// What a run has learnt of the appointment it is about.
pub struct Wish {
    pub tenant: TenantId,
    /// Who said it.
    pub contact: ContactId,
    pub appointment: AppointmentId,
    /// When and where it is, as the run knows it.
    pub told: Option<Facts>,
    /// Of the appointment, as the run knows it.
    pub version: Option<u32>,
    pub field: String,
    pub value: serde_json::Value,
}

/// What a pass knows, and what it has come to.
pub struct Batch {
    pub now: DateTime<Utc>,
    pub runs: BTreeMap<JourneyRunId, Row>,
    /// Runs of each contact, ended ones too.
    pub of_contact: HashMap<ContactId, BTreeSet<JourneyRunId>>,
    /// When runs of a contact were last started, where somebody may enter again.
    pub last_starts: BTreeMap<(ContactId, JourneyId), i64>,
    /// How many runs of a contact were started lately, where segments start them.
    pub lately: BTreeMap<(ContactId, JourneyId), u32>,
    pub journeys: HashMap<JourneyId, Head>,
    pub versions: HashMap<(JourneyId, u32), Arc<Ready>>,
    pub winners: Winners,
    pub counted: Counted,
    pub people: People,
    pub changed: BTreeSet<JourneyRunId>,
    /// Texts, and the run and number they belong to.
    pub texts: Vec<(JourneyRunId, String, NewText)>,
    pub withdrawn: Vec<MessageId>,
    pub said: Vec<NewInput>,
    pub calls: Vec<Call>,
    pub changes: Vec<(TenantId, ContactChange)>,
    pub wishes: Vec<Wish>,
    pub started: u64,
    pub moved: u64,
}

impl Batch {
    /// Works one input in.
    pub fn input(&mut self, input: &NewInput) {
        if let Some(id) = input.run {
            self.hand_to(id, input);
            return;
        }
        let Some(contact) = input.contact else { return };
        let nobody = BTreeSet::new();
        let theirs = match &input.body {
            Body::Enter { .. } => None,
            _ => self.of_contact.get(&contact),
        };
        let ids: Vec<JourneyRunId> = theirs.unwrap_or(&nobody).iter().copied().collect();
        for id in ids {
            if self
                .runs
                .get(&id)
                .is_some_and(|row| row.mode == input.mode && row.tenant == input.tenant)
            {
                self.hand_to(id, input);
            }
        }
        match &input.body {
            Body::Event(event) => self.start(event, contact, input),
            Body::Enter { journey, by } => self.enter(*journey, by, contact, input),
            _ => {}
        }
    }

    /// What is due of a run.
    pub fn wake(&mut self, id: JourneyRunId) {
        let paused = self
            .runs
            .get(&id)
            .is_none_or(|row| self.state(row.journey) == Some(State::Paused));
        if !paused {
            self.turn(id, &Input::Wake, 0);
        }
    }

    fn state(&self, journey: JourneyId) -> Option<State> {
        self.journeys.get(&journey).map(|journey| journey.state)
    }

    fn hand_to(&mut self, id: JourneyRunId, input: &NewInput) {
        let Some(row) = self.runs.get(&id) else {
            return;
        };
        let moved = match &input.body {
            Body::Event(event) => {
                let listens = self
                    .versions
                    .get(&(row.journey, row.version))
                    .is_some_and(|ready| ready.version.listens.contains(&event.name));
                if !listens || row.hears_until < self.now.timestamp_millis() {
                    return;
                }
                Input::Event(event.clone())
            }
            Body::Reply { id, text } => {
                let listens = self
                    .versions
                    .get(&(row.journey, row.version))
                    .is_some_and(|ready| ready.version.replies);
                if !listens || row.run.end.is_some() {
                    return;
                }
                Input::Reply {
                    id: id.clone(),
                    text: text.clone(),
                }
            }
            Body::Outcome { epoch, text, fate } => {
                if row.run.epoch != *epoch {
                    return;
                }
                Input::Outcome {
                    text: *text,
                    fate: *fate,
                }
            }
            Body::Called { epoch, answer } => {
                if row.run.epoch != *epoch {
                    return;
                }
                Input::Called(answer.clone())
            }
            // It is for those who have no run.
            Body::Enter { .. } => return,
            Body::Stop { why } => Input::Stop { why: why.clone() },
        };
        if self.state(row.journey) == Some(State::Paused) && !matches!(moved, Input::Stop { .. }) {
            let held = NewInput {
                run: Some(id),
                contact: None,
                held_by: Some(row.journey),
                ..input.clone()
            };
            self.said.push(held);
            return;
        }
        self.turn(id, &moved, input.hops);
    }

    fn turn(&mut self, id: JourneyRunId, input: &Input, hops: u32) {
        let now = self.now.timestamp_millis();
        self.change(id, hops, |set, run| run::step(set, run, input, now));
    }

    /// Moves a run and gathers what it wants done.
    fn change(
        &mut self,
        id: JourneyRunId,
        hops: u32,
        change: impl FnOnce(Setting<'_>, Run) -> (Run, Vec<Effect>),
    ) {
        let Some(row) = self.runs.get(&id) else {
            return;
        };
        let Some(ready) = self.versions.get(&(row.journey, row.version)).cloned() else {
            return;
        };
        let winners = self
            .winners
            .get(&(row.journey, row.version))
            .unwrap_or(&NO_WINNERS);
        let others = self.counted.by_others(row.journey, row.contact, Some(id));
        let before = row.run.clone();
        let (run, effects) = match self.people.get(&(row.tenant, row.contact)) {
            Some(person) => change(
                Setting {
                    version: &ready.version,
                    person,
                    channels: CHANNELS,
                    winners,
                    others: &others,
                },
                before.clone(),
            ),
            None => {
                // Somebody who is gone gets no more texts, and is forgotten.
                let person = Person {
                    id: row.contact.to_string(),
                    zone: None,
                    fields: BTreeMap::new(),
                };
                let set = Setting {
                    version: &ready.version,
                    person: &person,
                    channels: CHANNELS,
                    winners,
                    others: &others,
                };
                let now = self.now.timestamp_millis();
                run::step(set, before.clone(), &Input::Forget, now)
            }
        };
        let gone = !self.people.contains_key(&(row.tenant, row.contact));
        if run != before || !effects.is_empty() {
            self.moved += 1;
            self.keep(id, &ready, run, effects, hops);
        }
        if let Some(row) = self.runs.get_mut(&id).filter(|_| gone) {
            row.key.clear();
        }
    }

    fn keep(&mut self, id: JourneyRunId, ready: &Ready, run: Run, effects: Vec<Effect>, hops: u32) {
        let Some(row) = self.runs.get_mut(&id) else {
            return;
        };
        row.moved_at = self.now.into();
        row.hears_until = hears_until(ready, &run);
        row.run = run;
        self.changed.insert(id);
        let row = row.clone();
        self.counted.note(&row, self.now.timestamp_millis());
        let taken_back: Vec<u32> = effects
            .into_iter()
            .filter_map(|effect| self.effect(&row, ready, effect, hops))
            .collect();
        for text in taken_back {
            let fate = Fate::Withdrawn;
            self.turn(id, &Input::Outcome { text, fate }, hops);
        }
    }
}

/// A live run hears of everything; one that has ended of its goal, for as long as that counts.
fn hears_until(ready: &Ready, run: &Run) -> i64 {
    let Some(end) = &run.end else {
        return i64::MAX;
    };
    match &ready.version.goal {
        Some(goal) if run.goal.is_none() => goal.within.map_or(end.at, |within| {
            run.started_at + within.nominal().num_milliseconds()
        }),
        _ => end.at,
    }
}

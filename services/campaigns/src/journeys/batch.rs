//! Many runs in memory: inputs are worked in one after the other, and what follows is gathered. No I/O.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::texts::{Origin, OriginKind};
use contract::{ContactId, JourneyId, JourneyRunId, MessageId, UnixMillis};

use super::CHANNELS;
use super::outcomes::place;
use super::state::State;
use super::versions::Ready;
use crate::db::journey::Journey;
use crate::db::journey_input::{Body, NewInput};
use crate::db::journey_run::Row;
use crate::journey::entry::{Earlier, admit, key};
use crate::journey::model::Duplicate;
use crate::journey::run::{self, Effect, Happening, Input, Person, Run, Setting};
use crate::journey::version::Start;
use crate::texts::NewText;

/// Events that journeys say one another in turns go this far.
pub const MOST_HOPS: u32 = 8;

/// What a pass knows, and what it has come to.
pub struct Batch {
    pub now: DateTime<Utc>,
    pub runs: BTreeMap<JourneyRunId, Row>,
    /// Runs of each contact, ended ones too.
    pub of_contact: HashMap<ContactId, BTreeSet<JourneyRunId>>,
    pub journeys: HashMap<JourneyId, Journey>,
    pub versions: HashMap<(JourneyId, u32), Arc<Ready>>,
    pub people: HashMap<ContactId, Arc<Person>>,
    pub changed: BTreeSet<JourneyRunId>,
    /// Texts, and the run and number they belong to.
    pub texts: Vec<(JourneyRunId, String, NewText)>,
    pub withdrawn: Vec<MessageId>,
    pub said: Vec<NewInput>,
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
        let ids: Vec<JourneyRunId> = self
            .of_contact
            .get(&contact)
            .into_iter()
            .flatten()
            .copied()
            .collect();
        for id in ids {
            if self
                .runs
                .get(&id)
                .is_some_and(|row| row.mode == input.mode && row.tenant == input.tenant)
            {
                self.hand_to(id, input);
            }
        }
        if let Body::Event(event) = &input.body {
            self.start(event, contact, input);
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
        let before = row.run.clone();
        let (run, effects) = match self.people.get(&row.contact) {
            Some(person) => change(
                Setting {
                    version: &ready.version,
                    person,
                    channels: CHANNELS,
                },
                before.clone(),
            ),
            None => {
                // Somebody who is gone gets no more texts.
                let person = Person {
                    id: row.contact.to_string(),
                    zone: None,
                    fields: BTreeMap::new(),
                };
                let set = Setting {
                    version: &ready.version,
                    person: &person,
                    channels: CHANNELS,
                };
                let gone = Input::Stop {
                    why: "the contact is gone".to_string(),
                };
                run::step(set, before.clone(), &gone, self.now.timestamp_millis())
            }
        };
        if run != before || !effects.is_empty() {
            self.moved += 1;
            self.keep(id, &ready, run, effects, hops);
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
        for effect in effects {
            self.effect(&row, ready, effect, hops);
        }
    }

    fn effect(&mut self, row: &Row, ready: &Ready, effect: Effect, hops: u32) {
        let epoch = row.run.epoch;
        match effect {
            Effect::Send(text) => {
                let (Some(template), Some(sender)) = (
                    ready.template(&text.template),
                    text.sender.clone().or_else(|| ready.sender.clone()),
                ) else {
                    // Publishing made sure of both.
                    tracing::error!(run = %row.id, step = text.step, "a text has no template or no sender");
                    return;
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
            Effect::Withdraw { text } => {
                // A run that was begun anew withdraws what the one before had queued.
                let message = row.messages.get(&format!("{epoch}.{text}")).or_else(|| {
                    row.messages
                        .get(&format!("{}.{text}", epoch.wrapping_sub(1)))
                });
                self.withdrawn.extend(message.copied());
            }
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
            // Refused when the journey is published.
            Effect::Update { .. } | Effect::Webhook { .. } | Effect::Timer { .. } => {}
        }
    }

    /// Starts runs of the journeys that wait for this event.
    fn start(&mut self, event: &Happening, contact: ContactId, input: &NewInput) {
        let waiting = self.journeys.values().filter(|journey| {
            journey.starts.as_deref() == Some(event.name.as_str())
                && journey.tenant == input.tenant
                && journey.mode == input.mode
                && journey.state == State::Running
        });
        let mut waiting: Vec<(JourneyId, u32)> = waiting
            .map(|journey| (journey.id, journey.version))
            .collect();
        waiting.sort_unstable();
        let Some(person) = self.people.get(&contact).cloned() else {
            return;
        };
        let now = self.now.timestamp_millis();
        for (journey, number) in waiting {
            let Some(ready) = self.versions.get(&(journey, number)).cloned() else {
                continue;
            };
            let key = match key(&ready.version, &person, event, now) {
                Ok(Some(key)) => key,
                Ok(None) => continue,
                Err(error) => {
                    metrics::counter!("campaigns_journey_not_started_total", "reason" => "expression").increment(1);
                    tracing::warn!(%journey, error = error.what, "an event started no run");
                    continue;
                }
            };
            let own: Vec<&Row> = self
                .of_contact
                .get(&contact)
                .into_iter()
                .flatten()
                .filter_map(|id| self.runs.get(id))
                .filter(|row| row.journey == journey)
                .collect();
            if let Some(live) = own
                .iter()
                .find(|row| row.key == key && row.run.end.is_none())
            {
                let (id, epoch) = (live.id, live.run.epoch);
                let Start::Event { duplicate, .. } = &ready.version.trigger else {
                    continue;
                };
                match duplicate {
                    Duplicate::Ignore => {}
                    Duplicate::Update => {
                        self.change(id, input.hops, |set, run| run::update(set, run, event, now));
                    }
                    Duplicate::Restart => self.change(id, input.hops, |set, run| {
                        run::restart(set, run, event, epoch + 1, now)
                    }),
                }
                continue;
            }
            let live = own.iter().filter(|row| row.run.end.is_none()).count();
            let earlier = Earlier {
                last_started_at: own.iter().map(|row| row.started_at.0).max(),
                live: u32::try_from(live).unwrap_or(u32::MAX),
            };
            match admit(&ready.version, &person, event, earlier, now) {
                Ok(None) => self.begin(journey, number, &ready, key, contact, event, input),
                Ok(Some(refusal)) => metrics::counter!("campaigns_journey_not_started_total", "reason" => refusal.as_str()).increment(1),
                Err(_) => metrics::counter!("campaigns_journey_not_started_total", "reason" => "expression").increment(1),
            }
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each of them is a part of the new row"
    )]
    fn begin(
        &mut self,
        journey: JourneyId,
        number: u32,
        ready: &Ready,
        key: String,
        contact: ContactId,
        event: &Happening,
        input: &NewInput,
    ) {
        let Some(person) = self.people.get(&contact).cloned() else {
            return;
        };
        let set = Setting {
            version: &ready.version,
            person: &person,
            channels: CHANNELS,
        };
        let (run, effects) = run::start(set, event, 0, self.now.timestamp_millis());
        let row = Row {
            id: JourneyRunId::at(self.now),
            tenant: input.tenant,
            journey,
            version: number,
            key,
            contact,
            mode: input.mode,
            run: run.clone(),
            messages: BTreeMap::new(),
            hears_until: i64::MAX,
            started_at: self.now.into(),
            moved_at: self.now.into(),
        };
        let id = row.id;
        self.runs.insert(id, row);
        self.of_contact.entry(contact).or_default().insert(id);
        self.started += 1;
        self.keep(id, ready, run, effects, input.hops);
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

//! Runs begin: who may enter, and what becomes of a run that is under way already.

use std::collections::BTreeMap;

use contract::{ContactId, JourneyId, JourneyRunId, TenantId};

use super::Batch;
use crate::db::journey::Head;
use crate::db::journey_input::{Body, NewInput};
use crate::db::journey_run::Row;
use crate::journey::entry::{Earlier, admit, key};
use crate::journey::model::Duplicate;
use crate::journey::run::{self, Happening, NO_WINNERS, Setting};
use crate::journey::simulate::SLOT;
use crate::journey::version::Start;
use crate::journeys::CHANNELS;
use crate::journeys::state::State;
use crate::journeys::versions::Ready;

impl Batch {
    /// Starts runs of the journeys that wait for this event. What comes for one that is paused waits for its resume,
    /// and for it alone: the others have had it by then.
    pub(super) fn start(&mut self, event: &Happening, contact: ContactId, input: &NewInput) {
        let waiting = self.journeys.values().filter(|journey| {
            journey.starts.as_deref() == Some(event.name.as_str())
                && journey.tenant == input.tenant
                && journey.mode == input.mode
        });
        let mut waiting: Vec<(JourneyId, u32, State)> = waiting
            .map(|journey| (journey.id, journey.version, journey.state))
            .collect();
        waiting.sort_unstable_by_key(|(id, ..)| *id);
        for (id, version, state) in waiting {
            match state {
                State::Running => self.start_one((id, version), event, contact, input),
                State::Paused
                    if self.would_start((id, version), event, (input.tenant, contact)) =>
                {
                    self.hold_start(id, event, input);
                }
                State::Draft | State::Paused | State::Draining => {}
            }
        }
    }

    /// A slot of a schedule has come for this contact, or an event that waited for the end of a pause.
    pub(super) fn enter(
        &mut self,
        journey: JourneyId,
        by: &Happening,
        contact: ContactId,
        input: &NewInput,
    ) {
        let ours = |head: &&Head| head.tenant == input.tenant;
        let Some(head) = self.journeys.get(&journey).filter(ours) else {
            return;
        };
        let (version, state) = (head.version, head.state);
        match state {
            State::Running => self.start_one((journey, version), by, contact, input),
            // Paused once more before it was its turn. Slots of a pause are skipped.
            State::Paused if by.name != SLOT => self.hold_start(journey, by, input),
            State::Draft | State::Paused | State::Draining => {
                metrics::counter!("campaigns_journey_not_started_total", "reason" => state.as_str())
                    .increment(1);
            }
        }
    }

    /// Whether the journey's condition lets this event start it. What cannot be told is true: the version that is
    /// published at the resume says.
    fn would_start(
        &self,
        of: (JourneyId, u32),
        event: &Happening,
        whom: (TenantId, ContactId),
    ) -> bool {
        let (Some(person), Some(ready)) = (self.people.get(&whom), self.versions.get(&of)) else {
            return false;
        };
        !matches!(
            key(&ready.version, person, event, self.now.timestamp_millis()),
            Ok(None)
        )
    }

    fn hold_start(&mut self, journey: JourneyId, by: &Happening, input: &NewInput) {
        self.said.push(NewInput {
            held_by: Some(journey),
            body: Body::Enter {
                journey,
                by: by.clone(),
            },
            ..input.clone()
        });
    }

    fn start_one(
        &mut self,
        (journey, number): (JourneyId, u32),
        event: &Happening,
        contact: ContactId,
        input: &NewInput,
    ) {
        let (Some(person), Some(ready)) = (
            self.people.get(&(input.tenant, contact)).cloned(),
            self.versions.get(&(journey, number)).cloned(),
        ) else {
            return;
        };
        let now = self.now.timestamp_millis();
        let key = match key(&ready.version, &person, event, now) {
            Ok(Some(key)) => key,
            Ok(None) => return,
            Err(error) => {
                metrics::counter!("campaigns_journey_not_started_total", "reason" => "expression")
                    .increment(1);
                tracing::warn!(%journey, error = error.what, "an event started no run");
                return;
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
            let duplicate = match &ready.version.trigger {
                Start::Event { duplicate, .. } => *duplicate,
                Start::Schedule { .. } => Duplicate::Ignore,
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
            return;
        }
        let live = own.iter().filter(|row| row.run.end.is_none()).count();
        let earlier = Earlier {
            last_started_at: own
                .iter()
                .map(|row| row.started_at.0)
                .chain(self.last_starts.get(&(contact, journey)).copied())
                .max(),
            live: u32::try_from(live).unwrap_or(u32::MAX),
            lately: self.lately.get(&(contact, journey)).copied().unwrap_or(0),
        };
        match admit(&ready.version, &person, event, earlier, now) {
            Ok(None) => {
                *self.lately.entry((contact, journey)).or_default() += 1;
                self.begin(journey, number, &ready, key, contact, event, input);
            }
            Ok(Some(refusal)) => metrics::counter!("campaigns_journey_not_started_total", "reason" => refusal.as_str()).increment(1),
            Err(_) => metrics::counter!("campaigns_journey_not_started_total", "reason" => "expression").increment(1),
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
        let Some(person) = self.people.get(&(input.tenant, contact)).cloned() else {
            return;
        };
        let set = Setting {
            version: &ready.version,
            person: &person,
            channels: CHANNELS,
            winners: self.winners.get(&(journey, number)).unwrap_or(&NO_WINNERS),
            others: &self.counted.by_others(journey, contact, None),
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
            unread: false,
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

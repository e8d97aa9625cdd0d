//! The loop around a run: what is due first, then the input, then what follows from both.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::state::{Effect, End, Ended, Fiber, Input, Note, Person, Run, Waiting};
use super::{GRACE_MS, scope};
use crate::journey::expression::EvalError;
use crate::journey::version::{At, Kind, Step, Version};

/// Inputs whose ids a run remembers.
pub(super) const MOST_SEEN: usize = 256;
/// Notes that a run keeps.
const MOST_NOTES: usize = 200;

/// What a run is worked out in.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub version: &'a Version,
    pub person: &'a Person,
    /// Channels that are set up here.
    pub channels: &'a [&'a str],
    /// Variants that have won their splits, by step.
    pub winners: &'a BTreeMap<String, String>,
    /// When other runs of the same journey sent this person texts that count against its limits.
    pub others: &'a [i64],
}

pub(super) struct Machine<'a> {
    pub set: Setting<'a>,
    pub run: Run,
    pub effects: Vec<Effect>,
    /// What is done now hangs on a timer that came too late.
    pub late: bool,
    pub now: i64,
    pub contact: BTreeMap<String, Value>,
}

/// How a step went.
pub(super) enum Flow {
    Next(Option<At>),
    Block(Waiting),
}

/// What an expression in a step came to nothing for.
pub(super) type Tried<T> = Result<T, EvalError>;

enum Due {
    Exit(usize),
    Fiber(u32),
    Receipt(u32),
}

/// Moves a run by one input at `now`.
pub fn step(set: Setting<'_>, run: Run, input: &Input, now: i64) -> (Run, Vec<Effect>) {
    let mut machine = Machine::new(set, run, now);
    if *input == Input::Forget {
        machine.forget();
        return machine.finish();
    }
    machine.advance();
    match input {
        Input::Wake | Input::Forget => {}
        Input::Event(event) => {
            if machine.listens_to(&event.name)
                && !scope::tells_of_another(event, &machine.run.appointment)
                && machine.first_time(&event.id)
            {
                machine.event(event);
            }
        }
        Input::Reply { id, text } => {
            if machine.run.end.is_none() && machine.first_time(id) {
                machine.reply(text);
            }
        }
        Input::Outcome { text, fate } => machine.outcome(*text, *fate),
        Input::Called(answer) => machine.called(answer),
        Input::Stop { why } => machine.end(End::Stopped, why.clone()),
    }
    machine.finish()
}

impl<'a> Machine<'a> {
    pub fn new(set: Setting<'a>, run: Run, now: i64) -> Self {
        // A clock that goes backwards does not take a run with it.
        let now = now.max(run.clock);
        let contact = scope::contact(set, &run);
        Self {
            set,
            run,
            effects: Vec::new(),
            late: false,
            now,
            contact,
        }
    }

    /// Works in what is due up to now.
    pub fn advance(&mut self) {
        while self.run.end.is_none() {
            let Some((due, what)) = self.next_due().filter(|(due, _)| *due <= self.now) else {
                break;
            };
            self.late = self.now - due > GRACE_MS;
            let at = if self.late { self.now } else { due };
            self.run.clock = self.run.clock.max(at);
            match what {
                Due::Exit(index) => {
                    let how = self
                        .set
                        .version
                        .exits
                        .get(index)
                        .map_or(End::Expired, |exit| exit.how.into());
                    self.end(how, "its time was over".to_string());
                }
                Due::Fiber(id) => self.wake(id),
                Due::Receipt(text) => self.no_receipt(text),
            }
            self.complete();
        }
        self.late = false;
        if self.run.end.is_none() {
            self.run.clock = self.now;
        }
    }

    /// The earliest timer of the run; of equals the exit first, then in the order they were made.
    fn next_due(&self) -> Option<(i64, Due)> {
        let exits = self
            .set
            .version
            .exits
            .iter()
            .enumerate()
            .filter_map(|(index, exit)| {
                let after = exit.after.filter(|_| exit.event.is_none())?;
                let due = self.from(self.run.started_at, after);
                Some(((due, 0, 0), Due::Exit(index)))
            });
        let fibers =
            self.run.fibers.iter().filter_map(|fiber| {
                Some(((fiber.waiting.due()?, 1, fiber.id), Due::Fiber(fiber.id)))
            });
        let receipts = self.run.texts.iter().filter_map(|text| {
            Some((
                (text.receipt_due?, 2, text.number),
                Due::Receipt(text.number),
            ))
        });
        let earliest = exits
            .chain(fibers)
            .chain(receipts)
            .min_by_key(|(order, _)| *order);
        earliest.map(|((due, ..), what)| (due, what))
    }

    fn wake(&mut self, id: u32) {
        let Some(fiber) = self.run.fibers.iter().find(|fiber| fiber.id == id).cloned() else {
            return;
        };
        let Some(at) = self.set.version.find(&fiber.step) else {
            // The step is gone; a migration that allowed this would be a fault of ours.
            self.end(End::Failed, format!("there is no step {}", fiber.step));
            return;
        };
        let step = &self.set.version.steps[at];
        match (fiber.waiting, &step.kind) {
            (Waiting::Time(_), _) => self.go(id, step.next),
            (Waiting::Again(_), _) => self.go(id, Some(at)),
            (Waiting::Alone(_), _) => self.anew(id, at),
            (Waiting::Event(_), Kind::Await(waiting)) => {
                self.note(&step.id, "nothing came in time");
                self.go(id, waiting.on_timeout);
            }
            (Waiting::Listening(_), Kind::Await(waiting)) => {
                self.drop_fiber(id);
                self.note(&step.id, "listens no longer");
                if waiting.on_timeout.is_some() {
                    self.beside(waiting.on_timeout);
                }
            }
            (_, _) => self.go(id, step.next),
        }
    }

    /// Runs a strand until it waits or ends.
    pub fn go(&mut self, fiber: u32, from: Option<At>) {
        let mut at = from;
        while let Some(index) = at {
            if self.run.end.is_some() {
                return;
            }
            match self.one(fiber, index) {
                Ok(Flow::Next(next)) => at = next,
                Ok(Flow::Block(waiting)) => {
                    self.stand(fiber, index, waiting);
                    return;
                }
                Err(error) => {
                    let step = self.set.version.steps[index].id.clone();
                    self.note(&step, format!("failed: {error}"));
                    self.end(End::Failed, format!("step {step}: {error}"));
                    return;
                }
            }
        }
        self.drop_fiber(fiber);
    }

    fn one(&mut self, fiber: u32, index: At) -> Tried<Flow> {
        let step = &self.set.version.steps[index];
        if !self.may_run(step)? {
            return Ok(Flow::Next(step.next));
        }
        self.execute(fiber, step)
    }

    /// False where the run has ended, or the step's own condition does not hold.
    pub fn may_run(&mut self, step: &Step) -> Tried<bool> {
        if self.exit_by_condition()? {
            return Ok(false);
        }
        if let Some(guard) = &step.guard
            && !self.holds(guard, None)?
        {
            self.note(&step.id, "passed over: its condition does not hold");
            return Ok(false);
        }
        Ok(true)
    }

    pub fn stand(&mut self, id: u32, at: At, waiting: Waiting) {
        let step = self.set.version.steps[at].id.clone();
        let fiber = Fiber { id, step, waiting };
        match self.run.fibers.iter_mut().find(|known| known.id == id) {
            Some(known) => *known = fiber,
            None => {
                self.run.fibers.push(fiber);
                self.run.fibers.sort_by_key(|fiber| fiber.id);
            }
        }
    }

    pub fn drop_fiber(&mut self, id: u32) {
        self.run.fibers.retain(|fiber| fiber.id != id);
    }

    /// A strand beside the way.
    pub fn beside(&mut self, at: Option<At>) {
        let id = self.run.next_fiber;
        self.run.next_fiber += 1;
        self.go(id, at);
    }

    /// A run is over when all that is left of it listens.
    fn complete(&mut self) {
        let busy = self
            .run
            .fibers
            .iter()
            .any(|fiber| !matches!(fiber.waiting, Waiting::Listening(_)));
        let fallback = self.run.texts.iter().any(|text| text.receipt_due.is_some());
        if self.run.end.is_none() && !busy && !fallback {
            self.end(End::Completed, String::new());
        }
    }

    pub fn end(&mut self, how: End, why: String) {
        if self.run.end.is_some() {
            return;
        }
        let what = if why.is_empty() {
            format!("ended: {}", how.as_str())
        } else {
            format!("ended: {}, {why}", how.as_str())
        };
        self.note("", what);
        self.run.end = Some(Ended {
            how,
            at: self.run.clock,
            why,
        });
        self.run.fibers.clear();
        self.run.calls.clear();
        for text in &mut self.run.texts {
            text.receipt_due = None;
        }
        if how != End::Completed {
            self.withdraw_queued();
        }
    }

    pub fn finish(mut self) -> (Run, Vec<Effect>) {
        self.complete();
        let due = match self.run.end {
            Some(_) => None,
            None => self.next_due().map(|(due, _)| due),
        };
        if due != self.run.timer {
            self.run.timer = due;
            self.effects.push(Effect::Timer { due });
        }
        (self.run, self.effects)
    }

    /// False where this input has been worked in before.
    pub fn first_time(&mut self, id: &str) -> bool {
        let digest = Sha256::digest(id.as_bytes());
        let mark = digest
            .iter()
            .take(8)
            .fold(0_u64, |mark, byte| mark << 8 | u64::from(*byte));
        if self.run.seen.contains(&mark) {
            return false;
        }
        if self.run.seen.len() == MOST_SEEN {
            self.run.seen.pop_front();
        }
        self.run.seen.push_back(mark);
        true
    }

    pub fn note(&mut self, step: &str, what: impl Into<String>) {
        if self.run.trail.len() == MOST_NOTES {
            self.run.trail.remove(0);
            self.run.notes_dropped += 1;
        }
        self.run.trail.push(Note {
            at: self.run.clock,
            step: step.to_string(),
            what: what.into(),
        });
    }

    /// The number of the next effect.
    pub fn number(&mut self) -> u32 {
        self.run.number += 1;
        self.run.number
    }
}

//! The appointment moved, or the event that started the run came again: what was aimed at the old time is aimed anew.

use serde_json::Value;

use super::machine::{Flow, Machine, Tried};
use super::scope;
use super::state::{End, Fate, Fiber, Happening, Text, Waiting};
use crate::journey::model::NoticeIf;
use crate::journey::version::{At, Kind};

/// Several moves within this time are told once, in milliseconds.
const NOTICE_AFTER_MS: i64 = 60_000;
/// The strand of the notice.
pub(super) const NOTICE: &str = "_notice";

impl Machine<'_> {
    /// Takes over what the event tells of the appointment; fields it does not name stay.
    fn take_over(&mut self, event: &Happening) {
        let mut told = scope::appointment_of(event);
        scope::normalise(&mut Value::Null, &mut told);
        match (&mut self.run.appointment, told) {
            (Value::Object(known), Value::Object(told)) => known.extend(told),
            (known, told) => *known = told,
        }
        // A local time that is told without its zone is read in the zone that is known.
        scope::normalise(&mut Value::Null, &mut self.run.appointment);
    }

    pub fn renew(&mut self, event: &Happening) {
        self.take_over(event);
        self.run.event = event.data.clone();
        crate::journey::expression::normalise(&mut self.run.event);
        self.note(
            "",
            format!("{} came again: its data is the new one", event.name),
        );
        self.aim_waits();
        if let Err(error) = self.aim_listeners() {
            self.end(End::Failed, format!("event {}: {error}", event.name));
        }
    }

    pub fn replan(&mut self, event: &Happening) -> Tried<()> {
        let Some(replan) = &self.set.version.replan else {
            return Ok(());
        };
        self.take_over(event);
        if let Value::Object(fields) = &mut self.run.appointment {
            for name in &replan.reset {
                fields.insert(name.clone(), Value::Null);
            }
        }
        self.note(
            "",
            format!("{} came: what was planned is planned anew", event.name),
        );
        let contacted = self.run.texts.iter().any(|text| text.fate.left());
        self.withdraw_queued();
        let wanted = match replan.notice_if {
            NoticeIf::Always => true,
            NoticeIf::AlreadyContacted => contacted,
            NoticeIf::Never => false,
        };
        // One that waits is about a time that is over. Whoever was told what is true again needs none.
        self.run.fibers.retain(|fiber| fiber.step != NOTICE);
        if wanted && !self.knows_the_truth() {
            self.plan_notice();
        }
        self.aim_listeners()?;
        self.rewind();
        Ok(())
    }

    /// A text about the old time had left after all.
    pub fn owe_notice(&mut self, late: &Text) {
        let told = self.run.texts.iter().any(|text| {
            let sent_anew = text.step == late.step && text.number > late.number;
            (text.step == NOTICE || sent_anew)
                && (text.fate == Fate::Queued || text.fate.left())
                && !text.superseded
        });
        if self.notice_step().is_some() && !told && !self.knows_the_truth() {
            self.plan_notice();
        }
    }

    /// A move took this text back, and it never left. Where planning anew does not come to it again, it is sent once
    /// more, about what is true.
    pub fn send_anew(&mut self, text: &Text) {
        let version = self.set.version;
        let Some(at) = version.find(&text.step) else {
            return;
        };
        let again = |other: &Text| {
            let there = other.fate == Fate::Queued || other.fate.left();
            other.step == text.step && other.number != text.number && there
        };
        if version.replan.is_none()
            || version.steps[at].answer
            || self.planned_anew(at)
            || self.run.texts.iter().any(again)
        {
            return;
        }
        let id = self.run.next_fiber;
        self.run.next_fiber += 1;
        self.anew(id, at);
    }

    /// Sends the text of one step and goes no further. It takes the place of one that counted.
    pub fn anew(&mut self, fiber: u32, at: At) {
        let step = &self.set.version.steps[at];
        let flow = match (&step.kind, self.may_run(step)) {
            (_, Err(error)) => Err(error),
            (Kind::Send(send), Ok(true)) => self.send(step, send, false),
            _ => Ok(Flow::Next(None)),
        };
        match flow {
            Ok(Flow::Block(Waiting::Again(due))) => self.stand(fiber, at, Waiting::Alone(due)),
            Ok(_) => self.drop_fiber(fiber),
            Err(error) => {
                self.note(&step.id, format!("failed: {error}"));
                self.end(End::Failed, format!("step {}: {error}", step.id));
            }
        }
    }

    /// The person answered to a time that is not the agreed one any more: they are told the new one at once. False
    /// where no text tells of moves.
    pub fn tell_new_time(&mut self) -> bool {
        let Some(at) = self.notice_step() else {
            return false;
        };
        if !self.notice_queued() {
            self.run.fibers.retain(|fiber| fiber.step != NOTICE);
            self.beside(Some(at));
        }
        true
    }

    fn plan_notice(&mut self) {
        if self.set.version.find(NOTICE).is_none() {
            return;
        }
        self.run.fibers.retain(|fiber| fiber.step != NOTICE);
        let waiting = Waiting::Again(self.run.clock + NOTICE_AFTER_MS);
        let id = self.run.next_fiber;
        self.run.next_fiber += 1;
        self.run.fibers.push(Fiber {
            id,
            step: NOTICE.to_string(),
            waiting,
        });
    }

    /// Waits for an instant are begun again: it may be another one now.
    pub(super) fn aim_waits(&mut self) {
        for fiber in self.run.fibers.clone() {
            let Some(at) = self.set.version.find(&fiber.step) else {
                continue;
            };
            if matches!((&self.set.version.steps[at].kind, fiber.waiting), (Kind::Wait(wait), Waiting::Time(_)) if wait.until.is_some())
            {
                self.go(fiber.id, Some(at));
            }
        }
    }

    pub(super) fn aim_listeners(&mut self) -> Tried<()> {
        for fiber in self.run.fibers.clone() {
            let Some(at) = self.set.version.find(&fiber.step) else {
                continue;
            };
            if let Kind::Await(waiting) = &self.set.version.steps[at].kind
                && let Some(until) = &waiting.until
            {
                let due = Some(self.moment(until)?.timestamp_millis());
                if let Some(known) = self
                    .run
                    .fibers
                    .iter_mut()
                    .find(|known| known.id == fiber.id)
                {
                    known.waiting = match known.waiting {
                        Waiting::Listening(_) => Waiting::Listening(due),
                        Waiting::Event(_) => Waiting::Event(due),
                        other => other,
                    };
                }
            }
        }
        Ok(())
    }

    /// The steps one after the other, without those within others.
    fn way(&self) -> Vec<At> {
        let version = self.set.version;
        let mut way: Vec<At> = Vec::new();
        let mut at = version.first;
        while let Some(index) = at {
            way.push(index);
            at = version.steps[index].next;
        }
        way
    }

    /// The place of the first wait that hangs on an instant.
    fn anchor(&self, way: &[At]) -> Option<usize> {
        let version = self.set.version;
        way.iter().position(
            |index| matches!(&version.steps[*index].kind, Kind::Wait(wait) if wait.until.is_some()),
        )
    }

    /// Where a step is on the way. `None`: beside it, or within its last step.
    fn place(&self, way: &[At], step: At) -> Option<usize> {
        // A step within another one comes before whatever follows that one.
        let mut at = Some(step);
        let mut within = false;
        while let Some(index) = at {
            if let Some(place) = way.iter().position(|step| *step == index) {
                return Some(if within {
                    place.saturating_sub(1)
                } else {
                    place
                });
            }
            within = true;
            at = self.set.version.steps[index].next;
        }
        None
    }

    /// Whether a move leads back to before this step, or it is none of the way.
    fn planned_anew(&self, step: At) -> bool {
        let way = self.way();
        match (self.place(&way, step), self.anchor(&way)) {
            (Some(place), Some(first)) => place >= first,
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// Back to the first wait that hangs on an instant, if the way is past it.
    fn rewind(&mut self) {
        let way = self.way();
        let (Some(first), Some(main)) = (
            self.anchor(&way),
            self.run.fibers.iter().find(|fiber| fiber.id == 0),
        ) else {
            return;
        };
        let at = self.set.version.find(&main.step);
        let place = at
            .and_then(|at| self.place(&way, at))
            .unwrap_or(way.len() - 1);
        if place >= first {
            self.go(0, Some(way[first]));
        }
    }
}

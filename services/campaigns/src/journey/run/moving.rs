//! The appointment moved, or the event that started the run came again: what was aimed at the old time is aimed anew.

use serde_json::Value;

use super::machine::{Machine, Tried};
use super::scope;
use super::state::{End, Fate, Fiber, Happening, Waiting};
use crate::journey::model::NoticeIf;
use crate::journey::version::{At, Kind};

/// Several moves within this time are told once, in milliseconds.
const NOTICE_AFTER_MS: i64 = 60_000;
/// The strand of the notice.
const NOTICE: &str = "_notice";

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
        for fiber in self.run.fibers.clone() {
            let Some(at) = self.set.version.find(&fiber.step) else {
                continue;
            };
            if matches!((&self.set.version.steps[at].kind, fiber.waiting), (Kind::Wait(wait), Waiting::Time(_)) if wait.until.is_some())
            {
                self.go(fiber.id, Some(at));
            }
        }
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
        if wanted {
            self.plan_notice();
        }
        self.aim_listeners()?;
        self.rewind();
        Ok(())
    }

    /// A text about the old time had left after all.
    pub fn owe_notice(&mut self) {
        let asked = self
            .set
            .version
            .replan
            .as_ref()
            .is_some_and(|replan| replan.notice_if != NoticeIf::Never);
        let told = self.run.texts.iter().any(|text| {
            text.step == NOTICE
                && (text.fate == Fate::Queued || text.fate.left())
                && !text.superseded
        });
        if asked && !told {
            self.plan_notice();
        }
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

    fn aim_listeners(&mut self) -> Tried<()> {
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

    /// Back to the first wait that hangs on an instant, if the way is past it.
    fn rewind(&mut self) {
        let version = self.set.version;
        let mut way: Vec<At> = Vec::new();
        let mut at = version.first;
        while let Some(index) = at {
            way.push(index);
            at = version.steps[index].next;
        }
        let anchored = way.iter().position(
            |index| matches!(&version.steps[*index].kind, Kind::Wait(wait) if wait.until.is_some()),
        );
        let (Some(first), Some(main)) =
            (anchored, self.run.fibers.iter().find(|fiber| fiber.id == 0))
        else {
            return;
        };
        // A step within another one comes before whatever follows that one.
        let mut at = version.find(&main.step);
        let mut place = None;
        let mut within = false;
        while let Some(index) = at {
            place = way.iter().position(|step| *step == index);
            if place.is_some() {
                break;
            }
            within = true;
            at = version.steps[index].next;
        }
        let place = match place {
            Some(place) if within => place.saturating_sub(1),
            Some(place) => place,
            None => way.len() - 1,
        };
        if place >= first {
            self.go(0, Some(way[first]));
        }
    }
}

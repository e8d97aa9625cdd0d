//! Events and replies.

use serde_json::Value;

use super::machine::{Machine, Tried};
use super::meaning;
use super::scope;
use super::state::{End, Fiber, Happening, Reached, Run, Waiting};
use crate::journey::expression;
use crate::journey::version::{At, Await, Kind, Version};

/// What is said of an appointment where something else than its time and place is new.
const UPDATED: &str = "appointment.updated";

/// What a run would do with a text of its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asks {
    /// Texts are waited for.
    pub waits: bool,
    /// Some step waits for these words.
    pub understands: bool,
    /// Some step does something with all others.
    pub takes_anything: bool,
}

/// Looks at the steps that wait for texts at `now`; what ends by then waits no more.
pub fn asks(version: &Version, run: &Run, text: &str, now: i64) -> Asks {
    let mut asks = Asks::default();
    for fiber in &run.fibers {
        let over = fiber.waiting.due().is_some_and(|due| due <= now);
        let Some(waiting) = awaiting(version, fiber).filter(|_| !over) else {
            continue;
        };
        asks.waits |= !waiting.replies.is_empty();
        asks.takes_anything |= waiting.other.is_some();
        asks.understands |= meaning::exactly(waiting, text)
            .or_else(|| meaning::nearly(waiting, text, version.is_about_appointments()))
            .is_some();
    }
    asks
}

fn awaiting<'a>(version: &'a Version, fiber: &Fiber) -> Option<&'a Await> {
    let at = version.find(&fiber.step)?;
    match (&version.steps[at].kind, fiber.waiting) {
        (Kind::Await(waiting), Waiting::Event(_) | Waiting::Listening(_)) => Some(waiting),
        _ => None,
    }
}

impl<'a> Machine<'a> {
    /// Whether the event can change anything. A run that has ended still hears of its goal.
    pub fn listens_to(&self, name: &str) -> bool {
        match self.run.end {
            None => self.set.version.listens.contains(name),
            Some(_) => {
                self.run.goal.is_none()
                    && self
                        .set
                        .version
                        .goal
                        .as_ref()
                        .is_some_and(|goal| goal.event == name)
            }
        }
    }

    pub fn event(&mut self, event: &Happening) {
        let mut data = event.data.clone();
        expression::normalise(&mut data);
        if let Err(error) = self.hear(event, &data) {
            self.note("", format!("failed at {}: {error}", event.name));
            self.end(End::Failed, format!("event {}: {error}", event.name));
        }
    }

    fn hear(&mut self, event: &Happening, data: &Value) -> Tried<()> {
        if self.run.end.is_none() && self.set.version.remembers.contains(&event.name) {
            self.run.happened.insert(event.name.clone(), self.run.clock);
        }
        if self.run.end.is_none() && self.is_of_another_person(event) {
            let why = "the appointment is somebody else's now".to_string();
            self.end(End::Cancelled, why);
            return Ok(());
        }
        self.follow(event)?;
        self.goal(event, data)?;
        if self.run.end.is_some() {
            return Ok(());
        }
        for exit in &self.set.version.exits {
            let named = exit.event.as_ref() == Some(&event.name);
            let in_time = exit
                .after
                .is_none_or(|after| self.run.clock <= self.from(self.run.started_at, after));
            if named && in_time && self.maybe_holds(exit.condition.as_ref(), data)? {
                self.end(exit.how.into(), format!("{} came", event.name));
                return Ok(());
            }
        }
        if self
            .set
            .version
            .replan
            .as_ref()
            .is_some_and(|replan| replan.event == event.name)
        {
            self.replan(event)?;
        }
        for fiber in self.run.fibers.clone() {
            self.offer(&fiber, event, data)?;
        }
        if self.run.end.is_none() {
            self.exit_by_condition()?;
        }
        Ok(())
    }

    fn is_of_another_person(&self, event: &Happening) -> bool {
        let own = self.run.appointment.get("id");
        own.is_some()
            && own == scope::appointment_of(event).get("id")
            && scope::is_of_another_person(event, &self.set.person.id)
    }

    /// What became of the run's appointment. When it begins, and where, only a new plan changes.
    fn follow(&mut self, event: &Happening) -> Tried<()> {
        let mut told = scope::appointment_of(event);
        scope::normalise(&mut Value::Null, &mut told);
        let same =
            |name: &str, own: &Value| told.get(name).is_some() && told.get(name) == own.get(name);
        if !same("id", &self.run.appointment) {
            return Ok(());
        }
        let mut names = vec!["status", "confirmation"];
        if event.name == UPDATED && same("starts_at", &self.run.appointment) {
            names.extend(["version", "subject", "for", "minutes", "ends_at"]);
        }
        let ended = self.run.appointment.get("ends_at").cloned();
        if let Value::Object(own) = &mut self.run.appointment {
            for name in names {
                if let Some(value) = told.get(name) {
                    own.insert(name.to_string(), value.clone());
                }
            }
        }
        if self.run.end.is_none() && self.run.appointment.get("ends_at") != ended.as_ref() {
            self.aim_waits();
            self.aim_listeners()?;
        }
        Ok(())
    }

    fn maybe_holds(&self, condition: Option<&expression::Compiled>, data: &Value) -> Tried<bool> {
        condition.map_or(Ok(true), |condition| self.holds(condition, Some(data)))
    }

    fn goal(&mut self, event: &Happening, data: &Value) -> Tried<()> {
        let Some(goal) = self
            .set
            .version
            .goal
            .as_ref()
            .filter(|goal| goal.event == event.name)
        else {
            return Ok(());
        };
        let at = self.now.max(self.run.clock);
        let in_time = goal
            .within
            .is_none_or(|within| at <= self.from(self.run.started_at, within));
        if self.run.goal.is_some()
            || !in_time
            || !self.maybe_holds(goal.condition.as_ref(), data)?
        {
            return Ok(());
        }
        let value = match &goal.value {
            Some(value) => self.with_scopes(Some(data), |scopes| value.json(scopes))?,
            None => Value::Null,
        };
        self.note("", "reached its goal");
        self.run.goal = Some(Reached { at, value });
        Ok(())
    }

    fn offer(&mut self, fiber: &Fiber, event: &Happening, data: &Value) -> Tried<()> {
        let Some(waiting) = self.awaiting(fiber) else {
            return Ok(());
        };
        if waiting.event.as_ref() != Some(&event.name)
            || !self.maybe_holds(waiting.condition.as_ref(), data)?
        {
            return Ok(());
        }
        self.note(&fiber.step, format!("{} came", event.name));
        self.run.awaited.insert(fiber.step.clone(), data.clone());
        self.lead(fiber, waiting.then);
        Ok(())
    }

    /// A text of the person: the latest question whose words it has takes it, then the latest whose words it means,
    /// otherwise the latest that takes anything.
    pub fn reply(&mut self, text: &str) {
        let of_appointment = self.set.version.is_about_appointments();
        let fibers: Vec<Fiber> = self.run.fibers.iter().rev().cloned().collect();
        let found = |meant: &dyn Fn(&'a Await) -> Option<&'a meaning::Reply>| {
            fibers.iter().find_map(|fiber| {
                let (_, name, to) = meant(self.awaiting(fiber)?)?;
                Some((fiber.clone(), name, *to))
            })
        };
        let understood = found(&|waiting| meaning::exactly(waiting, text))
            .or_else(|| found(&|waiting| meaning::nearly(waiting, text, of_appointment)));
        match understood {
            Some((fiber, name, to)) => self.understood(&fiber, name, to),
            None => self.not_understood(),
        }
    }

    /// Whoever confirms a time that is not the agreed one any more has confirmed nothing: they are told the new one.
    fn understood(&mut self, fiber: &Fiber, name: &str, to: Option<At>) {
        let before = self
            .believes_the_old_time()
            .then(|| (self.run.clone(), self.contact.clone(), self.effects.len()));
        self.note(&fiber.step, format!("reply: {name}"));
        self.run.reply = Some(name.to_string());
        self.lead(fiber, to);
        let Some((run, contact, effects)) = before else {
            return;
        };
        let confirmed = |run: &Run| {
            let said = run.appointment.get("confirmation").and_then(Value::as_str);
            said == Some("confirmed")
        };
        if confirmed(&run) || !confirmed(&self.run) {
            return;
        }
        (self.run, self.contact) = (run, contact);
        self.effects.truncate(effects);
        self.note(
            &fiber.step,
            format!("reply: {name}, to the time before the move"),
        );
        if !self.tell_new_time() {
            self.not_understood();
        }
    }

    fn not_understood(&mut self) {
        let fibers: Vec<Fiber> = self.run.fibers.iter().rev().cloned().collect();
        for fiber in &fibers {
            if let Some(waiting) = self.awaiting(fiber)
                && let Some(other) = waiting.other
            {
                self.note(&fiber.step, "reply: not understood");
                self.run.reply = Some("other".to_string());
                self.lead(fiber, Some(other));
                return;
            }
        }
    }

    fn awaiting(&self, fiber: &Fiber) -> Option<&'a Await> {
        awaiting(self.set.version, fiber)
    }

    /// Goes on where the waiting leads: a listener keeps listening.
    fn lead(&mut self, fiber: &Fiber, to: Option<At>) {
        match fiber.waiting {
            Waiting::Listening(_) => self.beside(to),
            _ => self.go(fiber.id, to),
        }
    }
}

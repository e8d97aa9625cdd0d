//! Whether, when and over which channel a text is sent.

use std::collections::BTreeMap;

use serde_json::Value;

use super::machine::{Flow, Machine, Tried};
use super::scope::instant;
use super::state::{Effect, Fate, Outgoing, Text, Waiting};
use crate::journey::model::{Late, Outside};
use crate::journey::version::{Send, Step};

impl Machine<'_> {
    /// `counts`: against the limits. What answers the person does not, nor what takes the place of another text.
    pub fn send(&mut self, step: &Step, send: &Send, counts: bool) -> Tried<Flow> {
        let now = instant(self.run.clock);
        if let Some(why) = self.refusal(send, counts) {
            self.note(&step.id, format!("not sent: {why}"));
            return Ok(Flow::Next(step.next));
        }
        if let Some(hours) = send.hours.as_ref().filter(|_| !step.answer) {
            let zone = hours.zone.unwrap_or_else(|| self.contact_zone());
            if !hours.window.contains(now, zone) {
                if hours.outside == Outside::Skip {
                    self.note(&step.id, "not sent: outside its window");
                    return Ok(Flow::Next(step.next));
                }
                let opens = hours.window.next_allowed(now, zone);
                if self.too_near(send, opens) {
                    self.note(
                        &step.id,
                        "not sent: its window opens too near to the appointment",
                    );
                    return Ok(Flow::Next(step.next));
                }
                self.note(&step.id, "waits for its window");
                return Ok(Flow::Block(Waiting::Again(opens.timestamp_millis())));
            }
        }
        if counts && let (Some(gap), Some(last)) = (self.set.version.min_gap, self.counted().max())
        {
            let free = self.from(last, gap);
            if free > self.run.clock {
                self.note(&step.id, "waits: the last text is too near");
                return Ok(Flow::Block(Waiting::Again(free)));
            }
        }
        let Some(channel) = self.channel_from(send, 0) else {
            self.note(&step.id, "not sent: none of its channels is set up");
            return Ok(Flow::Next(step.next));
        };
        if counts {
            self.run.sent.push(self.run.clock);
        }
        self.dispatch(step, send, channel)?;
        Ok(Flow::Next(step.next))
    }

    /// Why it is not sent at all.
    fn refusal(&self, send: &Send, counts: bool) -> Option<&'static str> {
        let now = instant(self.run.clock);
        if self.late && send.late == Late::Skip {
            return Some("its time has long gone by");
        }
        if self.too_near(send, now) {
            return Some("too near to the appointment");
        }
        let over = |(most, per): &(u32, crate::schedule::IsoDuration)| {
            let since = self.run.clock - per.nominal().num_milliseconds();
            self.counted().filter(|at| *at > since).count() >= *most as usize
        };
        (counts && self.set.version.limits.iter().any(over))
            .then_some("the limit of texts is reached")
    }

    /// When texts that count were sent, by this run and by others. Those that another run sent after this run's clock
    /// (whose timer came late) count too: whoever decides last sees all the others, so no span ever has one too many.
    fn counted(&self) -> impl Iterator<Item = i64> {
        self.run.sent.iter().chain(self.set.others).copied()
    }

    /// The first channel from `from` on that is set up here.
    fn channel_from(&self, send: &Send, from: usize) -> Option<usize> {
        let rest = send.channels.iter().enumerate().skip(from);
        rest.filter(|(_, channel)| self.set.channels.contains(&channel.as_str()))
            .map(|(at, _)| at)
            .next()
    }

    fn dispatch(&mut self, step: &Step, send: &Send, channel: usize) -> Tried<()> {
        let values = self.with_scopes(None, |scopes| send.vars.value(scopes))?;
        let vars: BTreeMap<String, String> = values
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), words(value)))
            .collect();
        let number = self.number();
        let name = send.channels.get(channel).cloned().unwrap_or_default();
        self.note(&step.id, format!("sends {} by {name}", send.template));
        let receipt_due = send
            .no_receipt_after
            .filter(|_| {
                send.fallback.contains("no_receipt")
                    && self.channel_from(send, channel + 1).is_some()
            })
            .map(|after| self.from(self.run.clock, after));
        self.run.texts.push(Text {
            number,
            step: step.id.clone(),
            channel,
            at: self.run.clock,
            fate: Fate::Queued,
            superseded: false,
            receipt_due,
            told: self.facts().filter(|_| Self::tells(step)),
        });
        self.effects.push(Effect::Send(Outgoing {
            text: number,
            step: step.id.clone(),
            template: send.template.clone(),
            channel: name,
            sender: send.sender.clone(),
            valid_until: self.of_use_until(send),
            vars,
            answer: step.answer,
        }));
        Ok(())
    }

    /// Nobody is to read of an appointment that is still to come once it has begun.
    fn of_use_until(&self, send: &Send) -> i64 {
        let until = self.from(self.run.clock, send.valid_for);
        let status = self.run.appointment.get("status").and_then(Value::as_str);
        let to_come = self
            .begins()
            .map(|begins| begins.timestamp_millis())
            .filter(|begins| *begins > self.run.clock)
            .filter(|_| status.is_none_or(|status| status == "scheduled"));
        match to_come {
            Some(begins) if self.set.version.is_about_appointments() => until.min(begins),
            _ => until,
        }
    }

    /// Tries the next channel of a text; false where there is none.
    pub fn fall_back(&mut self, text: &Text) -> Tried<bool> {
        let version = self.set.version;
        let Some(step) = version.find(&text.step).map(|at| &version.steps[at]) else {
            return Ok(false);
        };
        let crate::journey::version::Kind::Send(send) = &step.kind else {
            return Ok(false);
        };
        match self.channel_from(send, text.channel + 1) {
            Some(channel) => self.dispatch(step, send, channel).map(|()| true),
            None => Ok(false),
        }
    }
}

/// A value as the template gets it.
pub(super) fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

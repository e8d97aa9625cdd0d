//! What became of a run's texts.

use super::machine::Machine;
use super::state::{Effect, End, Fate};
use crate::journey::version::Kind;

impl Machine<'_> {
    pub fn outcome(&mut self, number: u32, fate: Fate) {
        let Some(text) = self.run.texts.iter_mut().find(|text| text.number == number) else {
            return;
        };
        // What is told again, or overtaken by something more final, says nothing new.
        if text.fate >= fate {
            return;
        }
        text.fate = fate;
        if fate != Fate::HandedOver {
            text.receipt_due = None;
        }
        let text = text.clone();
        self.note(&text.step, format!("text {number} is {}", fate.as_str()));
        if self.run.end.is_some() {
            return;
        }
        if fate.left() && text.superseded {
            self.owe_notice(&text);
        }
        if fate == Fate::Withdrawn && text.superseded {
            self.send_anew(&text);
        }
        let reason = match fate {
            Fate::NoConsent => "no_consent",
            Fate::Failed => "failed",
            Fate::Undelivered | Fate::Expired => "undelivered",
            _ => return,
        };
        if !text.superseded && self.falls_back(&text.step, reason) {
            self.next_channel(number);
        }
    }

    pub fn no_receipt(&mut self, number: u32) {
        if let Some(text) = self.run.texts.iter_mut().find(|text| text.number == number) {
            text.receipt_due = None;
        }
        self.next_channel(number);
    }

    fn next_channel(&mut self, number: u32) {
        let Some(text) = self
            .run
            .texts
            .iter()
            .find(|text| text.number == number)
            .cloned()
        else {
            return;
        };
        if let Err(error) = self.fall_back(&text) {
            self.end(End::Failed, format!("step {}: {error}", text.step));
        }
    }

    fn falls_back(&self, step: &str, reason: &str) -> bool {
        let step = self
            .set
            .version
            .find(step)
            .map(|at| &self.set.version.steps[at].kind);
        matches!(step, Some(Kind::Send(send)) if send.fallback.contains(reason))
    }

    /// Wants back what has not left.
    pub fn withdraw_queued(&mut self) {
        for text in &mut self.run.texts {
            if text.fate == Fate::Queued && !text.superseded {
                text.superseded = true;
                text.receipt_due = None;
                self.effects.push(Effect::Withdraw { text: text.number });
            }
        }
    }
}

//! What people know of the appointment that a run is about: when it is, and where.

use super::machine::Machine;
use super::moving::NOTICE;
use super::state::{Facts, Fate, Text};
use crate::journey::model::NoticeIf;
use crate::journey::version::{At, Step};

impl Machine<'_> {
    pub fn facts(&self) -> Option<Facts> {
        Facts::of(&self.run.appointment)
    }

    /// Whether such a text counts as telling when the appointment is. What answers a reply need not name a time.
    pub fn tells(step: &Step) -> bool {
        step.id == NOTICE || !step.answer
    }

    /// The last text of which this holds, among those that tell of the appointment.
    fn last_that_tells(&self, wanted: impl Fn(&Text) -> bool) -> Option<&Text> {
        let version = self.set.version;
        self.run.texts.iter().rev().find(|text| {
            let step = version.find(&text.step).map(|at| &version.steps[at]);
            wanted(text) && step.is_none_or(Self::tells)
        })
    }

    /// What the person read last is true.
    pub fn knows_the_truth(&self) -> bool {
        let last = self.last_that_tells(|text| text.fate.left());
        last.is_some_and(|text| text.told.is_some() && text.told == self.facts())
    }

    /// A notice of what is true is on its way to the person.
    pub fn notice_queued(&self) -> bool {
        let queued = |text: &Text| text.fate == Fate::Queued && !text.superseded;
        let mut texts = self.run.texts.iter();
        texts.any(|text| text.step == NOTICE && queued(text))
    }

    /// The appointment moved, and the person answers to the time before: the notice has not left, or what they may
    /// have read last names another time or place.
    pub fn believes_the_old_time(&self) -> bool {
        if self.set.version.replan.is_none() {
            return false;
        }
        let waits = self.run.fibers.iter().any(|fiber| fiber.step == NOTICE);
        let read = |text: &Text| text.fate.left() || (text.superseded && text.fate == Fate::Queued);
        let last = self.last_that_tells(read);
        let old = last.is_some_and(|text| text.told.is_some() && text.told != self.facts());
        waits || self.notice_queued() || old
    }

    /// The notice, where moves are told at all.
    pub fn notice_step(&self) -> Option<At> {
        let replan = self.set.version.replan.as_ref()?;
        replan
            .notice
            .filter(|_| replan.notice_if != NoticeIf::Never)
    }
}

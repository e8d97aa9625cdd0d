//! Batches on their way out: which parts of which texts still wait for an answer, and what a text's
//! parts say together.

use std::collections::VecDeque;
use std::time::Instant;

use contract::Reason;
use tokio::sync::oneshot;

use super::submit::{self, Cutting, Part};
use crate::fault::Fault;
use crate::provider::{Submission, SubmitOutcome};

/// One part of one text, to be written or written.
#[derive(Debug)]
pub(super) struct Job {
    batch: usize,
    item: usize,
    pub(super) part: Part,
    /// The carrier has thrown it back at least once.
    pub(super) thrown_back: bool,
}

/// What is known about one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PartOutcome {
    Accepted(String),
    Rejected(Fault, String),
    NotSent(Reason),
    Unknown,
}

#[derive(Debug)]
struct Item {
    submission: Submission,
    open: u8,
    accepted: bool,
    worst: Option<SubmitOutcome>,
    last_id: String,
}

impl Item {
    fn new(submission: Submission) -> Self {
        Self {
            submission,
            open: 0,
            accepted: false,
            worst: None,
            last_id: String::new(),
        }
    }

    fn fold(&mut self, outcome: PartOutcome, last: bool) {
        match outcome {
            PartOutcome::Accepted(id) => {
                self.accepted = true;
                if last {
                    self.last_id = id;
                }
            }
            PartOutcome::Unknown => self.worst = Some(SubmitOutcome::Unknown),
            PartOutcome::Rejected(fault, code) => {
                if self.worst != Some(SubmitOutcome::Unknown) {
                    self.worst = Some(SubmitOutcome::rejected(fault, code));
                }
            }
            PartOutcome::NotSent(reason) => {
                if self.worst.is_none() {
                    self.worst = Some(SubmitOutcome::NotSent { reason });
                }
            }
        }
    }

    /// A text of which some parts left and some did not cannot be called sent or unsent.
    fn outcome(&mut self) -> SubmitOutcome {
        match self.worst.take() {
            None => SubmitOutcome::Accepted {
                provider_message_id: std::mem::take(&mut self.last_id),
            },
            Some(_) if self.accepted => SubmitOutcome::Unknown,
            Some(outcome) => outcome,
        }
    }
}

#[derive(Debug)]
struct Batch {
    items: Vec<Item>,
    open: usize,
    deadline: Instant,
    reply: oneshot::Sender<Vec<SubmitOutcome>>,
}

/// All batches that still have open parts.
#[derive(Debug, Default)]
pub(super) struct Batches {
    slots: Vec<Option<Batch>>,
    free: Vec<usize>,
    cutting: Cutting,
    /// Texts of several parts so far.
    number: u64,
}

impl Batches {
    pub(super) fn new(cutting: Cutting) -> Self {
        Self {
            cutting,
            ..Self::default()
        }
    }

    /// Takes a batch in and queues its parts. Texts that cannot be put on the wire are settled at once.
    pub(super) fn open(
        &mut self,
        submissions: Vec<Submission>,
        deadline: Instant,
        reply: oneshot::Sender<Vec<SubmitOutcome>>,
        queue: &mut VecDeque<Job>,
    ) {
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        let mut items: Vec<Item> = submissions.into_iter().map(Item::new).collect();
        let mut open = 0;
        for (index, item) in items.iter_mut().enumerate() {
            let parts = match submit::parts(&item.submission, self.cutting, &mut self.number) {
                Ok(parts) => parts,
                Err(code) => {
                    item.fold(PartOutcome::Rejected(Fault::Refused, code.into()), true);
                    continue;
                }
            };
            for part in parts {
                item.open = item.open.saturating_add(1);
                open += 1;
                queue.push_back(Job {
                    batch: at,
                    item: index,
                    part,
                    thrown_back: false,
                });
            }
        }
        self.slots[at] = Some(Batch {
            items,
            open,
            deadline,
            reply,
        });
        self.finish_if_done(at);
    }

    pub(super) fn deadline(&self, job: &Job) -> Option<Instant> {
        self.slots
            .get(job.batch)?
            .as_ref()
            .map(|batch| batch.deadline)
    }

    /// The text of a job, unless another of its parts has failed, so that the rest need not leave.
    pub(super) fn wanted(&self, job: &Job) -> Option<&Submission> {
        let item = self.slots.get(job.batch)?.as_ref()?.items.get(job.item)?;
        item.worst.is_none().then_some(&item.submission)
    }

    /// Notes what became of a part; the last part of a batch answers whoever sent the batch.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a settled job must not be used again"
    )]
    pub(super) fn settle(&mut self, job: Job, outcome: PartOutcome) {
        let Some(Some(batch)) = self.slots.get_mut(job.batch) else {
            return;
        };
        if let Some(item) = batch.items.get_mut(job.item) {
            item.fold(outcome, job.part.is_last());
            item.open = item.open.saturating_sub(1);
        }
        batch.open -= 1;
        self.finish_if_done(job.batch);
    }

    fn finish_if_done(&mut self, at: usize) {
        let done = self.slots[at].take_if(|batch| batch.open == 0);
        if let Some(batch) = done {
            self.free.push(at);
            let outcomes = batch
                .items
                .into_iter()
                .map(|mut item| item.outcome())
                .collect();
            // Whoever asked may have stopped waiting; then nobody wants the answer.
            let _ = batch.reply.send(outcomes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use contract::Phone;
    use contract::chunk::Encoding;

    use super::*;

    fn text(body: &str, from: &str) -> Submission {
        Submission {
            to: Phone::from_digits(15_005_551_000).unwrap(),
            from: from.into(),
            encoding: Encoding::Gsm7,
            segments: 1,
            body: body.into(),
            valid_for: None,
        }
    }

    fn outcome_of(parts: &[PartOutcome]) -> SubmitOutcome {
        let (reply, mut answer) = oneshot::channel();
        let (mut batches, mut queue) = (Batches::default(), VecDeque::new());
        let body = "a".repeat(if parts.len() == 1 {
            10
        } else {
            153 * parts.len()
        });
        let deadline = Instant::now() + Duration::from_secs(1);
        batches.open(
            vec![text(&body, "+15005550006")],
            deadline,
            reply,
            &mut queue,
        );
        assert_eq!(queue.len(), parts.len());
        for (job, outcome) in queue.drain(..).zip(parts) {
            batches.settle(job, outcome.clone());
        }
        answer.try_recv().unwrap().remove(0)
    }

    #[test]
    fn a_text_is_what_its_parts_say_together() {
        use PartOutcome::{Accepted, NotSent, Rejected, Unknown};
        let accepted = |id: &str| Accepted(id.into());
        let throttled = || NotSent(Reason::CARRIER_THROTTLED);
        let rejected = || Rejected(Fault::Invalid, "X".into());
        assert_eq!(
            outcome_of(&[accepted("1"), accepted("2")]),
            SubmitOutcome::Accepted {
                provider_message_id: "2".into()
            }
        );
        assert_eq!(
            outcome_of(&[accepted("1"), rejected()]),
            SubmitOutcome::Unknown
        );
        assert_eq!(
            outcome_of(&[throttled(), accepted("2")]),
            SubmitOutcome::Unknown
        );
        assert_eq!(outcome_of(&[Unknown, rejected()]), SubmitOutcome::Unknown);
        assert!(matches!(
            outcome_of(&[throttled(), rejected()]),
            SubmitOutcome::Rejected { .. }
        ));
        assert!(matches!(
            outcome_of(&[throttled()]),
            SubmitOutcome::NotSent { .. }
        ));
    }

    #[test]
    fn a_sender_that_smpp_cannot_carry_is_rejected_alone() {
        let (reply, mut answer) = oneshot::channel();
        let (mut batches, mut queue) = (Batches::default(), VecDeque::new());
        let batch = vec![text("hi", "Grüße"), text("hi", "Shop")];
        batches.open(batch, Instant::now(), reply, &mut queue);
        assert_eq!(queue.len(), 1);
        let job = queue.pop_front().unwrap();
        batches.settle(job, PartOutcome::Accepted("7".into()));
        let outcomes = answer.try_recv().unwrap();
        assert!(
            matches!(&outcomes[0], SubmitOutcome::Rejected { code, .. } if code == "SENDER_FORMAT")
        );
        assert!(matches!(outcomes[1], SubmitOutcome::Accepted { .. }));
    }

    #[test]
    fn an_empty_batch_is_answered_at_once() {
        let (reply, mut answer) = oneshot::channel();
        Batches::default().open(Vec::new(), Instant::now(), reply, &mut VecDeque::new());
        assert_eq!(answer.try_recv(), Ok(Vec::new()));
    }
}

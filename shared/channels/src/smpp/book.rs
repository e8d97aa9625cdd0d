//! What outlives a connection: orders from outside, the queue of parts to write, batches that wait
//! for answers, and what the carrier brought and nobody has taken yet.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::Reason;
use metrics::{Counter, Gauge, counter, gauge};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::SmppConfig;
use super::batches::{Batches, Job, PartOutcome};
use super::parts::Parts;
use super::submit::Cutting;
use crate::provider::{AnswerToken, Incoming, IncomingSender, Submission, SubmitOutcome};
use crate::throttle::Throttle;

/// How often deadlines and timeouts are looked at.
pub(super) const TICK: Duration = Duration::from_millis(50);
/// After a recipient's queue was full.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(200);
/// What the carrier brought and nobody takes; beyond this it is told to bring it again.
const HELD_AT_MOST: usize = 100_000;

pub(super) enum Order {
    Send {
        batch: Vec<Submission>,
        deadline: Instant,
        reply: oneshot::Sender<Vec<SubmitOutcome>>,
    },
    Answer {
        tokens: Vec<AnswerToken>,
        taken: bool,
    },
    Close {
        done: oneshot::Sender<()>,
    },
}

pub(super) struct Closing {
    /// Until then what was handed over may still be written and answered.
    pub(super) until: Instant,
    waiting: Vec<oneshot::Sender<()>>,
}

pub(super) struct Book {
    pub(super) config: Arc<SmppConfig>,
    pub(super) orders: mpsc::UnboundedReceiver<Order>,
    pub(super) incoming: IncomingSender,
    pub(super) queue: VecDeque<Job>,
    pub(super) later: VecDeque<(Instant, Job)>,
    pub(super) batches: Batches,
    pub(super) parts: Parts,
    pub(super) throttle: Throttle,
    pub(super) held: Vec<Incoming>,
    pub(super) answers: Vec<(AnswerToken, bool)>,
    pub(super) closing: Option<Closing>,
    /// Nobody holds the provider any more.
    pub(super) dropped: bool,
    pub(super) submits: Counter,
    pub(super) in_window: Gauge,
    pub(super) reconnects: Counter,
    pub(super) unreadable: Counter,
}

impl Book {
    pub(super) fn new(
        name: &str,
        config: SmppConfig,
        orders: mpsc::UnboundedReceiver<Order>,
        incoming: IncomingSender,
    ) -> Self {
        let provider = name.to_owned();
        Self {
            throttle: Throttle::new(config.window),
            batches: Batches::new(Cutting {
                long_messages: config.long_messages,
                receipts: config.receipts,
            }),
            parts: Parts::default(),
            config: Arc::new(config),
            orders,
            incoming,
            queue: VecDeque::new(),
            later: VecDeque::new(),
            held: Vec::new(),
            answers: Vec::new(),
            closing: None,
            dropped: false,
            submits: counter!("smpp_submits_total", "provider" => provider.clone()),
            in_window: gauge!("smpp_window_in_use", "provider" => provider.clone()),
            reconnects: counter!("smpp_reconnects_total", "provider" => provider.clone()),
            unreadable: counter!("smpp_unreadable_total", "provider" => provider),
        }
    }

    /// `None` means that the provider was dropped without being closed.
    pub(super) fn take(&mut self, order: Option<Order>) {
        let patience = self.config.response_timeout();
        match order {
            Some(Order::Send { batch, reply, .. }) if self.closing.is_some() => {
                let refused = SubmitOutcome::NotSent {
                    reason: Reason::NO_ROUTE,
                };
                let _ = reply.send(vec![refused; batch.len()]);
            }
            Some(Order::Send {
                batch,
                deadline,
                reply,
            }) => {
                self.batches.open(batch, deadline, reply, &mut self.queue);
            }
            Some(Order::Answer { tokens, taken }) => {
                self.answers
                    .extend(tokens.into_iter().map(|token| (token, taken)));
            }
            Some(Order::Close { done }) => {
                let until = Instant::now() + patience;
                let closing = self.closing.get_or_insert(Closing {
                    until,
                    waiting: Vec::new(),
                });
                closing.waiting.push(done);
            }
            None => {
                self.dropped = true;
                self.closing = Some(Closing {
                    until: Instant::now(),
                    waiting: Vec::new(),
                });
            }
        }
    }

    /// The next part that may be written now.
    pub(super) fn next_job(&mut self, now: Instant) -> Option<Job> {
        loop {
            let job = self.queue.pop_front()?;
            if self
                .batches
                .deadline(&job)
                .is_none_or(|deadline| now >= deadline)
            {
                self.expire_job(job);
            } else if self.batches.wanted(&job).is_none() {
                self.batches
                    .settle(job, PartOutcome::NotSent(Reason::CARRIER_REJECTED));
            } else {
                return Some(job);
            }
        }
    }

    /// Throttled: it goes out again, in its order, once the pause is over.
    pub(super) fn throw_back(&mut self, mut job: Job) {
        job.thrown_back = true;
        self.queue.push_back(job);
    }

    pub(super) fn try_later(&mut self, mut job: Job, now: Instant) {
        job.thrown_back = true;
        self.later.push_back((now + QUEUE_FULL_PAUSE, job));
    }

    /// Settles what can no longer leave in time, and brings back what waited long enough.
    pub(super) fn tick(&mut self, now: Instant) {
        while self.later.front().is_some_and(|(due, _)| *due <= now) {
            self.queue
                .extend(self.later.pop_front().map(|(_, job)| job));
        }
        let expired =
            |batches: &Batches, job: &Job| batches.deadline(job).is_none_or(|at| now >= at);
        if self.queue.iter().any(|job| expired(&self.batches, job)) {
            for job in std::mem::take(&mut self.queue) {
                if expired(&self.batches, &job) {
                    self.expire_job(job);
                } else {
                    self.queue.push_back(job);
                }
            }
        }
    }

    fn expire_job(&mut self, job: Job) {
        let reason = if job.thrown_back {
            Reason::CARRIER_THROTTLED
        } else {
            Reason::PERMIT_EXPIRED
        };
        self.batches.settle(job, PartOutcome::NotSent(reason));
    }

    /// Passes on what the carrier brought; gives back the tokens of what there is no room for.
    pub(super) fn pass_on(&mut self, mut arrived: Vec<Incoming>) -> Vec<AnswerToken> {
        if self.held.is_empty() {
            match self.incoming.try_send(arrived) {
                Ok(()) => return Vec::new(),
                Err(TrySendError::Full(back)) => arrived = back,
                Err(TrySendError::Closed(back)) => return tokens(back),
            }
        }
        if self.held.len() + arrived.len() > HELD_AT_MOST {
            return tokens(arrived);
        }
        self.held.append(&mut arrived);
        Vec::new()
    }

    /// Nothing waits to be written.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.later.is_empty()
    }

    /// Waits for something that needs no link while orders go on arriving. `None`: the provider closes.
    pub(super) async fn meanwhile<F: Future>(&mut self, what: F) -> Option<F::Output> {
        let mut what = std::pin::pin!(what);
        let mut tick = tokio::time::interval(TICK);
        loop {
            if self.closing.is_some() {
                return None;
            }
            tokio::select! {
                output = &mut what => return Some(output),
                order = self.orders.recv() => self.take(order),
                _ = tick.tick() => self.tick(Instant::now()),
            }
            // there is no link that these could be answered over
            self.answers.clear();
        }
    }

    /// The last act: what never left is said so, and whoever waits for the end is told.
    pub(super) fn close_up(&mut self) {
        // An order that arrives from here on is refused at the door; one that came just before is
        // answered, or its texts would count as unknown.
        self.orders.close();
        let until = Instant::now();
        self.closing.get_or_insert(Closing {
            until,
            waiting: Vec::new(),
        });
        while let Ok(order) = self.orders.try_recv() {
            self.take(Some(order));
        }
        let later = std::mem::take(&mut self.later);
        for job in std::mem::take(&mut self.queue)
            .into_iter()
            .chain(later.into_iter().map(|l| l.1))
        {
            self.batches
                .settle(job, PartOutcome::NotSent(Reason::NO_ROUTE));
        }
        for done in self
            .closing
            .take()
            .into_iter()
            .flat_map(|closing| closing.waiting)
        {
            let _ = done.send(());
        }
    }
}

fn tokens(back: Vec<Incoming>) -> Vec<AnswerToken> {
    back.into_iter().map(|incoming| incoming.token).collect()
}

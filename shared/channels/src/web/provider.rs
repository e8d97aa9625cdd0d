//! A provider over HTTP: one request a text, several at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use contract::consent::Permit;
use contract::{MessageId, Reason};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use metrics::{Counter, counter};
use tokio::sync::watch;

use super::dialect::{Dialect, Heard, Search, Verdict};
use super::exchange::{Exchange, Line};
use super::gate::Gate;
use crate::capability::Capabilities;
use crate::link_state::LinkState;
use crate::look_up::{Finding, Sought};
use crate::provider::{AnswerToken, Provider, Submission, SubmitOutcome};
use crate::tried::Tried;

/// Bounds of one account.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests under way at once.
    pub at_once: usize,
    /// For connecting, and from the first byte written to the last one read.
    pub patience: Duration,
    /// Bytes of an answer that are read.
    pub longest_answer: usize,
}

pub struct HttpProvider<D> {
    name: String,
    dialect: D,
    line: Line,
    /// Look-ups have connections of their own, and longer answers.
    asking: Option<Line>,
    gate: Gate,
    patience: Duration,
    state: watch::Sender<LinkState>,
    closed: AtomicBool,
    requests: Counter,
    lost: Counter,
}

impl<D: Dialect> HttpProvider<D> {
    /// Connects when there is something to send. Must be called within a tokio runtime.
    pub fn new(name: &str, dialect: D, line: Line, limits: Limits) -> Self {
        let provider = name.to_owned();
        Self {
            name: provider.clone(),
            dialect,
            line,
            asking: None,
            gate: Gate::new(limits.at_once),
            patience: limits.patience,
            state: watch::Sender::new(LinkState::Bound),
            closed: AtomicBool::new(false),
            requests: counter!("http_provider_requests_total", "provider" => provider.clone()),
            lost: counter!("http_provider_lost_total", "provider" => provider),
        }
    }

    /// Look-ups go this way.
    #[must_use]
    pub fn asking(mut self, line: Line) -> Self {
        self.asking = Some(line);
        self
    }

    async fn find(&self, sought: &Sought) -> Finding {
        let asked = self.asking.as_ref().zip(self.dialect.ask(sought));
        let Some((line, mut request)) = asked else {
            return Finding::CannotAsk;
        };
        let mut search = Search::default();
        loop {
            if self.closed.load(Ordering::Acquire) {
                return Finding::Unclear("the provider was left");
            }
            let deadline = Instant::now() + self.patience;
            let answer = match line.exchange(&request, deadline).await {
                Exchange::NotWritten(_) => {
                    return Finding::Unclear("the provider cannot be reached");
                }
                Exchange::Lost(_) => return Finding::Unclear("the provider did not answer"),
                Exchange::Answer(answer) => answer,
            };
            match self.dialect.hear(sought, &answer, &mut search) {
                Heard::End(finding) => return finding,
                Heard::Next(next) => request = next,
            }
        }
    }

    async fn one(&self, message: MessageId, text: &Submission, deadline: Instant) -> SubmitOutcome {
        let request = match self.dialect.request(message, text) {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        let mut last = Reason::PERMIT_EXPIRED;
        loop {
            let Some(_room) = self.gate.enter(deadline).await else {
                return SubmitOutcome::NotSent { reason: last };
            };
            self.requests.increment(1);
            match self.line.exchange(&request, deadline).await {
                Exchange::NotWritten(why) => {
                    last = Reason::NO_ROUTE;
                    self.gate.trouble();
                    self.report(LinkState::Down { why: why.into() });
                }
                Exchange::Lost(why) => {
                    self.lost.increment(1);
                    tracing::warn!(provider = self.name, why, "a text's outcome is unknown");
                    return SubmitOutcome::Unknown;
                }
                Exchange::Answer(answer) => match self.dialect.read(&answer) {
                    Verdict::Settled(outcome) => {
                        self.gate.went_well();
                        self.report(LinkState::Bound);
                        return outcome;
                    }
                    Verdict::TooFast(pause) => {
                        last = Reason::CARRIER_THROTTLED;
                        self.gate.too_fast(pause);
                    }
                    Verdict::Account(status) => {
                        last = Reason::CARRIER_ACCOUNT;
                        self.gate.trouble();
                        self.report(LinkState::Refused { status });
                    }
                },
            }
        }
    }

    fn report(&self, state: LinkState) {
        self.state.send_if_modified(|now| {
            let changed = *now != state && *now != LinkState::Closed;
            if changed {
                if state == LinkState::Bound {
                    tracing::info!(provider = self.name, "the provider takes texts");
                } else {
                    tracing::warn!(provider = self.name, %state, "the provider takes no texts");
                }
                *now = state;
            }
            changed
        });
    }
}

impl<D: Dialect> Provider for HttpProvider<D> {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        self.dialect.capabilities()
    }

    fn state(&self) -> watch::Receiver<LinkState> {
        self.state.subscribe()
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.gate.open().await;
            if self.closed.load(Ordering::Acquire) {
                std::future::pending::<()>().await;
            }
        })
    }

    fn hand_over(
        &self,
        batch: Vec<(Permit, Submission)>,
        deadline: Instant,
    ) -> BoxFuture<'_, Vec<Tried>> {
        Box::pin(async move {
            let refused = SubmitOutcome::NotSent {
                reason: Reason::NO_ROUTE,
            };
            if self.closed.load(Ordering::Acquire) {
                return batch
                    .into_iter()
                    .map(|(permit, _)| Tried::new(permit, refused.clone()))
                    .collect();
            }
            let mut outcomes = vec![SubmitOutcome::Unknown; batch.len()];
            let mut under_way: FuturesUnordered<_> = batch
                .iter()
                .enumerate()
                .map(|(at, (permit, text))| async move {
                    (at, self.one(permit.message(), text, deadline).await)
                })
                .collect();
            while let Some((at, outcome)) = under_way.next().await {
                outcomes[at] = outcome;
            }
            drop(under_way);
            let tried = batch.into_iter().zip(outcomes);
            tried
                .map(|((permit, _), outcome)| Tried::new(permit, outcome))
                .collect()
        })
    }

    fn look_up<'p>(&'p self, sought: &'p Sought) -> BoxFuture<'p, Finding> {
        Box::pin(self.find(sought))
    }

    /// What comes by webhook is answered there.
    fn answer(&self, _tokens: Vec<AnswerToken>, _taken: bool) {}

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.closed.store(true, Ordering::Release);
            let until = Instant::now() + self.patience;
            while self.gate.under_way() > 0 && Instant::now() < until {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            self.state.send_replace(LinkState::Closed);
        })
    }
}

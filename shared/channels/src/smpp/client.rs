//! The SMPP provider as dispatch sees it: a handle to the tasks that own its links.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use contract::consent::Permit;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all, select_all};
use tokio::sync::{mpsc, oneshot, watch};

use super::SmppConfig;
use super::book::{Book, Order};
use super::link::{self, Tls};
use crate::capability::{Capabilities, Idempotency};
use crate::link_state::LinkState;
use crate::look_up::LookUp;
use crate::provider::{AnswerToken, IncomingSender, Provider, Submission, SubmitOutcome};
use crate::tried::Tried;

/// The number of a link: that of its bind above, how often that was bound below.
const BIND_SHIFT: u32 = 32;

pub struct SmppProvider {
    name: String,
    binds: Vec<Bind>,
    state: watch::Receiver<LinkState>,
}

/// One of an account's connections, with a queue of its own.
struct Bind {
    orders: mpsc::UnboundedSender<Order>,
    state: watch::Receiver<LinkState>,
    /// Texts handed to it and not answered yet.
    in_hand: Arc<AtomicUsize>,
}

impl SmppProvider {
    /// Starts connecting at once, in tasks of its own; what the carrier brings goes to `incoming`.
    /// Fails only on settings that SMPP cannot carry.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "an account's settings and its way in are handed over for good"
    )]
    pub fn connect(
        name: &str,
        config: SmppConfig,
        incoming: IncomingSender,
    ) -> anyhow::Result<Self> {
        config.check()?;
        let tls = Tls::of(&config)?;
        let binds: Vec<Bind> = (0..config.binds as u64)
            .map(|number| {
                let (orders, inbox) = mpsc::unbounded_channel();
                let (report, state) = watch::channel(LinkState::Connecting);
                let book = Book::new(name, config.clone(), inbox, incoming.clone());
                let first = number << BIND_SHIFT;
                tokio::spawn(link::keep(
                    name.to_owned(),
                    book,
                    tls.clone(),
                    first,
                    report,
                ));
                Bind {
                    orders,
                    state,
                    in_hand: Arc::default(),
                }
            })
            .collect();
        let state = match binds.as_slice() {
            [only] => only.state.clone(),
            several => best_of(several.iter().map(|bind| bind.state.clone()).collect()),
        };
        Ok(Self {
            name: name.to_owned(),
            binds,
            state,
        })
    }

    /// The bound connection with the least to do; while there is none, any.
    fn least_busy(&self) -> Option<&Bind> {
        self.binds.iter().min_by_key(|bind| {
            let bound = *bind.state.borrow() == LinkState::Bound;
            (!bound, bind.in_hand.load(Ordering::Relaxed))
        })
    }
}

/// The state of an account with several connections: bound while one of them is.
fn best_of(mut states: Vec<watch::Receiver<LinkState>>) -> watch::Receiver<LinkState> {
    let (report, best) = watch::channel(LinkState::Connecting);
    tokio::spawn(async move {
        loop {
            let rank = |state: &LinkState| match state {
                LinkState::Bound => 0,
                LinkState::Refused { .. } => 1,
                LinkState::Down { .. } => 2,
                LinkState::Connecting => 3,
                LinkState::Closed => 4,
            };
            let seen = states
                .iter_mut()
                .map(|state| state.borrow_and_update().clone());
            let Some(now) = seen.min_by_key(rank) else {
                return;
            };
            let closed = now == LinkState::Closed;
            report.send_if_modified(|known| std::mem::replace(known, now.clone()) != now);
            if closed {
                return;
            }
            // One that has ended says nothing more; the others may.
            let open = states
                .iter_mut()
                .filter(|state| state.has_changed().is_ok());
            let changes: Vec<_> = open.map(|state| state.changed().boxed()).collect();
            if changes.is_empty() {
                report.send_replace(LinkState::Closed);
                return;
            }
            let _ = select_all(changes).await;
        }
    });
    best
}

impl Provider for SmppProvider {
    fn name(&self) -> &str {
        &self.name
    }

    /// SMPP 3.4 has no key and brings no reference of ours back (section 4.4.1).
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            look_up: LookUp::default(),
            idempotency: Idempotency::None,
            receipts_carry_reference: false,
            validity: true,
            brings_by_link: true,
            longest_validity_seconds: 0,
        }
    }

    fn state(&self) -> watch::Receiver<LinkState> {
        self.state.clone()
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        let mut state = self.state.clone();
        Box::pin(async move {
            if state
                .wait_for(|state| *state == LinkState::Bound)
                .await
                .is_err()
            {
                // closed for good: nothing will ever be ready
                std::future::pending::<()>().await;
            }
        })
    }

    fn hand_over(
        &self,
        batch: Vec<(Permit, Submission)>,
        deadline: Instant,
    ) -> BoxFuture<'_, Vec<Tried>> {
        let count = batch.len();
        let (permits, batch): (Vec<Permit>, Vec<Submission>) = batch.into_iter().unzip();
        let (reply, answer) = oneshot::channel();
        let order = Order::Send {
            batch,
            deadline,
            reply,
        };
        let in_hand = self.least_busy().and_then(|bind| {
            let in_hand = Arc::clone(&bind.in_hand);
            in_hand.fetch_add(count, Ordering::Relaxed);
            let sent = bind.orders.send(order).is_ok();
            if !sent {
                in_hand.fetch_sub(count, Ordering::Relaxed);
            }
            sent.then_some(in_hand)
        });
        Box::pin(async move {
            let gone = SubmitOutcome::NotSent {
                reason: contract::Reason::NO_ROUTE,
            };
            let outcomes = match in_hand {
                None => vec![gone; count],
                Some(in_hand) => {
                    let answered = answer.await;
                    in_hand.fetch_sub(count, Ordering::Relaxed);
                    // The task ended with the batch in its hands: some of it may have left.
                    answered.unwrap_or_else(|_| vec![SubmitOutcome::Unknown; count])
                }
            };
            // A text without an answer is one of which nobody knows.
            let outcomes = outcomes
                .into_iter()
                .chain(std::iter::repeat(SubmitOutcome::Unknown));
            let tried = permits.into_iter().zip(outcomes);
            tried
                .map(|(permit, outcome)| Tried::new(permit, outcome))
                .collect()
        })
    }

    fn answer(&self, mut tokens: Vec<AnswerToken>, taken: bool) {
        // After the end there is nobody to tell; the carrier brings it again on the next link.
        for (number, bind) in self.binds.iter().enumerate() {
            let own = |token: &mut AnswerToken| token.link >> BIND_SHIFT == number as u64;
            let tokens: Vec<AnswerToken> = tokens.extract_if(.., own).collect();
            if !tokens.is_empty() {
                let _ = bind.orders.send(Order::Answer { tokens, taken });
            }
        }
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        let asked: Vec<_> = self
            .binds
            .iter()
            .filter_map(|bind| {
                let (done, ended) = oneshot::channel();
                bind.orders.send(Order::Close { done }).ok().map(|()| ended)
            })
            .collect();
        Box::pin(async move {
            join_all(asked).await;
        })
    }
}

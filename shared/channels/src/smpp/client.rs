//! The SMPP provider as dispatch sees it: a handle to the task that owns the link.

use std::time::Instant;

use contract::consent::Permit;
use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};

use super::SmppConfig;
use super::book::{Book, Order};
use super::link;
use crate::capability::{Capabilities, Idempotency};
use crate::link_state::LinkState;
use crate::provider::{AnswerToken, IncomingSender, Provider, Submission, SubmitOutcome};

pub struct SmppProvider {
    name: String,
    orders: mpsc::UnboundedSender<Order>,
    state: watch::Receiver<LinkState>,
}

impl SmppProvider {
    /// Starts connecting at once, in a task of its own; what the carrier brings goes to `incoming`.
    /// Fails only on settings that SMPP cannot carry.
    pub fn connect(
        name: &str,
        config: SmppConfig,
        incoming: IncomingSender,
    ) -> anyhow::Result<Self> {
        config.check()?;
        let (orders, inbox) = mpsc::unbounded_channel();
        let (report, state) = watch::channel(LinkState::Connecting);
        let book = Book::new(name, config, inbox, incoming);
        tokio::spawn(link::keep(name.to_owned(), book, report));
        Ok(Self {
            name: name.to_owned(),
            orders,
            state,
        })
    }
}

impl Provider for SmppProvider {
    fn name(&self) -> &str {
        &self.name
    }

    /// SMPP 3.4 has no key and brings no reference of ours back (section 4.4.1).
    fn capabilities(&self) -> Capabilities {
        Capabilities {
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

    fn send(
        &self,
        batch: Vec<(Permit, Submission)>,
        deadline: Instant,
    ) -> BoxFuture<'_, Vec<SubmitOutcome>> {
        let count = batch.len();
        let batch = batch
            .into_iter()
            .map(|(_, submission)| submission)
            .collect();
        let (reply, answer) = oneshot::channel();
        let refused = self
            .orders
            .send(Order::Send {
                batch,
                deadline,
                reply,
            })
            .is_err();
        Box::pin(async move {
            let gone = SubmitOutcome::NotSent {
                reason: contract::Reason::NO_ROUTE,
            };
            match answer.await {
                Ok(outcomes) => outcomes,
                Err(_) if refused => vec![gone; count],
                // The task ended with the batch in its hands: some of it may have left.
                Err(_) => vec![SubmitOutcome::Unknown; count],
            }
        })
    }

    fn answer(&self, tokens: Vec<AnswerToken>, taken: bool) {
        // After the end there is nobody to tell; the carrier brings it again on the next link.
        let _ = self.orders.send(Order::Answer { tokens, taken });
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        let (done, ended) = oneshot::channel();
        let asked = self.orders.send(Order::Close { done }).is_ok();
        Box::pin(async move {
            if asked {
                let _ = ended.await;
            }
        })
    }
}

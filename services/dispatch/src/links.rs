//! The carriers of this process, in ascending order of name, and how much is in flight to each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use channels::account::{self, AccountConfig};
use channels::{AnswerToken, Incoming, LinkState, Provider};
use contract::Mode;
use metrics::{Gauge, gauge};
use tokio::sync::{Notify, mpsc, watch};

use crate::flow;
use crate::link_health::LinkHealth;
use crate::route;
use crate::route::breaker::{Rules, Standing};
use crate::route::choose::Health;
use crate::traffic::Traffic;

/// Reads of a carrier's socket that may wait to be taken in.
const INCOMING: usize = 256;

pub struct Link {
    pub name: Arc<str>,
    pub provider: Arc<dyn Provider>,
    pub health: LinkHealth,
    state: watch::Receiver<LinkState>,
    gate: Gate,
    /// Whether it holds a connection whose state says that texts can be handed over; others find out by trying.
    holds_link: bool,
    breaker_open: Gauge,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// Whether routing goes around it.
    pub fn health(&self) -> Health {
        if self.holds_link && !self.may_be_ready_soon() {
            Health::LinkDown
        } else if matches!(self.health.standing(), Standing::Open { .. }) {
            Health::CircuitOpen
        } else {
            Health::Well
        }
    }

    /// It is bound, or on its way there for the first time.
    pub fn may_be_ready_soon(&self) -> bool {
        matches!(
            *self.state.borrow(),
            LinkState::Bound | LinkState::Connecting
        )
    }

    /// Tells the metrics how its breaker stands.
    pub fn tell(&self, standing: Standing) {
        let open = if standing == Standing::Closed {
            0.0
        } else {
            1.0
        };
        self.breaker_open.set(open);
    }

    /// `bound`, `connecting`, …
    pub fn state(&self) -> String {
        self.state.borrow().to_string()
    }

    pub fn gate(&self) -> &Gate {
        &self.gate
    }
}

/// Bounds the permit requests open towards a carrier by how the last ones went.
#[derive(Debug)]
pub struct Gate {
    most: usize,
    inner: Mutex<Flow>,
    freed: Notify,
}

#[derive(Debug)]
struct Flow {
    limit: usize,
    open: usize,
}

impl Gate {
    fn new(most: usize) -> Self {
        let most = most.max(1);
        let flow = Flow {
            limit: flow::FIRST.min(most),
            open: 0,
        };
        Self {
            most,
            inner: Mutex::new(flow),
            freed: Notify::new(),
        }
    }

    /// Waits for room, or goes past all who wait; the room is given back when the guard is dropped.
    pub async fn enter(&self, at_once: bool) -> Entered<'_> {
        loop {
            let freed = self.freed.notified();
            if self.try_enter(at_once) {
                return Entered { gate: self };
            }
            freed.await;
        }
    }

    fn try_enter(&self, at_once: bool) -> bool {
        let mut flow = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let room = at_once || flow.open < flow.limit;
        if room {
            flow.open += 1;
        }
        room
    }

    /// Permit requests open now, and how many may be.
    pub fn usage(&self) -> (usize, usize) {
        let flow = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        (flow.open, flow.limit)
    }
}

/// Room in a [`Gate`].
#[derive(Debug)]
pub struct Entered<'g> {
    gate: &'g Gate,
}

impl Entered<'_> {
    /// Says how it went, so that the gate widens or narrows.
    pub fn went(&self, took: Duration, good_for: Duration, troubled: bool) {
        let mut flow = self
            .gate
            .inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        flow.limit = flow::next_limit(flow.limit, self.gate.most, took, good_for, troubled);
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.gate
            .inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .open -= 1;
        // Two, because the limit may have grown by one.
        self.gate.freed.notify_one();
        self.gate.freed.notify_one();
    }
}

pub struct Links {
    list: Vec<Link>,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.list.iter().map(|link| &link.name))
            .finish()
    }
}

impl Links {
    /// Starts connecting to every carrier. What each brings comes out of the receiver of its index.
    pub fn connect(
        carriers: BTreeMap<String, AccountConfig>,
        most: usize,
        rules: Rules,
    ) -> anyhow::Result<(Self, Vec<mpsc::Receiver<Vec<Incoming>>>)> {
        let (mut list, mut incoming) = (Vec::new(), Vec::new());
        for (name, config) in carriers {
            let (bring, brought) = mpsc::channel(INCOMING);
            let provider = account::open(&name, config, bring)?;
            let state = provider.state();
            list.push(Link {
                holds_link: provider.capabilities().brings_by_link,
                breaker_open: gauge!("dispatch_breaker_open", "provider" => name.clone()),
                name: name.into(),
                provider,
                health: LinkHealth::new(rules),
                state,
                gate: Gate::new(most),
            });
            incoming.push(brought);
        }
        Ok((Self { list }, incoming))
    }

    pub fn get(&self, index: usize) -> Option<&Link> {
        self.list.get(index)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Link> {
        self.list.iter()
    }

    /// The carrier that takes texts of this mode.
    pub fn route(&self, mode: Mode) -> Option<usize> {
        let names: Vec<&str> = self.list.iter().map(|link| &*link.name).collect();
        route::route(mode, &names)
    }

    /// How the carrier at `link` is doing.
    pub fn health(&self, link: usize) -> Health {
        self.list.get(link).map_or(Health::LinkDown, Link::health)
    }

    /// The link that an operator moved this one's texts to, or this one.
    pub fn moved(&self, link: usize, traffic: &Traffic) -> usize {
        let name = self.list.get(link).map(|link| &*link.name);
        let moved = name.and_then(|name| traffic.moved_to(name));
        moved
            .and_then(|to| self.list.iter().position(|link| *link.name == *to))
            .unwrap_or(link)
    }

    pub fn answer(&self, link: usize, tokens: Vec<AnswerToken>, taken: bool) {
        if let Some(link) = self.list.get(link)
            && !tokens.is_empty()
        {
            link.provider.answer(tokens, taken);
        }
    }

    /// Leaves every carrier.
    pub async fn close(&self) {
        futures::future::join_all(self.list.iter().map(|link| link.provider.close())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_gate_lets_in_as_many_as_the_flow_allows() {
        let gate = Gate::new(24);
        let first = gate.enter(false).await;
        let second = gate.enter(false).await;
        assert!(!gate.try_enter(false));
        drop(gate.enter(true).await);
        assert!(!gate.try_enter(false));
        first.went(Duration::from_millis(5), Duration::from_secs(10), false);
        drop(first);
        drop(second);
        let _three = (
            gate.enter(false).await,
            gate.enter(false).await,
            gate.enter(false).await,
        );
        assert_eq!(gate.usage(), (3, 3));
        assert!(
            tokio::time::timeout(Duration::from_millis(20), gate.enter(false))
                .await
                .is_err()
        );
    }
}

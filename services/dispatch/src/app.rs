//! What consumers, tasks and endpoints share.

use std::sync::{Arc, OnceLock};

use channels::simulator::Smsc;
use chassis::Cx;
use contract::TenantId;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::hands::Hands;
use crate::in_hand::InHand;
use crate::lanes::Lanes;
use crate::links::Links;
use crate::money::Money;
use crate::reconcile::Reconciling;
use crate::recorder::RecorderQueue;
use crate::routing::Routing;
use crate::senders::Senders;
use crate::sends::hand::InWork;
use crate::traffic::Traffic;

/// The tenant of questions that concern no single one.
pub const EVERYONE: TenantId = TenantId::from_raw(0);

pub struct App {
    pub cx: Cx,
    /// For answers to people, past the queues of the mass path.
    pub urgent: Cx,
    pub config: Config,
    pub links: Arc<Links>,
    pub routing: Routing,
    pub lanes: Lanes,
    pub traffic: Traffic,
    pub money: Arc<Money>,
    pub senders: Senders,
    pub recorder: RecorderQueue,
    pub reconciling: Arc<Reconciling>,
    pub in_hand: InHand,
    /// One for each slot that is worked on and does not wait for its pace.
    pub hands: Hands,
    /// Texts of the API that are worked on.
    pub sends: InWork,
    /// Slots between the question for permits and the end of their settling.
    pub busy: TaskTracker,
    /// Cancelled when a newer dispatcher of our name has registered.
    pub fenced: CancellationToken,
    /// Cancelled when nothing more will be brought to the recorder.
    pub quiet: CancellationToken,
    /// The simulated carrier, if it runs in this process.
    pub simulator: tokio::sync::Mutex<Option<Smsc>>,
    pub(crate) epoch: OnceLock<u64>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("name", &self.config.name)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

impl App {
    /// The epoch that consent gave us; 0, which consent never gives, before it has.
    pub fn epoch(&self) -> u64 {
        self.epoch.get().copied().unwrap_or(0)
    }
}

//! The one task that writes the ledger: it gathers outcomes and receipts for a moment and commits them
//! together, then lets everyone who waited go on.

mod plan;
mod rising;
mod run;
mod write;

use std::sync::Arc;

use channels::AnswerToken;
use contract::TenantId;
use contract::consent::RecordProviderBlock;
use contract::dispatch::{Routed, SlotOutcome};
use tokio::sync::{mpsc, oneshot};

pub use run::{Recorder, parked_since};

use crate::book::CarrierReceipt;
use crate::db::attempt::Attempt;
use crate::db::carrier_code::CarrierCode;
use crate::doubt::Trace;
use crate::money::charge::Charge;
use crate::outcomes::Group;

/// Entries that wait for the recorder before those who bring more have to wait.
const QUEUE: usize = 4096;

/// What became of a slot.
#[derive(Debug)]
pub struct Settled {
    pub tenant: TenantId,
    pub outcome: SlotOutcome,
    /// How its carrier was chosen, where there was a choice.
    pub routed: Option<Routed>,
    /// Texts of the same slot that other carriers took, recorded in the same commit.
    pub also: Vec<Group>,
    /// Whether permits were granted: then they are closed after the commit.
    pub permitted: bool,
    /// Opt-outs that the carrier knew of.
    pub blocks: Vec<RecordProviderBlock>,
    pub besides: Besides,
    /// Told once the outcome is durable and the permits are closed.
    pub done: oneshot::Sender<()>,
}

/// What is written beside the outcomes, in the same commit.
#[derive(Debug, Default)]
pub struct Besides {
    /// What the texts cost, and the budget taken for them.
    pub charge: Charge,
    /// Texts that are held to be tried again: their permits come back with the closing.
    pub attempts: Vec<Attempt>,
    /// Carriers' own words.
    pub codes: Vec<CarrierCode>,
    /// What is known of texts in doubt.
    pub traces: Vec<Trace>,
}

/// Receipts that a carrier brought together.
#[derive(Debug)]
pub struct Receipts {
    /// Index of the link that they came over.
    pub link: usize,
    pub provider: Arc<str>,
    pub receipts: Vec<CarrierReceipt>,
    /// Answered once the receipts are durable.
    pub tokens: Vec<AnswerToken>,
    /// Told then, too.
    pub done: Option<oneshot::Sender<()>>,
}

#[derive(Debug)]
pub enum Entry {
    Settled(Box<Settled>),
    Receipts(Receipts),
}

impl Entry {
    const fn size(&self) -> usize {
        match self {
            Self::Settled(settled) => {
                // Read in a constant function: the others are few.
                settled.outcome.items.len() + settled.also.len()
            }
            Self::Receipts(receipts) => receipts.receipts.len(),
        }
    }
}

/// The way to the recorder. Clones share it.
#[derive(Debug, Clone)]
pub struct RecorderQueue {
    entries: mpsc::Sender<Entry>,
}

impl RecorderQueue {
    pub fn new() -> (Self, mpsc::Receiver<Entry>) {
        let (entries, queue) = mpsc::channel(QUEUE);
        (Self { entries }, queue)
    }

    /// Records a slot's outcome; resolves once it is durable and its permits are closed.
    pub async fn settle(
        &self,
        tenant: TenantId,
        outcome: SlotOutcome,
        permitted: bool,
    ) -> anyhow::Result<()> {
        self.settle_telling(tenant, outcome, permitted, Vec::new())
            .await
    }

    /// The same; consent is told of these blocks in the same commit.
    pub async fn settle_telling(
        &self,
        tenant: TenantId,
        outcome: SlotOutcome,
        permitted: bool,
        blocks: Vec<RecordProviderBlock>,
    ) -> anyhow::Result<()> {
        let group = Group {
            outcome,
            routed: None,
        };
        self.settle_charging(tenant, vec![group], permitted, blocks, Besides::default())
            .await
    }

    /// The same for a slot whose texts went several ways: one commit, and its permits are closed once. What the
    /// texts cost is counted in it too, and what is tried again is written down.
    pub async fn settle_charging(
        &self,
        tenant: TenantId,
        groups: Vec<Group>,
        permitted: bool,
        blocks: Vec<RecordProviderBlock>,
        besides: Besides,
    ) -> anyhow::Result<()> {
        let mut groups = groups.into_iter();
        let Some(Group { outcome, routed }) = groups.next() else {
            return Ok(());
        };
        let (done, durable) = oneshot::channel();
        let entry = Entry::Settled(Box::new(Settled {
            tenant,
            outcome,
            routed,
            also: groups.collect(),
            permitted,
            blocks,
            besides,
            done,
        }));
        self.entries
            .send(entry)
            .await
            .map_err(|_| anyhow::anyhow!("the recorder has ended"))?;
        durable
            .await
            .map_err(|_| anyhow::anyhow!("the outcome of a slot could not be settled"))
    }

    /// Records receipts; the carrier is answered after the commit. Gives them back if the recorder has ended.
    pub async fn receipts(&self, receipts: Receipts) -> Result<(), Receipts> {
        match self.entries.reserve().await {
            Ok(place) => {
                place.send(Entry::Receipts(receipts));
                Ok(())
            }
            Err(_) => Err(receipts),
        }
    }
}

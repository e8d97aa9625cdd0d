//! What is known in memory of texts whose receipts are still to come: carrier id → text, and the state of
//! every text in a slot that is not settled for good. Rebuilt from the ledger at start.

use std::collections::HashMap;

use ahash::RandomState;
use channels::Fault;
use contract::Phone;
use contract::chunk::{Outcome, SlotRef};
use contract::dispatch::ProviderReceipt;
use contract::ids::{MessageId, TenantId};

use crate::db::items::Items;
use crate::receipt_fold;
use crate::slots;

/// Names a row of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartKey {
    pub slot: SlotRef,
    /// Lowest place in the row.
    pub part: u8,
}

/// A row of the ledger as the book takes it in.
#[derive(Debug)]
pub struct NewPart<'a> {
    pub key: PartKey,
    pub tenant: TenantId,
    pub provider: &'a str,
    pub at: i64,
    pub items: &'a Items,
    /// Ranks by place, receipts folded in.
    pub states: [u8; 64],
}

/// A receipt as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierReceipt {
    pub provider_message_id: String,
    /// Our own id of the text, where the carrier brings it back.
    pub reference: Option<MessageId>,
    pub outcome: Outcome,
    pub code: String,
    /// What the code means; `None` while all is well.
    pub fault: Option<Fault>,
    /// The person blocks this sender at the carrier.
    pub block: Option<(Phone, String)>,
    pub at: i64,
}

impl From<channels::Receipt> for CarrierReceipt {
    fn from(receipt: channels::Receipt) -> Self {
        let blocked = receipt.fault == Some(Fault::Blocked);
        Self {
            provider_message_id: receipt.provider_message_id,
            reference: receipt.reference,
            outcome: receipt.outcome,
            code: receipt.code,
            fault: receipt.fault,
            block: receipt.to.zip(receipt.from).filter(|_| blocked),
            at: receipt.at.0,
        }
    }
}

impl From<ProviderReceipt> for CarrierReceipt {
    fn from(receipt: ProviderReceipt) -> Self {
        Self {
            provider_message_id: receipt.provider_message_id,
            reference: receipt.reference,
            outcome: receipt.outcome,
            code: receipt.code,
            fault: receipt.fault.as_deref().and_then(Fault::parse),
            block: receipt.block.map(|block| (block.phone, block.sender)),
            at: receipt.at.0,
        }
    }
}

/// A receipt whose text is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    pub provider: String,
    pub receipt: CarrierReceipt,
    pub received_at: i64,
}

/// A state that rose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rise {
    pub tenant: TenantId,
    pub key: PartKey,
    pub place: u8,
    /// Where the text stood before.
    pub from: Outcome,
    pub outcome: Outcome,
    pub at: i64,
}

impl Rise {
    pub fn message(&self) -> MessageId {
        let slot = self.key.slot;
        MessageId::of(slot.run, slot.chunk, slots::position(slot.slot, self.place))
    }
}

/// What a receipt did.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// No text of that id is waiting for receipts.
    UnknownId,
    /// Known, and nothing new.
    NothingNew,
    Rose(Rise),
}

/// The states of one row of the ledger, to be written.
#[derive(Debug, PartialEq)]
pub struct StateRow {
    pub key: PartKey,
    pub states: [u8; 64],
    /// Texts whose state may still rise.
    pub awaiting: u32,
}

#[derive(Debug)]
struct Part {
    key: PartKey,
    tenant: TenantId,
    at: i64,
    states: [u8; 64],
    awaiting: u64,
    dirty: bool,
}

#[derive(Debug, Clone, Copy)]
struct Spot {
    part: u32,
    place: u8,
}

#[derive(Debug, Default)]
pub struct Book {
    hasher: RandomState,
    parts: Vec<Option<Part>>,
    free: Vec<u32>,
    /// Keyed by a hash of (provider, carrier's id): a million ids take about 35 MiB.
    ids: HashMap<u64, Spot, RandomState>,
    parked: HashMap<u64, Vec<Parked>, RandomState>,
    dirty: Vec<u32>,
}

impl Book {
    /// Takes in a row; returns the parked receipts that were waiting for its texts.
    pub fn insert(&mut self, new: &NewPart<'_>) -> Vec<Parked> {
        let states = new.states;
        let mut matched = Vec::new();
        let mut awaiting = 0_u64;
        let index = self.free.pop().unwrap_or_else(|| {
            self.parts.push(None);
            u32::try_from(self.parts.len() - 1).unwrap_or(u32::MAX)
        });
        for item in &new.items.items {
            let place = item.place % 64;
            let state = Outcome::from_rank(states[usize::from(place)]).unwrap_or(Outcome::Unknown);
            if !receipt_fold::may_rise(state) {
                continue;
            }
            awaiting |= 1 << place;
            let id = if item.provider_message_id.is_empty() {
                // The carrier never named it; a receipt may still name our own id.
                let slot = new.key.slot;
                let message =
                    MessageId::of(slot.run, slot.chunk, slots::position(slot.slot, place));
                self.hash_reference(new.provider, message)
            } else {
                self.hash(new.provider, &item.provider_message_id)
            };
            self.ids.insert(id, Spot { part: index, place });
            if !self.parked.is_empty()
                && let Some(early) = self.parked.remove(&id)
            {
                matched.extend(early);
            }
        }
        if awaiting == 0 {
            self.free.push(index);
        } else if let Some(part) = self.parts.get_mut(index as usize) {
            *part = Some(Part {
                key: new.key,
                tenant: new.tenant,
                at: new.at,
                states,
                awaiting,
                dirty: false,
            });
        }
        matched
    }

    /// Folds a receipt into the state of its text.
    pub fn receive(&mut self, provider: &str, receipt: &CarrierReceipt) -> Received {
        let names = [
            Some(self.hash(provider, &receipt.provider_message_id)),
            receipt
                .reference
                .map(|message| self.hash_reference(provider, message)),
            // What a predecessor left open names no provider.
            receipt
                .reference
                .map(|message| self.hash_reference("", message)),
        ];
        let found = names
            .into_iter()
            .flatten()
            .find_map(|id| Some((id, *self.ids.get(&id)?)));
        let Some((id, spot)) = found else {
            return Received::UnknownId;
        };
        let rise = self.raise(spot, receipt.outcome, receipt.at);
        if rise.is_some_and(|rise| !receipt_fold::may_rise(rise.outcome)) {
            self.ids.remove(&id);
        }
        rise.map_or(Received::NothingNew, Received::Rose)
    }

    fn raise(&mut self, spot: Spot, receipt: Outcome, at: i64) -> Option<Rise> {
        let part = self.parts.get_mut(spot.part as usize)?.as_mut()?;
        let state = part.states.get_mut(usize::from(spot.place))?;
        let from = Outcome::from_rank(*state)?;
        let risen = receipt_fold::fold(from, receipt)?;
        *state = risen.rank();
        if !receipt_fold::may_rise(risen) {
            part.awaiting &= !(1 << spot.place);
        }
        if !part.dirty {
            part.dirty = true;
            self.dirty.push(spot.part);
        }
        Some(Rise {
            tenant: part.tenant,
            key: part.key,
            place: spot.place,
            from,
            outcome: risen,
            at,
        })
    }

    /// Keeps a receipt until its text is known.
    pub fn park(&mut self, parked: Parked) {
        let id = self.hash(&parked.provider, &parked.receipt.provider_message_id);
        // The text may turn out to have no id at all, if its submit is never answered.
        if let Some(message) = parked.receipt.reference {
            let by_reference = self.hash_reference(&parked.provider, message);
            self.parked
                .entry(by_reference)
                .or_default()
                .push(parked.clone());
        }
        self.parked.entry(id).or_default().push(parked);
    }

    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// The states that changed since the last call, in key order; lets go of rows nothing can happen to.
    pub fn take_dirty(&mut self) -> Vec<StateRow> {
        let mut rows = Vec::with_capacity(self.dirty.len());
        for index in std::mem::take(&mut self.dirty) {
            let Some(entry) = self.parts.get_mut(index as usize) else {
                continue;
            };
            let Some(part) = entry.as_mut() else { continue };
            part.dirty = false;
            rows.push(StateRow {
                key: part.key,
                states: part.states,
                awaiting: part.awaiting.count_ones(),
            });
            if part.awaiting == 0 {
                *entry = None;
                self.free.push(index);
            }
        }
        rows.sort_unstable_by_key(|row| row.key);
        rows
    }

    /// Stops waiting for receipts of rows written before `rows_before`, and for the texts of receipts
    /// that came before `parked_before`. Call with nothing dirty.
    pub fn forget(&mut self, rows_before: i64, parked_before: i64) {
        let Self {
            parts,
            free,
            ids,
            parked,
            ..
        } = self;
        for (index, entry) in parts.iter_mut().enumerate() {
            if entry
                .as_ref()
                .is_some_and(|part| part.at < rows_before && !part.dirty)
            {
                *entry = None;
                free.extend(u32::try_from(index));
            }
        }
        ids.retain(|_, spot| parts.get(spot.part as usize).is_some_and(Option::is_some));
        parked.retain(|_, receipts| receipts.iter().any(|one| one.received_at >= parked_before));
        if ids.len() < ids.capacity() / 8 {
            ids.shrink_to_fit();
        }
    }

    /// Texts whose receipts are still to come.
    pub fn waiting(&self) -> usize {
        self.ids.len()
    }

    fn hash(&self, provider: &str, id: &str) -> u64 {
        self.hasher.hash_one((provider, id))
    }

    fn hash_reference(&self, provider: &str, message: MessageId) -> u64 {
        self.hasher.hash_one((provider, message))
    }
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;

//! What is known in memory of texts whose receipts are still to come: carrier id → text, and the state of
//! every text in a slot that is not settled for good. Rebuilt from the ledger at start.

use std::collections::HashMap;

use ahash::RandomState;
use contract::chunk::{Outcome, SlotRef};
use contract::ids::{MessageId, TenantId};

pub use crate::carrier_receipt::{CarrierReceipt, Parked};
use crate::db::items::Items;
use crate::odd::{Kind, Odd};
use crate::receipt_fold;
pub use crate::rise::{Learned, Received, Rise};
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
    /// Texts whose hand-over was not answered.
    doubtful: u64,
    dirty: bool,
}

impl Part {
    fn message(&self, place: u8) -> MessageId {
        let slot = self.key.slot;
        MessageId::of(slot.run, slot.chunk, slots::position(slot.slot, place))
    }

    /// As it was at hand-over, of a text whose receipts are waited for.
    const fn handed(&self, place: u8) -> Outcome {
        if self.doubtful & (1 << (place % 64)) == 0 {
            Outcome::HandedOver
        } else {
            Outcome::Unknown
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// Under which of these a text stands whose name came after its hand-over.
    named: HashMap<Spot, u64, RandomState>,
    parked: HashMap<u64, Vec<Parked>, RandomState>,
    dirty: Vec<u32>,
    /// Accounts that texts went to.
    providers: Vec<String>,
    learned: Vec<Learned>,
    odd: Vec<Odd>,
}

impl Book {
    /// Takes in a row; returns the parked receipts that were waiting for its texts.
    pub fn insert(&mut self, new: &NewPart<'_>) -> Vec<Parked> {
        let states = new.states;
        let mut matched = Vec::new();
        let (mut awaiting, mut doubtful) = (0_u64, 0_u64);
        if !self.providers.iter().any(|known| known == new.provider) {
            self.providers.push(new.provider.to_string());
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.parts.push(None);
            u32::try_from(self.parts.len() - 1).unwrap_or(u32::MAX)
        });
        for item in &new.items.items {
            let place = item.place % 64;
            let state = Outcome::from_rank(states[usize::from(place)]).unwrap_or(Outcome::Unknown);
            if !receipt_fold::may_rise(item.outcome(), state) {
                continue;
            }
            awaiting |= 1 << place;
            if item.outcome() == Outcome::Unknown {
                doubtful |= 1 << place;
            }
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
                doubtful,
                dirty: false,
            });
        }
        matched
    }

    /// Takes in the name of a text that was learned after its hand-over.
    pub fn name(&mut self, learned: &Learned) {
        let by_reference = self.hash_reference(&learned.provider, learned.message);
        let of_nobody = self.hash_reference("", learned.message);
        let spot = self.ids.get(&by_reference).or(self.ids.get(&of_nobody));
        if let Some(spot) = spot.copied() {
            let id = self.hash(&learned.provider, &learned.provider_message_id);
            self.ids.insert(id, spot);
            self.named.insert(spot, id);
        }
    }

    /// Folds a receipt into the state of its text.
    pub fn receive(&mut self, provider: &str, receipt: &CarrierReceipt) -> Received {
        let by_id = self.hash(provider, &receipt.provider_message_id);
        let by_reference = receipt.reference.map(|message| {
            // What a predecessor left open names no provider.
            [
                self.hash_reference(provider, message),
                self.hash_reference("", message),
            ]
        });
        let names = std::iter::once(by_id).chain(by_reference.into_iter().flatten());
        let found = names
            .filter_map(|id| Some((id, *self.ids.get(&id)?)))
            .next();
        let Some((id, spot)) = found else {
            return Received::UnknownId;
        };
        if id != by_id && !receipt.provider_message_id.is_empty() {
            self.learn(spot, provider, receipt);
        }
        let rise = self.raise(spot, receipt.outcome, receipt.at);
        if let Some(rise) = rise
            && !receipt_fold::may_rise(self.handed(spot), rise.outcome)
        {
            // Its place may be another text's soon: no name may lead there any more.
            self.ids.remove(&id);
            for reference in [provider, ""].map(|of| self.hash_reference(of, rise.message())) {
                self.ids.remove(&reference);
            }
            if let Some(name) = self.named.remove(&spot) {
                self.ids.remove(&name);
            }
        }
        rise.map_or(Received::NothingNew, Received::Rose)
    }

    /// A receipt found its text by our own id and brings the carrier's: the first one, or one too many.
    fn learn(&mut self, spot: Spot, provider: &str, receipt: &CarrierReceipt) {
        let Some(part) = self.parts.get(spot.part as usize).and_then(Option::as_ref) else {
            return;
        };
        let message = part.message(spot.place);
        let id = self.hash(provider, &receipt.provider_message_id);
        match self.named.get(&spot) {
            None => {
                self.named.insert(spot, id);
                self.ids.insert(id, spot);
                self.learned.push(Learned {
                    message,
                    provider: provider.to_string(),
                    provider_message_id: receipt.provider_message_id.clone(),
                });
            }
            Some(known) if *known == id => {}
            Some(_) => self.odd.push(Odd {
                message,
                kind: Kind::SecondId,
                provider: provider.to_string(),
                provider_message_id: receipt.provider_message_id.clone(),
                at: receipt.at,
            }),
        }
    }

    /// The text of another account that has the id or the reference of this receipt.
    pub fn foreign_to(&self, provider: &str, receipt: &CarrierReceipt) -> Option<MessageId> {
        let others = self.providers.iter().filter(|other| *other != provider);
        let mut spots = others.filter_map(|other| {
            let by_id = self
                .ids
                .get(&self.hash(other, &receipt.provider_message_id));
            let by_reference = receipt
                .reference
                .and_then(|message| self.ids.get(&self.hash_reference(other, message)));
            by_id.or(by_reference)
        });
        let spot = spots.next()?;
        let part = self.parts.get(spot.part as usize)?.as_ref()?;
        Some(part.message(spot.place))
    }

    /// Names learned since the last call.
    pub fn take_learned(&mut self) -> Vec<Learned> {
        std::mem::take(&mut self.learned)
    }

    /// Receipts that should not be, since the last call.
    pub fn take_odd(&mut self) -> Vec<Odd> {
        std::mem::take(&mut self.odd)
    }

    fn handed(&self, spot: Spot) -> Outcome {
        let part = self.parts.get(spot.part as usize).and_then(Option::as_ref);
        part.map_or(Outcome::HandedOver, |part| part.handed(spot.place))
    }

    fn raise(&mut self, spot: Spot, receipt: Outcome, at: i64) -> Option<Rise> {
        let part = self.parts.get_mut(spot.part as usize)?.as_mut()?;
        let handed = part.handed(spot.place);
        let state = part.states.get_mut(usize::from(spot.place))?;
        let from = Outcome::from_rank(*state)?;
        let risen = receipt_fold::fold(handed, from, receipt)?;
        *state = risen.rank();
        if !receipt_fold::may_rise(handed, risen) {
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
            handed,
            from,
            outcome: risen,
            at,
            handed_at: part.at,
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
            named,
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
        named.retain(|spot, _| parts.get(spot.part as usize).is_some_and(Option::is_some));
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

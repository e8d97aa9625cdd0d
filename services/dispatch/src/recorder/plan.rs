//! What a batch of outcomes and receipts changes: in memory at once, in the tables as one piece of work.

use channels::Fault;
use contract::chunk::{Outcome, SlotRef};
use contract::consent::{RecordProviderBlock, ReturnedPermit};
use contract::dispatch::{
    HandOversRecorded, Receipt, ReceiptsRecorded, Routed, RoutedGroup, SlotOutcome, TextsRouted,
    UnknownSettled,
};
use contract::reason::Reason;
use contract::time::UnixMillis;
use contract::{Mode, TenantId};
use tokio::sync::oneshot;

use super::{Entry, Receipts};
use crate::book::{Book, CarrierReceipt, NewPart, Parked, PartKey, Received, Rise};
use crate::db::attempt::Attempt;
use crate::db::ledger::LedgerRow;
use crate::db::{ledger, receipt_log, states};
use crate::money::db::spend::SpendWork;
use crate::outcomes::Group;
use crate::{route, slots};

/// Everything one commit writes and says.
#[derive(Debug, Default, Clone)]
pub struct Work {
    pub hand_overs: Vec<(TenantId, HandOversRecorded)>,
    /// Choices of route, for the ledger and for those who show them.
    pub routes: Vec<(PartKey, Routed)>,
    pub routed: Vec<(TenantId, TextsRouted)>,
    pub receipts: Vec<(TenantId, ReceiptsRecorded)>,
    /// Those of the receipts that say of a text at last that it left.
    pub settled: Vec<(TenantId, UnknownSettled)>,
    pub ledger: Option<String>,
    pub log: Option<Vec<u8>>,
    /// States to fold; whoever folds empties the log.
    pub states: Option<String>,
    pub parked: Vec<Parked>,
    pub matched: Vec<Parked>,
    /// Opt-outs that carriers knew of.
    pub blocks: Vec<(TenantId, RecordProviderBlock)>,
    pub spend: SpendWork,
    pub attempts: Vec<Attempt>,
}

/// What is to be done after the commit.
#[derive(Debug, Default)]
pub struct After {
    pub close: Vec<SlotRef>,
    /// Permits of those slots that come back.
    pub returned: Vec<ReturnedPermit>,
    pub closed: Vec<oneshot::Sender<()>>,
    pub dones: Vec<oneshot::Sender<()>>,
    pub answers: Vec<Receipts>,
    pub counts: Counts,
}

#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub handed_over: u64,
    pub unknown: u64,
    pub failed: u64,
    pub receipts: u64,
    pub parked: u64,
}

/// Takes a batch into the book and says what is to be written. `fold`: also write the states that changed.
pub fn plan(
    book: &mut Book,
    batch: Vec<Entry>,
    fold: bool,
    now: UnixMillis,
) -> anyhow::Result<(Work, After)> {
    let (mut work, mut after) = (Work::default(), After::default());
    let (mut rows, mut rises) = (Vec::new(), Vec::new());
    // Lines up with the rises, which stay as small as they are logged.
    let mut faults: Vec<Option<Fault>> = Vec::new();
    let mut arrived = Vec::new();
    for entry in batch {
        match entry {
            Entry::Receipts(receipts) => arrived.push(receipts),
            Entry::Settled(settled) => {
                let blocks = settled.blocks.into_iter();
                work.blocks
                    .extend(blocks.map(|block| (settled.tenant, block)));
                if settled.permitted {
                    after.close.push(settled.outcome.slot);
                    let unused = settled.attempts.iter().map(Attempt::permit);
                    after.returned.extend(unused);
                    after.closed.push(settled.done);
                } else {
                    after.dones.push(settled.done);
                }
                work.attempts.extend(settled.attempts);
                let (tenant, permitted) = (settled.tenant, settled.permitted);
                let rows_before = rows.len();
                let first = Group {
                    outcome: settled.outcome,
                    routed: settled.routed,
                };
                for Group { outcome, routed } in std::iter::once(first).chain(settled.also) {
                    if permitted && let Some(row) = LedgerRow::of(tenant, &outcome) {
                        if let Some(routed) = routed {
                            say_route(&mut work, &row, &outcome, routed);
                        }
                        rows.push(row);
                    }
                    for item in &outcome.items {
                        match item.outcome {
                            Outcome::HandedOver => after.counts.handed_over += 1,
                            Outcome::Unknown => after.counts.unknown += 1,
                            Outcome::Failed => after.counts.failed += 1,
                            _ => {}
                        }
                    }
                    if !outcome.items.is_empty() {
                        let event = said_to(&mut work.hand_overs, tenant, || HandOversRecorded {
                            slots: Vec::new(),
                        });
                        event.slots.push(outcome);
                    }
                }
                work.spend.add(&rows[rows_before..], settled.charge);
            }
        }
    }
    for row in &rows {
        let (key, tenant, at, items) = (row.key, row.tenant, row.at, &row.items);
        let part = NewPart {
            key,
            tenant,
            provider: &row.provider,
            at,
            items,
            states: items.states(),
        };
        for early in book.insert(&part) {
            if let Received::Rose(rise) = book.receive(&early.provider, &early.receipt) {
                work.blocks
                    .extend(block(&early.provider, &early.receipt, rise, now));
                faults.push(early.receipt.fault);
                rises.push(rise);
            }
            work.matched.push(early);
        }
    }
    for Receipts {
        provider, receipts, ..
    } in &mut arrived
    {
        for receipt in receipts.drain(..) {
            match book.receive(provider, &receipt) {
                Received::Rose(rise) => {
                    work.blocks.extend(block(provider, &receipt, rise, now));
                    faults.push(receipt.fault);
                    rises.push(rise);
                }
                Received::NothingNew => {}
                // Nothing final, and nothing to hold it against.
                Received::UnknownId if receipt.outcome == Outcome::HandedOver => {}
                Received::UnknownId => {
                    let parked = Parked {
                        provider: provider.to_string(),
                        receipt,
                        received_at: now.0,
                    };
                    book.park(parked.clone());
                    work.parked.push(parked);
                }
            }
        }
    }
    after.answers = arrived;
    after.counts.receipts = rises.len() as u64;
    after.counts.parked = work.parked.len() as u64;
    say(&mut work, &rises, &faults, now);
    if !rows.is_empty() {
        work.ledger = Some(ledger::to_json(&rows)?);
    }
    if fold {
        work.states = Some(states::to_json(&book.take_dirty())?);
    } else if !rises.is_empty() {
        work.log = Some(receipt_log::to_bytes(&rises)?);
    }
    Ok((work, after))
}

/// Records how the carrier of a row was chosen.
fn say_route(work: &mut Work, row: &LedgerRow, outcome: &SlotOutcome, routed: Routed) {
    work.routes.push((row.key, routed.clone()));
    let group = RoutedGroup {
        slot: outcome.slot,
        campaign: outcome.campaign,
        positions: row
            .items
            .items
            .iter()
            .map(|item| slots::position(outcome.slot.slot, item.place))
            .collect(),
        routed,
    };
    let event = said_to(&mut work.routed, row.tenant, || TextsRouted {
        groups: Vec::new(),
    });
    event.groups.push(group);
}

/// An opt-out that a receipt tells of, unless the carrier is the simulated one.
fn block(
    provider: &str,
    receipt: &CarrierReceipt,
    rise: Rise,
    at: UnixMillis,
) -> Option<(TenantId, RecordProviderBlock)> {
    let (phone, sender) = receipt.block.clone()?;
    let live = route::mode_of(provider) == Mode::Live;
    live.then(|| {
        let block = RecordProviderBlock {
            message: rise.message(),
            contact: None,
            phone,
            sender,
            provider: provider.to_string(),
            code: receipt.code.clone(),
            at,
        };
        (rise.tenant, block)
    })
}

fn say(work: &mut Work, rises: &[Rise], faults: &[Option<Fault>], now: UnixMillis) {
    for (rise, fault) in rises.iter().zip(faults) {
        let reason = if rise.outcome == Outcome::Delivered {
            Reason::OK
        } else {
            Fault::receipt_reason(*fault)
        };
        let receipt = Receipt {
            message: rise.message(),
            outcome: rise.outcome,
            reason,
            at: now,
        };
        if rise.from == Outcome::Unknown {
            let event = said_to(&mut work.settled, rise.tenant, || UnknownSettled {
                items: Vec::new(),
            });
            event.items.push(receipt.clone());
        }
        said_to(&mut work.receipts, rise.tenant, || ReceiptsRecorded {
            items: Vec::new(),
        })
        .items
        .push(receipt);
    }
}

/// The event of a tenant, among few.
fn said_to<T>(
    events: &mut Vec<(TenantId, T)>,
    tenant: TenantId,
    new: impl FnOnce() -> T,
) -> &mut T {
    let at = events
        .iter()
        .position(|(of, _)| *of == tenant)
        .unwrap_or_else(|| {
            events.push((tenant, new()));
            events.len() - 1
        });
    &mut events[at].1
}

//! What a batch of outcomes and receipts changes: in memory at once, in the tables as one piece of work.

use contract::chunk::{Outcome, SlotRef};
use contract::consent::{RecordProviderBlock, ReturnedPermit};
use contract::dispatch::{
    HandOversRecorded, ReceiptsRecorded, Routed, RoutedGroup, SlotOutcome, TextsRouted,
    UnknownSettled,
};
use contract::time::UnixMillis;
use contract::{MessageId, Reason, TenantId};
use tokio::sync::oneshot;

use super::rising::Rising;
use super::{Besides, Entry, Receipts};
use crate::book::{Book, Learned, NewPart, Parked, PartKey, Received};
use crate::db::attempt::Attempt;
use crate::db::carrier_code::CarrierCode;
use crate::db::ledger::LedgerRow;
use crate::db::{ledger, receipt_log, states};
use crate::doubt::{self, Doubt};
use crate::money::db::spend::SpendWork;
use crate::odd::Odd;
use crate::outcomes::Group;
use crate::reconcile::Reconciling;
use crate::slots;

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
    pub codes: Vec<CarrierCode>,
    /// Texts in doubt, those that are in less of it now, and names that came late.
    pub doubts: Vec<Doubt>,
    pub risen: Vec<(MessageId, Outcome)>,
    pub learned: Vec<Learned>,
    /// Receipts that should not be.
    pub odd: Vec<Odd>,
    /// Texts of the API whose outcome is another one now, and those that have arrived.
    pub restated: Vec<(MessageId, Outcome, Reason)>,
    pub arrived: Vec<MessageId>,
    /// Until when number and words of a text of the API are kept that may be redriven; 0: they are not.
    pub work_until: i64,
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
    reconciling: &Reconciling,
) -> anyhow::Result<(Work, After)> {
    let (mut work, mut after) = (Work::default(), After::default());
    let (mut rows, mut rising) = (Vec::new(), Rising::new(now, reconciling.rules.silence_ms()));
    let mut arrived = Vec::new();
    for entry in batch {
        match entry {
            Entry::Receipts(receipts) => arrived.push(receipts),
            Entry::Settled(settled) => {
                let Besides {
                    charge,
                    attempts,
                    codes,
                    traces,
                } = settled.besides;
                work.codes.extend(codes);
                let blocks = settled.blocks.into_iter();
                work.blocks
                    .extend(blocks.map(|block| (settled.tenant, block)));
                if settled.permitted {
                    after.close.push(settled.outcome.slot);
                    let unused = attempts.iter().map(Attempt::permit);
                    after.returned.extend(unused);
                    after.closed.push(settled.done);
                } else {
                    after.dones.push(settled.done);
                }
                work.attempts.extend(attempts);
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
                    let doubts = doubt::of(tenant, &outcome, &traces, reconciling);
                    work.doubts.extend(doubts);
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
                work.spend.add(&rows[rows_before..], charge);
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
                rising.add(&mut work, &early.provider, &early.receipt, rise);
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
                Received::Rose(rise) => rising.add(&mut work, provider, &receipt, rise),
                Received::NothingNew => {}
                // Nothing final, and nothing to hold it against.
                Received::UnknownId
                    if matches!(receipt.outcome, Outcome::HandedOver | Outcome::Failed) => {}
                Received::UnknownId => {
                    let parked = Parked {
                        provider: provider.to_string(),
                        foreign_to: book.foreign_to(provider, &receipt),
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
    let rises = rising.say(&mut work);
    (work.learned, work.odd) = (book.take_learned(), book.take_odd());
    after.counts.receipts = rises.len() as u64;
    after.counts.parked = work.parked.len() as u64;
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

/// The event of a tenant, among few.
pub(super) fn said_to<T>(
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

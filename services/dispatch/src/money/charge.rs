//! What the texts of a piece cost, and the row of costs that goes with their row of the ledger.

use contract::chunk::{Outcome, SlotRef};
use contract::dispatch::SlotOutcome;
use contract::ids::CampaignId;

use super::account::Account;
use super::currency::Currency;
use crate::book::PartKey;
use crate::db::ledger::LedgerRow;
use crate::slots;

/// Names budget that was taken: the piece's lowest place, as the ledger names its rows.
pub type HoldKey = PartKey;

/// Micros by place of a slot's texts; texts without a price are absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Costs {
    pub account: Account,
    pub campaign: CampaignId,
    /// The day they are counted on: that of the admission.
    pub day: String,
    pub currency: Currency,
    pub places: Vec<(u8, i64)>,
}

/// What a piece's texts cost with each carrier that may take them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quotes {
    pub providers: Vec<String>,
    /// By place, in the order of the providers. Micros of the whole text; `None`: there is no price.
    pub places: Vec<(u8, Vec<Option<i64>>)>,
}

impl Quotes {
    /// The costs as they are with the carriers that took the texts. What no carrier of these has answered for stays as it
    /// was held.
    pub fn settle<'o>(&self, costs: &mut Costs, outcomes: impl Iterator<Item = &'o SlotOutcome>) {
        for outcome in outcomes {
            let of = |name: &String| *name == outcome.provider;
            let Some(at) = self.providers.iter().position(of) else {
                continue;
            };
            for item in &outcome.items {
                let place = slots::place(item.position);
                let Some((_, quotes)) = self.places.iter().find(|(of, _)| *of == place) else {
                    continue;
                };
                costs.places.retain(|(of, _)| *of != place);
                let cost = quotes.get(at).copied().flatten();
                costs.places.extend(cost.map(|micros| (place, micros)));
            }
        }
        costs.places.sort_unstable();
    }
}

/// What the recorder is to write about a slot's money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Charge {
    pub costs: Option<Box<Costs>>,
    /// Budget that is given back with the same commit; what was spent of it is counted there.
    pub holds: Vec<HoldKey>,
}

/// A row of `ledger_cost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostRow {
    pub key: PartKey,
    pub costs: Costs,
}

impl CostRow {
    /// Micros of all its texts.
    pub fn micros(&self) -> i64 {
        let places = self.costs.places.iter();
        places.fold(0, |sum, (_, micros)| sum.saturating_add(*micros))
    }
}

/// A carrier bills what it took, and what it may have taken must be counted as taken.
pub fn is_charged(outcome: Outcome) -> bool {
    outcome.is_handed_over() || outcome == Outcome::Unknown
}

/// The costs of a ledger row's texts that are charged.
pub fn row(row: &LedgerRow, charge: &Charge) -> Option<CostRow> {
    let costs = charge.costs.as_ref()?;
    let charged = row
        .items
        .items
        .iter()
        .filter(|item| is_charged(item.outcome()));
    let mut places = Vec::new();
    for item in charged {
        places.extend(costs.places.iter().find(|(place, _)| *place == item.place));
    }
    (!places.is_empty()).then(|| CostRow {
        key: row.key,
        costs: Costs {
            places,
            ..(**costs).clone()
        },
    })
}

/// What a killed process held for a slot that it left open: its pieces together.
pub fn left_open(slot: SlotRef, held: &[(HoldKey, Costs)]) -> Charge {
    let mut charge = Charge::default();
    for (key, costs) in held.iter().filter(|(key, _)| key.slot == slot) {
        charge.holds.push(*key);
        match &mut charge.costs {
            Some(all) => all.places.extend(&costs.places),
            None => charge.costs = Some(Box::new(costs.clone())),
        }
    }
    charge
}

//! How much of the caps is left, and which texts of a piece still fit. Nothing here ever lets more through than
//! every cap in force has left.

use contract::chunk::Outcome;
use contract::ids::CampaignId;
use contract::reason::Reason;
use contract::time::UnixMillis;

use super::currency::Currency;
use super::period::Period;

/// Where a cap warns, in per cent of its amount.
pub const WARN_PERCENT: i64 = 80;
pub const FULL_PERCENT: i64 = 100;

/// A cap that somebody set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// `None`: the account as a whole.
    pub campaign: Option<CampaignId>,
    pub period: Period,
    pub micros: i64,
    pub currency: Currency,
}

/// What was spent of one account in a period, and by one campaign since ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    pub campaign: Option<CampaignId>,
    /// As [`Period::key`] names it.
    pub period: String,
    pub micros: i64,
}

/// What texts in flight may cost yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub campaign: CampaignId,
    /// The day they will be counted on.
    pub day: String,
    pub micros: i64,
}

/// How a cap stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub spent: i64,
    pub reserved: i64,
    /// Below 0 where the cap was lowered under what was spent.
    pub left: i64,
}

/// How `cap` stands at `now`.
pub fn standing(cap: &Cap, spent: &[Spent], held: &[Held], now: UnixMillis) -> Standing {
    let key = cap.period.key(now);
    let spent = spent
        .iter()
        .filter(|row| row.campaign == cap.campaign && row.period == key)
        .fold(0_i64, |sum, row| sum.saturating_add(row.micros));
    let reserved = held
        .iter()
        .filter(|hold| {
            cap.campaign
                .is_none_or(|campaign| campaign == hold.campaign)
        })
        .filter(|hold| cap.period.holds(&hold.day, now))
        .fold(0_i64, |sum, hold| sum.saturating_add(hold.micros));
    Standing {
        spent,
        reserved,
        left: cap.micros.saturating_sub(spent).saturating_sub(reserved),
    }
}

/// What became of a piece's texts.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fitted {
    /// One per text: `None` where it fits, else the index of the cap that stops it.
    pub stopped_by: Vec<Option<usize>>,
    /// Micros of those that fit.
    pub micros: i64,
}

/// Lets texts through in their order while each fits every cap; a later, cheaper one may still fit.
/// `left` has an entry per cap. Where several caps stop a text, the one that lasts longest is told.
pub fn fit(caps: &[Cap], left: &[i64], costs: &[i64]) -> Fitted {
    let mut fitted = Fitted::default();
    for cost in costs {
        let after = fitted.micros.saturating_add(*cost);
        let stopped = caps
            .iter()
            .zip(left)
            .enumerate()
            .filter(|(_, (_, left))| *cost > 0 && after > **left)
            .max_by_key(|(_, (cap, _))| cap.period)
            .map(|(at, _)| at);
        if stopped.is_none() {
            fitted.micros = after;
        }
        fitted.stopped_by.push(stopped);
    }
    fitted
}

/// What a text comes to that a cap of this period stops: it waits for the next day or month if it may still
/// leave then, else it has failed.
pub fn stopped(
    period: Period,
    now: UnixMillis,
    valid_until: UnixMillis,
) -> (Outcome, Reason, Option<UnixMillis>) {
    match period.next(now) {
        Some(next) if next < valid_until => (Outcome::Held, Reason::SPEND_CAP, Some(next)),
        _ => (Outcome::Failed, Reason::SPEND_CAP, None),
    }
}

/// The mark a cap has reached, in per cent: full where it stopped a text or nothing is left.
pub fn mark(cap: &Cap, used: i64, stopped: bool) -> i64 {
    if stopped || used >= cap.micros {
        FULL_PERCENT
    } else if i128::from(used) * 100 >= i128::from(cap.micros) * i128::from(WARN_PERCENT) {
        WARN_PERCENT
    } else {
        0
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;

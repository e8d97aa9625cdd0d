//! Which texts of a piece may leave, before any permit is asked for: country, price, velocity, budget.

use contract::Class;
use contract::chunk::{Outcome, SlotRef, Text};
use contract::dispatch::SlotOutcome;
use contract::ids::CampaignId;
use contract::reason::Reason;
use contract::time::UnixMillis;

use super::Money;
use super::account::Account;
use super::budget;
use super::charge::{Charge, Costs, Quotes, is_charged};
use super::db::reserve::{self, Ask};
use super::period::Period;
use super::price::Prices;
use super::terms::is_allowed;
use crate::book::PartKey;
use crate::route::operator::Operators;
use crate::slots;

/// What the texts of a piece share.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'p> {
    pub account: Account,
    pub campaign: CampaignId,
    pub class: Class,
    pub valid_until: UnixMillis,
    pub slot: SlotRef,
    /// The carrier that is tried first, then those that what surely did not leave there may go to.
    pub providers: &'p [&'p str],
    /// Whose network numbers are in, as far as the tenant knows.
    pub operators: Option<&'p Operators>,
}

/// A text that does not leave now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    pub position: u16,
    pub outcome: Outcome,
    pub reason: Reason,
    /// For [`Outcome::Held`]: when to try again.
    pub until: Option<UnixMillis>,
}

/// Texts that may leave, and what was taken for them.
#[derive(Debug)]
pub struct Admitted {
    /// In ascending order of position, as they came.
    pub texts: Vec<Text>,
    pub stopped: Vec<Stopped>,
    /// Providers that must not be turned to: some text has no price there, and must have one.
    pub barred: Vec<String>,
    pub reservation: Reservation,
}

/// Budget and room that texts in flight take. Ends in [`Reservation::settle`] or [`Reservation::release`];
/// what a killed process leaves is settled at the next start.
#[must_use]
#[derive(Debug)]
pub struct Reservation {
    account: Account,
    /// Of the dearest carrier that may take each text.
    charge: Charge,
    /// Empty where there is one carrier only.
    quotes: Quotes,
    /// Position and number of texts that the windows counted.
    counted: Vec<(u16, u64)>,
    at: i64,
}

impl Reservation {
    /// What the recorder is to write; texts that surely did not leave make room in the windows.
    pub fn settle<'o>(
        mut self,
        money: &Money,
        now: UnixMillis,
        outcomes: impl Iterator<Item = &'o SlotOutcome> + Clone,
    ) -> Charge {
        if let Some(costs) = &mut self.charge.costs {
            self.quotes.settle(costs, outcomes.clone());
        }
        let left: Vec<u16> = outcomes
            .flat_map(|outcome| &outcome.items)
            .filter(|item| !self.counted.is_empty() && is_charged(item.outcome))
            .map(|item| item.position)
            .collect();
        let back = self
            .counted
            .iter()
            .filter(|(position, _)| !left.contains(position));
        money.uncount(
            self.account,
            now.0,
            self.at,
            back.map(|(_, number)| *number),
        );
        self.charge
    }

    /// Gives all of it back: nothing was sent.
    pub async fn release(self, money: &Money, now: UnixMillis) -> anyhow::Result<()> {
        let charge = self.settle(money, now, std::iter::empty());
        money.give_back(charge.holds).await
    }
}

impl Money {
    /// Sorts a piece's texts into those that may leave and those that may not now. Budget is taken durably.
    pub async fn admit(
        &self,
        now: UnixMillis,
        piece: Piece<'_>,
        texts: Vec<Text>,
    ) -> anyhow::Result<Admitted> {
        let mut admitted = Admitted {
            texts: Vec::new(),
            stopped: Vec::new(),
            barred: Vec::new(),
            reservation: Reservation {
                account: piece.account,
                charge: Charge::default(),
                quotes: Quotes::default(),
                counted: Vec::new(),
                at: now.0,
            },
        };
        let all = self.terms();
        let terms = all.of(piece.account);
        if self.defaults.is_free(terms, piece.campaign, piece.class) {
            admitted.texts = texts;
            return Ok(admitted);
        }
        // Somebody has to be answered by law: counted, and never stopped.
        let answer = piece.class.is_reply();
        let capped = terms.is_capped(piece.campaign) && !answer;
        let (countries, limits) = (self.defaults.countries(terms), self.defaults.limits(terms));
        let mut pulse = limits.count(piece.class).then(|| self.pulse(piece.account));
        let must_cost = (capped || !self.defaults.unpriced_leave) && !answer;
        let (mut quotes, mut unpriced) = (Vec::with_capacity(texts.len()), 0_u64);
        for text in texts {
            let digits = text.phone.digits();
            if !answer && !is_allowed(countries, digits) {
                admitted.stop(&text, Outcome::Failed, Reason::COUNTRY_NOT_ALLOWED, None);
                continue;
            }
            let of_text = quotes_of(&piece, &terms.prices, &text, now);
            let first = of_text.first().copied().flatten();
            unpriced += u64::from(first.is_none());
            if first.is_none() && must_cost {
                admitted.stop(&text, Outcome::Failed, Reason::PRICE_UNKNOWN, None);
                continue;
            }
            if let Some(pulse) = &mut pulse {
                let when = (now.0, piece.valid_until);
                let admit = |pulse: &mut super::pulse::Pulse| {
                    pulse.admit(limits, when, piece.class, digits)
                };
                if let Err((outcome, reason, until)) = pulse.with(admit) {
                    admitted.stop(&text, outcome, reason, until);
                    continue;
                }
                admitted.reservation.counted.push((text.position, digits));
            }
            quotes.push(of_text);
            admitted.texts.push(text);
        }
        if unpriced > 0 {
            metrics::counter!("dispatch_unpriced_total").increment(unpriced);
        }
        let barred = if must_cost {
            without_price(&quotes)
        } else {
            Vec::new()
        };
        let costs = quotes.iter().map(|of_text| dearest(of_text, &barred));
        let costs: Vec<_> = costs.collect();
        if piece.providers.len() > 1 {
            let places = admitted
                .texts
                .iter()
                .map(|text| slots::place(text.position));
            admitted.reservation.quotes = Quotes {
                providers: piece.providers.iter().map(ToString::to_string).collect(),
                places: places.zip(quotes).collect(),
            };
        }
        admitted.barred = barred
            .iter()
            .filter_map(|at| Some((*piece.providers.get(*at)?).to_string()))
            .collect();
        if let Some(currency) = terms.prices.currency {
            let costs = self
                .budget(now, piece, currency, &mut admitted, costs, capped)
                .await?;
            admitted.reservation.charge.costs = costs.map(Box::new);
        }
        for stopped in &admitted.stopped {
            let reason = stopped.reason.to_string();
            metrics::counter!("dispatch_money_stopped_total", "reason" => reason).increment(1);
        }
        Ok(admitted)
    }

    /// Takes the budget of texts that everything else lets leave; those it does not reach are stopped.
    async fn budget(
        &self,
        now: UnixMillis,
        piece: Piece<'_>,
        currency: super::currency::Currency,
        admitted: &mut Admitted,
        mut costs: Vec<Option<i64>>,
        capped: bool,
    ) -> anyhow::Result<Option<Costs>> {
        let mut taken = Costs {
            account: piece.account,
            campaign: piece.campaign,
            day: Period::Day.key(now),
            currency,
            places: Vec::new(),
        };
        if capped && !admitted.texts.is_empty() {
            let places = places(&admitted.texts, &costs);
            let key = PartKey {
                slot: piece.slot,
                part: places.first().map_or(0, |(place, _)| *place),
            };
            taken.places = places;
            let ask = Ask {
                dispatcher: self.dispatcher.clone(),
                key,
                costs: taken.clone(),
                now,
            };
            let answer = reserve::take(&self.db, ask).await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    let counted = std::mem::take(&mut admitted.reservation.counted);
                    let numbers = counted.into_iter().map(|(_, number)| number);
                    self.uncount(piece.account, now.0, now.0, numbers);
                    return Err(error);
                }
            };
            if answer.held {
                admitted.reservation.charge.holds.push(key);
            }
            let (texts, mut kept) = (std::mem::take(&mut admitted.texts), Vec::new());
            let costs_of = std::mem::take(&mut costs);
            for ((text, cost), stop) in texts.into_iter().zip(costs_of).zip(answer.stopped_by) {
                let Some(period) = stop else {
                    kept.push(cost);
                    admitted.texts.push(text);
                    continue;
                };
                let (outcome, reason, until) = budget::stopped(period, now, piece.valid_until);
                self.give_room(admitted, &text, now);
                admitted.stop(&text, outcome, reason, until);
            }
            costs = kept;
        }
        taken.places = places(&admitted.texts, &costs);
        Ok((!taken.places.is_empty()).then_some(taken))
    }

    /// A text that the windows counted and the budget stopped.
    fn give_room(&self, admitted: &mut Admitted, text: &Text, now: UnixMillis) {
        let counted = &mut admitted.reservation.counted;
        if let Some(at) = counted.iter().position(|(of, _)| *of == text.position) {
            let (_, number) = counted.swap_remove(at);
            self.uncount(
                admitted.reservation.account,
                now.0,
                now.0,
                [number].into_iter(),
            );
        }
    }
}

impl Admitted {
    fn stop(&mut self, text: &Text, outcome: Outcome, reason: Reason, until: Option<UnixMillis>) {
        self.stopped.push(Stopped {
            position: text.position,
            outcome,
            reason,
            until,
        });
    }
}

/// What a text costs with each of the piece's carriers.
fn quotes_of(piece: &Piece<'_>, prices: &Prices, text: &Text, now: UnixMillis) -> Vec<Option<i64>> {
    let operator = piece
        .operators
        .and_then(|known| known.of(text.phone.digits()));
    let segments = i64::from(text.segments.max(1));
    let quote = |provider: &&str| {
        let micros = prices.segment(provider, text.phone, operator.map(|name| &**name), now.0)?;
        Some(micros * segments)
    };
    piece.providers.iter().map(quote).collect()
}

/// Carriers but the first, by index, with which some text has no price.
fn without_price(quotes: &[Vec<Option<i64>>]) -> Vec<usize> {
    let carriers = quotes.first().map_or(0, Vec::len);
    let lacks = |at: &usize| quotes.iter().any(|of_text| of_text[*at].is_none());
    (1..carriers).filter(lacks).collect()
}

/// The most that a text can come to: whoever takes it, the budget that was taken reaches.
fn dearest(of_text: &[Option<i64>], barred: &[usize]) -> Option<i64> {
    let open = of_text
        .iter()
        .enumerate()
        .filter(|(at, _)| !barred.contains(at));
    open.filter_map(|(_, micros)| *micros).max()
}

/// Micros by place, of the texts that have a price. `costs` lines up with `texts`.
fn places(texts: &[Text], costs: &[Option<i64>]) -> Vec<(u8, i64)> {
    let priced = texts.iter().zip(costs);
    let places = priced.filter_map(|(text, cost)| Some((slots::place(text.position), (*cost)?)));
    places.collect()
}

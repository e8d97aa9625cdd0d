//! What texts would do if they left now: their way, their price and the limits they draw from. Pure: the tables come in
//! as values, and the choice of route is that of real texts.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::dispatch::{Forecasted, PaceLimit, SegmentPrice, Way};
use contract::{CampaignId, Class, Mode, Phone, Reason, TenantId};

use crate::money::terms::{Terms, is_allowed};
use crate::route::choose::{Health, Prefer, choose};
use crate::route::cost;
use crate::route::country::{self, Country};
use crate::route::operator::Operators;
use crate::routing::snapshot::Tenant;
use crate::traffic::Ask;
use crate::traffic::limits::Draw;

/// A text and what it would leave from.
#[derive(Debug, Clone)]
pub struct Going {
    pub position: u16,
    pub phone: Phone,
    /// The same number for the same person.
    pub person: u128,
    pub sender: String,
}

/// What the texts are looked up in.
pub struct Table<'t> {
    pub own: &'t Tenant,
    pub operators: Option<Arc<Operators>>,
    pub prefer: Prefer,
    pub health: &'t dyn Fn(usize) -> Health,
    /// Name of the carrier behind a link.
    pub provider: &'t dyn Fn(usize) -> Option<Arc<str>>,
    /// Where no route is written down: the link, and its name as a route.
    pub plain: Option<(usize, Arc<str>)>,
    pub terms: &'t Terms,
    /// That may be texted; empty: all.
    pub countries: &'t BTreeSet<Country>,
    /// A text without a price does not leave.
    pub must_cost: bool,
    /// The limits that a piece draws from.
    pub draws: &'t dyn Fn(&Ask) -> Vec<Draw>,
    pub head: (TenantId, Mode, Class, CampaignId),
    /// Milliseconds since 1970: when the prices are looked at.
    pub at: i64,
}

/// Sorts texts by their way and price. Every position stands once.
pub fn forecast(table: &Table<'_>, texts: &[Going]) -> Forecasted {
    let (mut ways, mut refused) = (Vec::<(Way, String)>::new(), Vec::new());
    for text in texts {
        match way(table, text) {
            Ok(found) => {
                let same = |(way, sender): &&mut (Way, String)| {
                    *sender == text.sender && is_same(way, &found)
                };
                match ways.iter_mut().find(same) {
                    Some((way, _)) => way.positions.push(text.position),
                    None => {
                        let limits = limits(table, &found, &text.sender);
                        let positions = vec![text.position];
                        let way = Way {
                            limits,
                            positions,
                            ..found
                        };
                        ways.push((way, text.sender.clone()));
                    }
                }
            }
            Err(reason) => refuse(&mut refused, reason, text.position),
        }
    }
    Forecasted {
        ways: ways.into_iter().map(|(way, _)| way).collect(),
        refused,
    }
}

fn is_same(a: &Way, b: &Way) -> bool {
    (&a.route, &a.provider, &a.country, &a.operator, &a.price)
        == (&b.route, &b.provider, &b.country, &b.operator, &b.price)
}

fn refuse(refused: &mut Vec<(Reason, Vec<u16>)>, reason: Reason, position: u16) {
    match refused.iter_mut().find(|(known, _)| *known == reason) {
        Some((_, positions)) => positions.push(position),
        None => refused.push((reason, vec![position])),
    }
}

/// One text's way, without limits and positions.
fn way(table: &Table<'_>, text: &Going) -> Result<Way, Reason> {
    let (_, _, class, _) = table.head;
    let digits = text.phone.digits();
    let ask = table.own.ask(text.phone, class, &text.sender, text.person);
    let (route, link, written) = if table.own.routes.is_empty() {
        let (link, route) = table.plain.clone().ok_or(Reason::NO_ROUTE)?;
        (route, link, None)
    } else {
        let choice = choose(&table.own.routes, &ask, table.prefer, table.health);
        let (route, link) = *choice.order.first().ok_or(Reason::NO_ROUTE)?;
        let route = &table.own.routes[route];
        let written = cost::of_country(&route.costs, ask.country);
        (route.name.clone(), link, written)
    };
    let provider = (table.provider)(link).ok_or(Reason::NO_ROUTE)?;
    if !is_allowed(table.countries, digits) {
        return Err(Reason::COUNTRY_NOT_ALLOWED);
    }
    let operators = table.operators.as_deref();
    let operator = operators.and_then(|known| known.of(digits));
    let prices = &table.terms.prices;
    let operator_name = operator.map(|name| &**name);
    let booked = prices.segment(&provider, text.phone, operator_name, table.at);
    if booked.is_none() && table.must_cost {
        return Err(Reason::PRICE_UNKNOWN);
    }
    let booked = booked
        .zip(prices.currency)
        .map(|(micros, currency)| SegmentPrice {
            micros,
            currency: currency.to_string(),
        });
    // What a route says of its own costs is a hint to routing; it counts where the price table is silent.
    let written = || {
        let cost = written?;
        Some(SegmentPrice {
            micros: i64::try_from(cost.micros).ok()?,
            currency: cost.currency().to_string(),
        })
    };
    Ok(Way {
        route: route.to_string(),
        provider: provider.to_string(),
        country: country::of(digits).map(|country| country.to_string()),
        operator: operator_name.map(str::to_string),
        price: booked.or_else(written),
        limits: Vec::new(),
        positions: Vec::new(),
    })
}

fn limits(table: &Table<'_>, way: &Way, sender: &str) -> Vec<PaceLimit> {
    let (tenant, mode, class, campaign) = table.head;
    let ask = Ask {
        tenant,
        mode,
        class,
        campaign,
        sender: sender.to_string(),
        provider: way.provider.as_str().into(),
        link: 0,
        segments: 1,
    };
    let draws = (table.draws)(&ask).into_iter();
    draws
        .map(|draw| PaceLimit {
            level: draw.name.level.as_str().to_string(),
            name: draw.name.name,
            segments_per_second: draw.rate.per_second,
            per_day: draw.per_day,
        })
        .collect()
}

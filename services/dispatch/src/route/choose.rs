//! The choice among a tenant's routes for one text, and why each of the others was not taken.
//!
//! What fits more closely goes first (the longest prefix, then operator, country, sender, class), then the smaller
//! priority, then weights by a draw that is the same for a person every time; without weights the cheaper one. A
//! route whose carrier is not well goes behind all that are.

use std::cmp::Ordering;
use std::sync::Arc;

use contract::Class;
use contract::ids::RouteId;
use serde::{Deserialize, Serialize};

use super::cost::{self, Cost};
use super::country::Country;
use super::draw;
use super::prefix::Prefix;

/// A route as its owner wrote it. Empty lists fit everything.
#[derive(Debug, Clone)]
pub struct Route {
    pub id: RouteId,
    pub name: Arc<str>,
    /// Index of its carrier's link; `None` where this process has no such carrier for the route's mode.
    pub link: Option<usize>,
    pub enabled: bool,
    /// Fits where a country or a prefix does.
    pub countries: Vec<Country>,
    pub prefixes: Vec<Prefix>,
    pub operators: Vec<Arc<str>>,
    pub classes: Vec<Class>,
    pub senders: Vec<String>,
    /// The smallest first.
    pub priority: u32,
    /// Share among routes that fit alike at the same priority; 0: only when no other takes the text.
    pub weight: Option<u32>,
    /// By country; `None` for all others.
    pub costs: Vec<(Option<Country>, Cost)>,
}

/// What is known of a text.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Of the recipient's number.
    pub digits: u64,
    pub country: Option<Country>,
    pub operator: Option<&'a str>,
    pub class: Class,
    pub sender: &'a str,
    /// The same number for the same person.
    pub person: u64,
}

/// What decides between routes that fit alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prefer {
    /// What fits most closely, then priority, then weight.
    #[default]
    Priority,
    /// The price, then all of these.
    Cheapest,
}

/// How a carrier is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Well,
    LinkDown,
    CircuitOpen,
}

/// Why a route was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    Disabled,
    /// This process has no carrier of that name in the mode of the text.
    NoProvider,
    OtherDestination,
    OtherOperator,
    OtherClass,
    OtherSender,
    LinkDown,
    CircuitOpen,
    LessClose,
    LowerPriority,
    Dearer,
    /// The draw by weight went to another.
    NotDrawn,
}

impl WhyNot {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::NoProvider => "no_provider",
            Self::OtherDestination => "other_destination",
            Self::OtherOperator => "other_operator",
            Self::OtherClass => "other_class",
            Self::OtherSender => "other_sender",
            Self::LinkDown => "link_down",
            Self::CircuitOpen => "circuit_open",
            Self::LessClose => "less_close",
            Self::LowerPriority => "lower_priority",
            Self::Dearer => "dearer",
            Self::NotDrawn => "not_drawn",
        }
    }
}

/// How closely a route fits: digits of the prefix, then operator, country, sender, class.
type Fit = (u8, bool, bool, bool, bool);

/// A route that fits, with all that ranks it.
#[derive(Debug, Clone, Copy)]
struct Ranked {
    route: usize,
    link: usize,
    health: Health,
    fit: Fit,
    priority: u32,
    weight: Option<u32>,
    cost: Option<Cost>,
    arrival: f64,
    id: RouteId,
}

/// The routes that fit, in the order in which they are tried; and those that stood before the first in it but
/// whose carrier is not well.
#[derive(Debug, Default, PartialEq)]
pub struct Choice {
    /// Index of the route and of its link.
    pub order: Vec<(usize, usize)>,
    pub around: Vec<(usize, WhyNot)>,
}

/// Ranks the routes for a text. `health` of a link by its index.
pub fn choose(
    routes: &[Route],
    ask: &Ask<'_>,
    prefer: Prefer,
    health: impl Fn(usize) -> Health,
) -> Choice {
    let ranked = rank(routes, ask, prefer, health);
    let well = ranked.iter().position(|one| one.health == Health::Well);
    let around = match well {
        Some(first) => ranked[..first]
            .iter()
            .map(|one| (one.route, why_unwell(one.health)))
            .collect(),
        None => Vec::new(),
    };
    let (mut order, mut last) = (Vec::with_capacity(ranked.len()), Vec::new());
    for one in &ranked {
        let side = if one.health == Health::Well {
            &mut order
        } else {
            &mut last
        };
        side.push((one.route, one.link));
    }
    order.append(&mut last);
    Choice { order, around }
}

/// Why each route but the first of `choice` was not taken, in the order of the routes.
pub fn why_not(
    routes: &[Route],
    ask: &Ask<'_>,
    prefer: Prefer,
    health: impl Fn(usize) -> Health,
    choice: &Choice,
) -> Vec<(usize, WhyNot)> {
    let ranked = rank(routes, ask, prefer, health);
    let chosen = choice.order.first().map(|(route, _)| *route);
    let winner = ranked.iter().find(|one| Some(one.route) == chosen);
    (0..routes.len())
        .filter(|route| Some(*route) != chosen)
        .filter_map(|route| {
            let why = match fit(&routes[route], ask) {
                Err(why) => why,
                Ok(_) => {
                    let one = ranked.iter().find(|one| one.route == route)?;
                    lost_to(one, winner?, prefer)
                }
            };
            Some((route, why))
        })
        .collect()
}

fn lost_to(one: &Ranked, winner: &Ranked, prefer: Prefer) -> WhyNot {
    if one.health != Health::Well && winner.health == Health::Well {
        return why_unwell(one.health);
    }
    if prefer == Prefer::Cheapest && by_cost(one.cost, winner.cost) == Ordering::Greater {
        return WhyNot::Dearer;
    }
    if one.fit != winner.fit {
        WhyNot::LessClose
    } else if one.priority != winner.priority {
        WhyNot::LowerPriority
    } else if one.weight.is_none()
        && winner.weight.is_none()
        && by_cost(one.cost, winner.cost) == Ordering::Greater
    {
        WhyNot::Dearer
    } else if one.health == Health::Well {
        WhyNot::NotDrawn
    } else {
        why_unwell(one.health)
    }
}

const fn why_unwell(health: Health) -> WhyNot {
    match health {
        Health::LinkDown => WhyNot::LinkDown,
        Health::CircuitOpen | Health::Well => WhyNot::CircuitOpen,
    }
}

/// The routes that fit, best first, as if every carrier were well.
fn rank(
    routes: &[Route],
    ask: &Ask<'_>,
    prefer: Prefer,
    health: impl Fn(usize) -> Health,
) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> = routes
        .iter()
        .enumerate()
        .filter_map(|(at, route)| {
            let (fit, link) = fit(route, ask).ok()?;
            let of_route = draw::of_id(route.id.raw());
            Some(Ranked {
                route: at,
                link,
                health: health(link),
                fit,
                priority: route.priority,
                weight: route.weight,
                cost: cost::of_country(&route.costs, ask.country),
                arrival: draw::arrival(ask.person, of_route, route.weight.unwrap_or(1)),
                id: route.id,
            })
        })
        .collect();
    ranked.sort_by(|a, b| before(a, b, prefer));
    ranked
}

fn before(a: &Ranked, b: &Ranked, prefer: Prefer) -> Ordering {
    let spare = |one: &Ranked| one.weight == Some(0);
    let price = by_cost(a.cost, b.cost);
    spare(a)
        .cmp(&spare(b))
        .then_with(|| match prefer {
            Prefer::Cheapest => price,
            Prefer::Priority => Ordering::Equal,
        })
        .then_with(|| b.fit.cmp(&a.fit))
        .then_with(|| a.priority.cmp(&b.priority))
        // Weighted ones first, among themselves by the draw; the others by price. A total order either way.
        .then_with(|| a.weight.is_none().cmp(&b.weight.is_none()))
        .then_with(|| {
            if a.weight.is_none() {
                price
            } else {
                Ordering::Equal
            }
        })
        .then_with(|| a.arrival.total_cmp(&b.arrival))
        .then_with(|| a.id.cmp(&b.id))
}

/// Known prices by currency and amount, unknown ones last: prices in different currencies are not compared by
/// amount, only kept in an order.
fn by_cost(a: Option<Cost>, b: Option<Cost>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => (a.currency, a.micros).cmp(&(b.currency, b.micros)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// How closely a route fits a text and over which link, or why it does not.
fn fit(route: &Route, ask: &Ask<'_>) -> Result<(Fit, usize), WhyNot> {
    if !route.enabled {
        return Err(WhyNot::Disabled);
    }
    let link = route.link.ok_or(WhyNot::NoProvider)?;
    let digits = route
        .prefixes
        .iter()
        .filter(|prefix| prefix.starts(ask.digits))
        .map(|prefix| prefix.length())
        .max();
    let country = ask
        .country
        .is_some_and(|country| route.countries.contains(&country));
    let anywhere = route.prefixes.is_empty() && route.countries.is_empty();
    if digits.is_none() && !country && !anywhere {
        return Err(WhyNot::OtherDestination);
    }
    let operator = ask
        .operator
        .is_some_and(|operator| route.operators.iter().any(|named| **named == *operator));
    if !operator && !route.operators.is_empty() {
        return Err(WhyNot::OtherOperator);
    }
    let class = route.classes.contains(&ask.class);
    if !class && !route.classes.is_empty() {
        return Err(WhyNot::OtherClass);
    }
    let sender = route.senders.iter().any(|named| named == ask.sender);
    if !sender && !route.senders.is_empty() {
        return Err(WhyNot::OtherSender);
    }
    Ok((
        (digits.unwrap_or(0), operator, country, sender, class),
        link,
    ))
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;

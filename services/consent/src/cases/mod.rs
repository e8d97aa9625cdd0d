//! Cases a policy set must decide: a situation in plain words and what must come of it. The same format for
//! the pack's own cases, a tenant's, and `hailmast policy test FILE`.

mod case;
mod scene;

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use ahash::AHashMap;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use contract::Reason;

pub use case::{Case, ConsentState, Outcome};

use crate::decision::{Effect, decide};
use crate::facts::{self, Flags, Message, Person, ReplyFacts};
use crate::judge::defer_until;
use crate::law::{Law, Profile};
use crate::moment::Moment;
use crate::places::{Place, Places, Source};
use crate::rules::{Own, Rules, RulesError};

/// The pack's own cases: what is run when no file is named.
pub const SHIPPED: &str = include_str!("../../policies/cases.json");

/// Reads a file of cases: a JSON array. `Err` names the case and the field that cannot be read.
pub fn read(json: &str) -> Result<Vec<Case>, String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut reader).map_err(|e| e.to_string())
}

/// A policy set, compiled for each profile, on which cases are run.
pub struct Bench {
    strict: Rules,
    by_state: Rules,
    places: Places,
}

impl Bench {
    /// The pack as it is shipped.
    pub fn shipped() -> Result<Self, RulesError> {
        let law = Law::load().map_err(|e| RulesError::Law(e.to_string()))?;
        Self::new(&Arc::new(law), "", &Own::default())
    }

    /// The pack with an operator's and a tenant's own forbids. A case's profile stands for the tenant's.
    pub fn new(law: &Arc<Law>, operator: &str, own: &Own) -> Result<Self, RulesError> {
        let compiled = |profile| {
            let mut own = own.clone();
            own.parameters.profile = profile;
            Rules::compile(law.clone(), operator, own)
        };
        Ok(Self {
            strict: compiled(Profile::UsStrict)?,
            by_state: compiled(Profile::UsByState)?,
            places: Places::load().map_err(|e| RulesError::Law(e.to_string()))?,
        })
    }

    /// Every case of a file with what it came to; [`Case::passes`] compares the two.
    pub fn run_all(&self, json: &str) -> Result<Vec<(Case, Outcome)>, String> {
        let told = |case: &Case, e| format!("case {}: {e}", case.id);
        read(json)?
            .into_iter()
            .map(|case| match self.run(&case) {
                Ok(outcome) => Ok((case, outcome)),
                Err(e) => Err(told(&case, e)),
            })
            .collect()
    }

    /// One case. `Err` when a word in it is unknown.
    pub fn run(&self, case: &Case) -> Result<Outcome, String> {
        let rules = match case.profile {
            Profile::UsStrict => &self.strict,
            Profile::UsByState => &self.by_state,
        };
        run(rules, &self.places, case)
    }
}

/// Runs one case against rules of any profile.
pub fn run(rules: &Rules, places: &Places, case: &Case) -> Result<Outcome, String> {
    let zones = case
        .zones
        .iter()
        .map(|name| Tz::from_str(name).map_err(|_| format!("no such zone: {name}")));
    let place = places.intern(Place {
        regions: case.places(),
        zones: zones.collect::<Result<_, _>>()?,
        source: Source::Given,
    });
    let law = law_of(rules, case);
    let (standing, papers, known) = (case.standing()?, case.papers(), case.person());
    let (recent, dnc) = (case.recent(), case.listed(&law));
    let message = Message {
        class: case.class,
        programme: case.programme(),
        sender: &case.sender,
        papers: &papers,
        live: case.live,
        valid_until: case.not_after.map_or(i64::MAX, |at| at.timestamp_millis()),
        now: case.utc,
        carrier_cap_reached: case.carrier_cap,
    };
    let person = Person {
        standing: (!case.unavailable).then_some(&standing),
        facts: &known,
        place,
        recent: &recent,
        dnc: &dnc,
        heard: &[],
        reply: ReplyFacts {
            confirmation_sent: case.confirmation_sent,
            requested: case.requested,
        },
    };
    let mut parameters = rules.parameters().clone();
    parameters.cap_per_week = case.tenant_cap_7d.or(parameters.cap_per_week);
    parameters.exemptions |= case.exemption.is_some() && case.exemptions;
    let lists = lists(&law, case);
    let mut moment =
        Moment::new(rules, places, &lists, (case.class, case.urgent), case.utc).under(&law);
    let here = moment.at(place);
    let era = rules.era(case.utc.date_naive());
    let mut facts = facts::gather(&parameters, era, &here, &message, &person);
    facts.flags.set(Flags::NUMBER_VALID, case.number_valid);
    let mut verdict = decide(rules, &here.place.regions, &facts);
    let mut until = None;
    if verdict.effect == Effect::Defer {
        until = defer_until(&parameters, &facts, &message, &person, &mut moment)
            .filter(|at| at.timestamp_millis() < message.valid_until);
        if until.is_none() {
            (verdict.effect, verdict.reason) = (Effect::Deny, Reason::MESSAGE_EXPIRED);
        }
    }
    Ok(Outcome {
        effect: verdict.effect.as_str().to_ascii_uppercase(),
        reason: verdict.reason.to_string(),
        reasons: verdict.reasons.iter().map(ToString::to_string).collect(),
        until,
        policies: verdict.policies,
    })
}

/// The law with the case's own holidays.
fn law_of<'r>(rules: &'r Rules, case: &Case) -> Cow<'r, Law> {
    let law = rules.law_tables();
    if case.holidays.is_empty() {
        return Cow::Borrowed(law);
    }
    let mut law = law.clone();
    law.holidays.add_everywhere(&case.holidays);
    Cow::Owned(law)
}

fn lists(law: &Law, case: &Case) -> AHashMap<String, NaiveDate> {
    let today = case.utc.date_naive();
    let loaded = today
        .checked_sub_days(Days::new(case.lists_age_days))
        .unwrap_or(today);
    law.rows
        .dnc
        .iter()
        .map(|row| (row.list.clone(), loaded))
        .collect()
}

#[cfg(test)]
mod tests;

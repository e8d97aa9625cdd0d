//! The gates in their order, each with what it looked at.

mod consent;
mod order;
mod person;
mod suppression;
mod text;

pub use self::order::GATES;

use self::consent::consent;
use self::order::gate_of;
use self::person::{do_not_call, identity, number};
use self::suppression::suppression;
use self::text::{class, content, expiry};
use super::clocks::{caps, hours};
use super::shown::{fact, yes};
use super::{Entry, FactShown, Gate, LawNamed, Made, PolicyNamed, Scene};
use crate::moment::PlaceNow;
use crate::places::Places;
use crate::rules::Rules;

/// All gates of one decision.
pub fn gates(
    rules: &Rules,
    places: &Places,
    scene: &Scene,
    made: &Made,
    entries: &[Entry],
) -> Vec<Gate> {
    let here = scene.moment(rules, places).at(scene.place);
    let gate = |gate: &'static str| {
        let reasons = made.verdict.reasons.iter().map(ToString::to_string);
        let reasons: Vec<String> = reasons.filter(|reason| gate_of(reason) == gate).collect();
        let (facts, law) = looked_at(gate, rules, scene, made, &here, entries);
        Gate {
            gate,
            passed: reasons.is_empty(),
            reasons,
            policies: policies(rules, made, gate),
            facts,
            law,
        }
    };
    GATES.into_iter().map(gate).collect()
}

/// The forbids that matched at this gate.
fn policies(rules: &Rules, made: &Made, gate: &str) -> Vec<PolicyNamed> {
    let matched = made.verdict.policies.iter();
    matched
        .filter_map(|id| {
            let rule = rules.named(id).filter(|rule| !rule.permits())?;
            let own = matches!(rule.file.as_str(), "tenant" | "operator");
            let at = if own {
                "own_policies"
            } else {
                gate_of(&rule.reason)
            };
            (at == gate || gate_of(&rule.reason) == gate).then(|| PolicyNamed {
                id: id.clone(),
                source: rule.source.clone(),
                verified: rule.verified,
            })
        })
        .collect()
}

fn looked_at(
    gate: &str,
    rules: &Rules,
    scene: &Scene,
    made: &Made,
    here: &PlaceNow<'_>,
    entries: &[Entry],
) -> (Vec<FactShown>, Vec<LawNamed>) {
    let none = Vec::new();
    match gate {
        "number" => (number(made, here), none),
        "class" => (class(scene, made), none),
        "suppression" => (suppression(scene, entries), none),
        "identity" => (identity(scene, made), none),
        "consent" => consent(rules, scene, made, here, entries),
        "do_not_call" => do_not_call(scene, made, here),
        "content" => (content(scene, made, here), none),
        "expiry" => (expiry(scene), none),
        "hours" => hours(rules, scene, here),
        "frequency" => caps(rules, scene, made, here),
        "carrier" => (
            vec![
                fact("sender", scene.sender.clone()),
                fact(
                    "carriers' daily cap of the sender",
                    scene
                        .papers
                        .sender
                        .daily_cap
                        .map_or("none declared".to_string(), |cap| cap.to_string()),
                ),
                fact("used up today", yes(scene.carrier_cap_reached)),
            ],
            none,
        ),
        _ => (
            vec![fact(
                "own policies",
                own_count(rules).map_or("none".to_string(), |count| count.to_string()),
            )],
            none,
        ),
    }
}

fn own_count(rules: &Rules) -> Option<usize> {
    let own = rules.listed();
    let own = own
        .iter()
        .filter(|(_, rule)| matches!(rule.file.as_str(), "tenant" | "operator"))
        .count();
    (own > 0).then_some(own)
}

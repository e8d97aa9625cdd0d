//! What is known of the person and the number, and the do-not-call lists it stands on.

use super::super::shown::{fact, yes};
use super::super::{FactShown, LawNamed, Made, Scene};
use crate::facts::Flags;
use crate::law::Level;
use crate::moment::PlaceNow;

pub(super) fn number(made: &Made, here: &PlaceNow<'_>) -> Vec<FactShown> {
    let regions: Vec<String> = here.place.regions.iter().map(ToString::to_string).collect();
    let regions = if regions.is_empty() {
        "unknown".to_string()
    } else {
        regions.join(", ")
    };
    vec![
        fact(
            "a number that can exist",
            yes(made.facts.flags.has(Flags::NUMBER_VALID)),
        ),
        fact("the person may be in", regions),
    ]
}

pub(super) fn identity(scene: &Scene, made: &Made) -> Vec<FactShown> {
    let today = scene.now.date_naive();
    let age = scene.facts.age_on(today);
    let minimum = scene.papers.campaign.minimum_age;
    let mut facts = vec![
        fact(
            "age",
            age.map_or("unknown".to_string(), |age| age.to_string()),
        ),
        fact(
            "number reassigned",
            match scene.facts.reassignment {
                _ if made.facts.flags.has(Flags::REASSIGNED) => "yes".to_string(),
                Some((_, on)) => format!("no, checked on {on}"),
                None => "never checked".to_string(),
            },
        ),
    ];
    facts.extend(minimum.map(|age| fact("lowest age of the campaign", age.to_string())));
    facts
}

pub(super) fn do_not_call(
    scene: &Scene,
    made: &Made,
    here: &PlaceNow<'_>,
) -> (Vec<FactShown>, Vec<LawNamed>) {
    let listed = if scene.dnc.is_empty() {
        "none".to_string()
    } else {
        scene.dnc.join(", ")
    };
    let mut facts = vec![fact("lists that the number stands on", listed)];
    let mut law = Vec::new();
    for row in &here.requirements.dnc {
        let as_of = scene.lists.get(&row.list);
        let age = as_of.map_or("never loaded".to_string(), |day| format!("as of {day}"));
        facts.push(fact(&format!("list {}", row.list), age));
        let lifted = Level::parse(&row.lifted_by)
            .is_some_and(|level| made.facts.level.weight() >= level.weight());
        law.push(LawNamed {
            id: row.id.clone(),
            asks: format!(
                "not on {}, a copy of at most {} days; lifted by {}",
                row.list, row.max_age_days, row.lifted_by
            ),
            source: row.source.clone(),
            verified: row.verified,
            against: !lifted
                && (scene.dnc.contains(&row.list) || here.stale_lists.contains(&row.list)),
        });
    }
    (facts, law)
}

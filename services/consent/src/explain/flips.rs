//! The fewest changes after which a text may leave: single ones first, then lists, each found by deciding
//! again with the changed facts.

use std::sync::Arc;

use ahash::AHashSet;

use super::steps::{Step, steps};
use super::{ChangeNamed, Made, Remedy, Scene};
use crate::facts::Facts;
use crate::places::Places;
use crate::rules::Rules;

/// Longest list that is searched for, and decisions made on the way.
const MAX_CHANGES: usize = 6;
const MAX_DECISIONS: usize = 2_000;
/// Lists told.
const MAX_TOLD: usize = 5;

/// A scene after some changes.
struct State {
    changes: Vec<ChangeNamed>,
    scene: Scene,
    made: Made,
    /// The tenant's own forbids are taken away.
    bare: bool,
}

/// The shortest lists of changes; none when it may leave already or nothing known would help.
///
/// Each list begins with what answers the weightiest reason: without that nothing else can help, so no
/// shorter list is missed.
pub fn remedies(rules: &Rules, places: &Places, scene: &Scene, made: &Made) -> Vec<Remedy> {
    if made.allows() {
        return Vec::new();
    }
    let mut bare_rules: Option<Arc<Rules>> = None;
    let mut frontier = vec![State {
        changes: Vec::new(),
        scene: scene.clone(),
        made: made.clone(),
        bare: false,
    }];
    let mut seen: AHashSet<(Facts, i64, bool)> = AHashSet::new();
    let mut decided = 0;
    for _ in 0..MAX_CHANGES {
        let (mut found, mut next): (Vec<Remedy>, Vec<State>) = (Vec::new(), Vec::new());
        for state in &frontier {
            for step in steps(rules, places, &state.scene, &state.made) {
                decided += 1;
                if decided > MAX_DECISIONS {
                    return found;
                }
                let bare = state.bare || step.bare;
                let made = if bare {
                    if bare_rules.is_none() {
                        bare_rules = rules.without_forbids().ok().map(Arc::new);
                    }
                    let Some(rules) = &bare_rules else { continue };
                    step.scene.judge(rules, places)
                } else {
                    step.scene.judge(rules, places)
                };
                let after = state.after(step, made, bare);
                if after.made.allows() {
                    found.push(Remedy {
                        changes: after.changes,
                    });
                } else if seen.insert((after.made.facts, after.scene.now.timestamp_millis(), bare))
                {
                    next.push(after);
                }
            }
        }
        if !found.is_empty() {
            return told(found);
        }
        frontier = next;
    }
    Vec::new()
}

impl State {
    fn after(&self, step: Step, made: Made, bare: bool) -> Self {
        let mut changes = self.changes.clone();
        changes.push(step.change);
        Self {
            changes,
            scene: step.scene,
            made,
            bare,
        }
    }
}

/// Each kind of list once: the first found asks for the least.
fn told(found: Vec<Remedy>) -> Vec<Remedy> {
    let mut kinds: AHashSet<Vec<&'static str>> = AHashSet::new();
    let mut told: Vec<Remedy> = found
        .into_iter()
        .filter(|remedy| {
            let mut kind: Vec<&str> = remedy.changes.iter().map(|change| change.code).collect();
            kind.sort_unstable();
            kinds.insert(kind)
        })
        .collect();
    told.truncate(MAX_TOLD);
    told
}

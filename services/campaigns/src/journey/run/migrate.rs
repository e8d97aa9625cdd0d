//! A run moves to another version, step by step id.

use std::collections::BTreeMap;

use super::state::Run;
use crate::journey::version::Version;

/// The run as it stands in `to`. `renamed` gives new ids of steps. Every step it stands at must be there and be of the
/// same kind; otherwise the ids that are not are told and the run stays where it is. What it keeps by step (its texts,
/// variants, awaited events, answers of calls) follows the new ids; its trail says what the steps were called then.
///
/// It is due at once: the version has a say in its timer, and working it in under the version is what sets that.
pub fn migrate(
    run: &Run,
    from: &Version,
    to: &Version,
    renamed: &BTreeMap<String, String>,
) -> Result<Run, Vec<String>> {
    let mut moved = run.clone();
    let mut lost = Vec::new();
    for fiber in &mut moved.fibers {
        let name = renamed.get(&fiber.step).unwrap_or(&fiber.step).clone();
        let kind = |version: &Version, id: &str| {
            version
                .find(id)
                .map(|at| std::mem::discriminant(&version.steps[at].kind))
        };
        match (kind(from, &fiber.step), kind(to, &name)) {
            (Some(old), Some(new)) if old == new => fiber.step = name,
            _ => lost.push(fiber.step.clone()),
        }
    }
    if !lost.is_empty() {
        return Err(lost);
    }
    for text in &mut moved.texts {
        if let Some(name) = renamed.get(&text.step) {
            text.step.clone_from(name);
        }
    }
    rename(&mut moved.variants, renamed);
    rename(&mut moved.awaited, renamed);
    rename(&mut moved.called, renamed);
    moved.timer = Some(moved.clock);
    Ok(moved)
}

/// Ids may change places. What stood under a new id already was of a step that has lost it.
fn rename<T>(of_steps: &mut BTreeMap<String, T>, renamed: &BTreeMap<String, String>) {
    let (new, kept): (Vec<_>, Vec<_>) = std::mem::take(of_steps)
        .into_iter()
        .partition(|(step, _)| renamed.contains_key(step));
    let new = new.into_iter().filter_map(|(step, value)| {
        let name = renamed.get(&step)?.clone();
        Some((name, value))
    });
    of_steps.extend(kept);
    of_steps.extend(new);
}

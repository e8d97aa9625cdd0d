//! A run moves to another version, step by step id.

use std::collections::BTreeMap;

use super::state::Run;
use crate::journey::version::Version;

/// The run as it stands in `to`. `renamed` gives new ids of steps. Every step it stands at must be there and be of the
/// same kind; otherwise the ids that are not are told and the run stays where it is.
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
    if lost.is_empty() {
        Ok(moved)
    } else {
        Err(lost)
    }
}

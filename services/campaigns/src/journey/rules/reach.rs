//! Steps that no run can come to.

use super::walk::lists;
use crate::journey::fault::Fault;
use crate::journey::source::{Node, Value, point};

const CODE: &str = "step.unreachable";

pub fn unreachable(root: &Node, faults: &mut Vec<Fault>) {
    if let Some(steps) = root.get("steps") {
        sequence(steps, "/steps", faults);
    }
}

/// Whether a run that enters these steps may come out at their end.
fn sequence(steps: &Node, pointer: &str, faults: &mut Vec<Fault>) -> bool {
    let mut goes_on = true;
    for (index, step) in steps.items().iter().enumerate() {
        let pointer = point(pointer, &index.to_string());
        if !goes_on {
            faults.push(
                Fault::new(
                    &pointer,
                    step.at,
                    CODE,
                    "No run comes here: the step before always ends the run.",
                )
                .hint("Take it away, or give the stop before it a condition."),
            );
            // The rest is told once.
            goes_on = true;
            for rest in &steps.items()[index..] {
                for (list, pointer) in lists(rest, &pointer) {
                    sequence(list, &pointer, faults);
                }
            }
            break;
        }
        goes_on = one(step, &pointer, faults);
    }
    goes_on
}

fn one(step: &Node, pointer: &str, faults: &mut Vec<Fault>) -> bool {
    let ends: Vec<bool> = lists(step, pointer)
        .into_iter()
        .map(|(list, pointer)| sequence(list, &pointer, faults))
        .collect();
    if step.get("if").is_some() {
        return true;
    }
    if step.get("stop").is_some() {
        return false;
    }
    if let Some(ways) = step.get("branch") {
        let mut open = ways
            .items()
            .iter()
            .enumerate()
            .filter(|(_, way)| way.get("if").is_none());
        if let Some((index, _)) = open.next() {
            for (later, way) in ways.items().iter().enumerate().skip(index + 1) {
                let pointer = format!("{pointer}/branch/{later}");
                faults.push(
                    Fault::new(
                        &pointer,
                        way.at,
                        CODE,
                        "This way is never taken: the one above it has no condition.",
                    )
                    .hint("Put the way without `if` last."),
                );
            }
            return ends.iter().any(|goes_on| *goes_on);
        }
        return true;
    }
    if let Some(variants) = step.get("split").and_then(|split| split.get("variants")) {
        let all = variants
            .items()
            .iter()
            .all(|variant| variant.get("steps").is_some());
        return !all || ends.iter().any(|goes_on| *goes_on);
    }
    if let Some(waiting) = step.get("await") {
        return awaiting(waiting, pointer, &ends, faults);
    }
    true
}

fn awaiting(waiting: &Node, pointer: &str, ends: &[bool], faults: &mut Vec<Fault>) -> bool {
    let background = matches!(
        waiting.get("background").map(|node| &node.value),
        Some(Value::Bool(true))
    );
    let bounded = waiting.get("timeout").is_some() || waiting.get("until").is_some();
    if let Some(steps) = waiting.get("on_timeout")
        && !bounded
    {
        faults.push(
            Fault::new(
                &format!("{pointer}/await/on_timeout"),
                steps.at,
                CODE,
                "These steps never come: the waiting has no end.",
            )
            .hint("Add `timeout` or `until`."),
        );
    }
    if waiting.get("other").is_some() && waiting.get("replies").is_none() {
        faults.push(
            Fault::new(
                &format!("{pointer}/await/other"),
                waiting.at,
                CODE,
                "These steps never come: no replies are waited for.",
            )
            .hint("Add `replies`."),
        );
    }
    if background {
        return true;
    }
    // Every way on has steps of its own, and all of them end the run.
    let ways = usize::from(waiting.get("event").is_some())
        + waiting
            .get("replies")
            .map_or(0, |replies| replies.entries().len() + 1)
        + usize::from(bounded);
    ends.len() < ways || ends.iter().any(|goes_on| *goes_on)
}

//! A wait says one thing.

use super::walk::Found;
use crate::journey::fault::Fault;
use crate::journey::source::Node;

pub fn waits(steps: &[Found<'_>], faults: &mut Vec<Fault>) {
    for step in steps {
        if let Some(wait) = step.node.get("wait") {
            let pointer = format!("{}/wait", step.pointer);
            let has = |name: &str| wait.get(name).is_some();
            for (one, other) in [
                ("for", "until"),
                ("for", "at"),
                ("for", "days"),
                ("until", "days"),
            ] {
                if has(one) && has(other) {
                    let text = format!("`{one}` and `{other}` do not go together.");
                    faults.push(
                        Fault::new(&pointer, wait.at, "field.value", text)
                            .hint("Make two steps of it, each with an id of its own."),
                    );
                }
            }
            if has("days") && !has("at") {
                faults.push(Fault::new(
                    &pointer,
                    wait.at,
                    "field.missing",
                    "`days` wants a time of day: `at` is missing.",
                ));
            }
        }
        if let Some(waiting) = step.node.get("await")
            && waiting.get("timeout").is_some()
            && waiting.get("until").is_some()
        {
            let pointer = format!("{}/await", step.pointer);
            faults.push(
                Fault::new(
                    &pointer,
                    waiting.at,
                    "field.value",
                    "`timeout` and `until` do not go together.",
                )
                .hint("Keep one of the two."),
            );
        }
    }
}

/// An exit after a time has no condition of its own; one by event may have both.
pub fn exits(root: &Node, faults: &mut Vec<Fault>) {
    for (index, exit) in root
        .get("exit")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        let has = |name: &str| exit.get(name).is_some();
        if has("after") && has("if") && !has("event") {
            let text = "`after` and `if` do not go together without `event`.";
            faults.push(
                Fault::new(&format!("/exit/{index}"), exit.at, "field.value", text)
                    .hint("Make two exits of it."),
            );
        }
    }
}

//! Every step of a journey, in the order of the text.

use std::collections::BTreeMap;

use crate::journey::fault::Fault;
use crate::journey::source::{Node, point};

pub struct Found<'t> {
    pub pointer: String,
    pub node: &'t Node,
}

/// All steps, those within steps too.
pub fn steps(root: &Node) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    if let Some(list) = root.get("steps") {
        below(list, "/steps", &mut found);
    }
    found
}

fn below<'t>(list: &'t Node, pointer: &str, found: &mut Vec<Found<'t>>) {
    for (index, node) in list.items().iter().enumerate() {
        let pointer = point(pointer, &index.to_string());
        found.push(Found {
            pointer: pointer.clone(),
            node,
        });
        for (list, pointer) in lists(node, &pointer) {
            below(list, &pointer, found);
        }
    }
}

/// The lists of steps within one step.
pub fn lists<'t>(step: &'t Node, pointer: &str) -> Vec<(&'t Node, String)> {
    let mut lists = Vec::new();
    let mut add = |node: &'t Node, pointer: String| {
        if let Some(steps) = node.get("steps") {
            lists.push((steps, point(&pointer, "steps")));
        }
    };
    if let Some(ways) = step.get("branch") {
        for (index, way) in ways.items().iter().enumerate() {
            add(way, format!("{pointer}/branch/{index}"));
        }
    }
    if let Some(variants) = step.get("split").and_then(|split| split.get("variants")) {
        for (index, variant) in variants.items().iter().enumerate() {
            add(variant, format!("{pointer}/split/variants/{index}"));
        }
    }
    if let Some(waiting) = step.get("await") {
        for entry in waiting
            .get("replies")
            .map(Node::entries)
            .unwrap_or_default()
        {
            add(
                &entry.node,
                point(&format!("{pointer}/await/replies"), &entry.key),
            );
        }
        for name in ["then", "other", "on_timeout"] {
            if let Some(steps) = waiting.get(name) {
                lists.push((steps, format!("{pointer}/await/{name}")));
            }
        }
    }
    if let Some(steps) = step.get("webhook").and_then(|hook| hook.get("on_error")) {
        lists.push((steps, format!("{pointer}/webhook/on_error")));
    }
    lists
}

/// Ids are unique.
pub fn ids(steps: &[Found<'_>], faults: &mut Vec<Fault>) {
    let mut first: BTreeMap<&str, &Found<'_>> = BTreeMap::new();
    for step in steps {
        let Some(id) = step.node.get("id") else {
            continue;
        };
        let Some(text) = id.text() else { continue };
        match first.get(text) {
            None => {
                first.insert(text, step);
            }
            Some(other) => faults.push(
                Fault::new(
                    &point(&step.pointer, "id"),
                    id.at,
                    "step.duplicate",
                    format!(
                        "There is another step `{text}`, at {} (line {}).",
                        other.pointer, other.node.at.line
                    ),
                )
                .hint("Give each step an id of its own: runs stand on it."),
            ),
        }
    }
}

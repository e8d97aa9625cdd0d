//! Journeys that start themselves, alone or in turns.

use std::collections::{BTreeMap, BTreeSet};

use super::walk::Found;
use crate::journey::entry::SEGMENTS;
use crate::journey::fault::Fault;
use crate::journey::source::{Node, point};

const CODE: &str = "journey.cycle";

/// A journey that says the event which starts it would never end.
pub fn own(root: &Node, steps: &[Found<'_>], faults: &mut Vec<Fault>) {
    let Some(starts) = root
        .get("trigger")
        .and_then(|trigger| trigger.get("event"))
        .and_then(Node::text)
    else {
        return;
    };
    for step in steps {
        if let Some(event) = step.node.get("emit").and_then(|emit| emit.get("event"))
            && event.text() == Some(starts)
        {
            faults.push(
                Fault::new(
                    &format!("{}/emit/event", step.pointer),
                    event.at,
                    CODE,
                    format!(
                        "`{starts}` starts this journey: it would start itself again and again."
                    ),
                )
                .hint("Say an event of another name."),
            );
        }
    }
}

/// A journey that a segment starts, and that changes its contacts, may move them in and out of the segment by itself.
/// What the segment looks at is not known here: how often somebody enters has to be said.
pub fn by_segment(root: &Node, steps: &[Found<'_>], faults: &mut Vec<Fault>) {
    let reentry = root.get("entry").and_then(|entry| entry.get("reentry"));
    let bounded = reentry
        .and_then(Node::text)
        .is_some_and(|text| text != "always");
    let moved = root.get("trigger").is_some_and(|trigger| {
        let event = trigger.get("event").and_then(Node::text);
        trigger.get("segment").is_some() || event.is_some_and(|event| event.starts_with(SEGMENTS))
    });
    if bounded || !moved {
        return;
    }
    for step in steps {
        let Some(update) = step.node.get("update") else {
            continue;
        };
        for entry in update.entries() {
            if !entry.key.starts_with("contact.") {
                continue;
            }
            let text = format!(
                "A segment starts this journey, and `{}` may move the contact into it again: it could start itself for ever.",
                entry.key
            );
            let pointer = point(&format!("{}/update", step.pointer), &entry.key);
            faults.push(
                Fault::new(&pointer, entry.node.at, CODE, text)
                    .hint("Add `entry: {reentry: never}`, or the least time between two starts, such as P30D."),
            );
        }
    }
}

/// The way on which journeys would start one another in a circle, by name, if `new` came to `others`: each with the
/// event that starts it and the events it says.
pub fn among<'j>(
    new: (&'j str, &'j str, &'j BTreeSet<String>),
    others: &'j [(String, String, BTreeSet<String>)],
) -> Option<Vec<&'j str>> {
    let (name, starts, says) = new;
    let mut by_start: BTreeMap<&str, Vec<(&str, &BTreeSet<String>)>> = BTreeMap::new();
    for (other, event, said) in others {
        if other != name {
            by_start.entry(event).or_default().push((other, said));
        }
    }
    let mut seen = BTreeSet::new();
    let mut ways: Vec<(Vec<&str>, &BTreeSet<String>)> = vec![(vec![name], says)];
    while let Some((way, says)) = ways.pop() {
        if says.contains(starts) && way.len() > 1 {
            return Some(way);
        }
        for (next, said) in says
            .iter()
            .filter_map(|event| by_start.get(event.as_str()))
            .flatten()
        {
            if seen.insert(*next) {
                let mut way = way.clone();
                way.push(next);
                ways.push((way, said));
            }
        }
    }
    None
}

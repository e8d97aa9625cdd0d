//! Holds a tree against the tables and tells every difference.

use super::leaf::leaf;
use super::nearest::nearest;
use super::{Kind, Shape};
use crate::journey::fault::Fault;
use crate::journey::source::{Node, Value, point, suspicious};

/// All differences between `node` and `kind`.
pub fn check(node: &Node, kind: Kind, pointer: &str, faults: &mut Vec<Fault>) {
    match (kind, &node.value) {
        (Kind::Object(shape), Value::Map(_)) => object(node, shape, pointer, faults),
        (Kind::List(of, least, most), Value::List(items)) => {
            if !(least..=most).contains(&items.len()) {
                let text = format!(
                    "There must be {least} to {most} of these; there are {}.",
                    items.len()
                );
                faults.push(Fault::new(pointer, node.at, "field.value", text));
            }
            for (index, item) in items.iter().enumerate() {
                check(item, *of, &point(pointer, &index.to_string()), faults);
            }
        }
        (Kind::Map(of), Value::Map(entries)) => {
            for entry in entries {
                let below = point(pointer, &entry.key);
                name(&entry.key, entry.plain, entry.key_at, &below, faults);
                check(&entry.node, *of, &below, faults);
            }
        }
        (Kind::Any | Kind::Values | Kind::Targets | Kind::Headers, _) => {
            super::leaf::values(node, kind, pointer, faults);
        }
        (Kind::Object(_) | Kind::Map(_), _) => wrong_kind(node, "an object", pointer, faults),
        (Kind::List(..), _) => {
            wrong_kind(node, "a list", pointer, faults);
            if let (Kind::List(of, ..), Value::Map(_) | Value::Text { .. }) = (kind, &node.value) {
                check(node, *of, pointer, faults);
            }
        }
        (kind, _) => leaf(node, kind, pointer, faults),
    }
}

pub fn wrong_kind(node: &Node, wanted: &str, pointer: &str, faults: &mut Vec<Fault>) {
    let text = format!("Here belongs {wanted}, not {}.", node.what());
    let hint = match (&node.value, wanted) {
        (_, "a list") => Some("Put it in brackets: [ … ], or begin each line with a dash."),
        (Value::Bool(_) | Value::Number(_), "a text") => Some("Put the word in quotes."),
        _ => None,
    };
    let fault = Fault::new(pointer, node.at, "field.type", text);
    faults.push(match hint {
        Some(hint) => fault.hint(hint),
        None => fault,
    });
}

fn name(
    key: &str,
    plain: bool,
    at: crate::journey::source::Position,
    pointer: &str,
    faults: &mut Vec<Fault>,
) {
    if plain && let Some(what) = suspicious(key) {
        let text = format!("`{key}` without quotes is {what} to other readers of YAML.");
        faults.push(
            Fault::new(pointer, at, "yaml.ambiguous", text)
                .hint(format!("Write \"{key}\" in quotes, or take another name.")),
        );
    } else if !super::leaf::is_id(key) {
        let text = format!("`{key}` is no name.");
        faults.push(
            Fault::new(pointer, at, "field.value", text)
                .hint("Lower-case letters, digits and _, beginning with a letter, at most 40."),
        );
    }
}

fn object(node: &Node, shape: &Shape, pointer: &str, faults: &mut Vec<Fault>) {
    for entry in node.entries() {
        let below = point(pointer, &entry.key);
        match shape.fields.iter().find(|field| field.name == entry.key) {
            None => faults.push(unknown(shape, node, &entry.key, entry.key_at, &below)),
            Some(field) => {
                if let Some(other) = field.with
                    && node.get(other).is_none()
                {
                    let text = format!("`{}` says nothing without `{other}`.", field.name);
                    faults.push(
                        Fault::new(&below, entry.key_at, "field.value", text)
                            .hint(format!("Add `{other}`, or take `{}` away.", field.name)),
                    );
                }
                check(&entry.node, field.kind, &below, faults);
            }
        }
    }
    for field in shape
        .fields
        .iter()
        .filter(|field| field.required && node.get(field.name).is_none())
    {
        let text = format!("`{}` is missing. {}", field.name, field.doc);
        faults.push(Fault::new(pointer, node.at, "field.missing", text));
    }
    let present = |names: &[&'static str]| -> Vec<&'static str> {
        names
            .iter()
            .copied()
            .filter(|name| node.get(name).is_some())
            .collect()
    };
    if !shape.one_of.is_empty() {
        let here = present(shape.one_of);
        // A step whose kind is misspelt is told once, as an unknown field.
        let misspelt = node
            .entries()
            .iter()
            .any(|entry| !shape.fields.iter().any(|field| field.name == entry.key));
        if here.len() > 1 || (here.is_empty() && !misspelt) {
            faults.push(one_of(shape, node, &here, pointer));
        }
    }
    if !shape.any_of.is_empty() && present(shape.any_of).is_empty() {
        let text = format!("One of {} is missing.", listed(shape.any_of));
        faults.push(Fault::new(pointer, node.at, "field.missing", text));
    }
}

fn one_of(shape: &Shape, node: &Node, here: &[&str], pointer: &str) -> Fault {
    let code = if shape.name == "step" {
        "step.kind"
    } else {
        "field.value"
    };
    let text = if here.is_empty() {
        format!("One of {} is missing.", listed(shape.one_of))
    } else {
        format!("Only one of {} may stand here.", listed(here))
    };
    let fault = Fault::new(pointer, node.at, code, text);
    if here.len() > 1 && shape.name == "step" {
        fault.hint("Make a step of its own of each, with an id of its own.")
    } else {
        fault
    }
}

fn unknown(
    shape: &Shape,
    node: &Node,
    key: &str,
    at: crate::journey::source::Position,
    pointer: &str,
) -> Fault {
    let known = shape.fields.iter().map(|field| field.name);
    let near = nearest(key, known);
    let no_kind = shape.name == "step" && !shape.one_of.iter().any(|kind| node.get(kind).is_some());
    let (code, text) = if no_kind {
        ("step.unknown", format!("`{key}` is no kind of step."))
    } else {
        (
            "field.unknown",
            format!("`{key}` is no field of a {}.", shape.name),
        )
    };
    let fault = Fault::new(pointer, at, code, text);
    match (key, near) {
        ("<<", _) => fault.hint("YAML 1.2 has no merge keys; write the fields out."),
        (_, Some(near)) => fault.hint(format!("Is `{near}` meant?")),
        (_, None) if no_kind => fault.hint(format!("There are {}.", listed(shape.one_of))),
        (_, None) => {
            let known: Vec<&str> = shape.fields.iter().map(|field| field.name).collect();
            fault.hint(format!("It has {}.", listed(&known)))
        }
    }
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

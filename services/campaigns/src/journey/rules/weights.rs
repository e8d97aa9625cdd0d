//! The weights of a split come to 100, and its variants have different names.

use std::collections::BTreeSet;

use super::walk::Found;
use crate::journey::fault::Fault;
use crate::journey::source::Value;

pub fn splits(steps: &[Found<'_>], faults: &mut Vec<Fault>) {
    for step in steps {
        let Some(variants) = step
            .node
            .get("split")
            .and_then(|split| split.get("variants"))
        else {
            continue;
        };
        let pointer = format!("{}/split/variants", step.pointer);
        let weights: Vec<i64> = variants
            .items()
            .iter()
            .filter_map(
                |variant| match variant.get("weight").map(|node| &node.value) {
                    Some(Value::Number(number)) => number.as_i64(),
                    _ => None,
                },
            )
            .collect();
        let sum = weights
            .iter()
            .fold(0_i64, |sum, weight| sum.saturating_add(*weight));
        if weights.len() == variants.items().len() && sum != 100 {
            faults.push(
                Fault::new(&pointer, variants.at, "split.weights", format!("The weights come to {sum}, not to 100."))
                    .hint("Weights are per cent; for contacts that get nothing add a variant without steps."),
            );
        }
        let mut names = BTreeSet::new();
        for (index, variant) in variants.items().iter().enumerate() {
            if let Some(name) = variant.get("name")
                && let Some(text) = name.text()
                && !names.insert(text)
            {
                faults.push(Fault::new(
                    &format!("{pointer}/{index}/name"),
                    name.at,
                    "field.twice",
                    format!("There is another variant `{text}`."),
                ));
            }
        }
    }
}

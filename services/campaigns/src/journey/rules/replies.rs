//! What people may text back. Words that the law reserves for opting out and for help never reach a journey: consent
//! acts on them first. Whoever means them to do something else would be let down, so they are refused.

use std::collections::BTreeMap;

use super::walk::Found;
use crate::journey::fault::Fault;
use crate::journey::source::point;

/// Opt-out words of 47 CFR 64.1200(a)(10) and of the CTIA's principles, and words for help and opting in again.
const RESERVED: &[&str] = &[
    "STOP",
    "STOPALL",
    "STOP ALL",
    "QUIT",
    "END",
    "REVOKE",
    "OPT OUT",
    "OPTOUT",
    "CANCEL",
    "UNSUBSCRIBE",
    "REMOVE",
    "ARRET",
    "ALTO",
    "HELP",
    "INFO",
    "START",
    "UNSTOP",
];

/// Whether consent acts on it before any journey sees it.
pub fn reserved(word: &str) -> bool {
    RESERVED.contains(&normalised(word).as_str())
}

/// How replies are compared: upper case, without punctuation, single spaces.
pub fn normalised(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_punctuation() || c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect();
    let words: Vec<String> = plain.split_whitespace().map(str::to_uppercase).collect();
    if words.is_empty() {
        text.trim().to_string()
    } else {
        words.join(" ")
    }
}

pub fn keywords(steps: &[Found<'_>], faults: &mut Vec<Fault>) {
    for step in steps {
        let Some(replies) = step
            .node
            .get("await")
            .and_then(|waiting| waiting.get("replies"))
        else {
            continue;
        };
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for entry in replies.entries() {
            let Some(words) = entry.node.get("match") else {
                continue;
            };
            let pointer = format!(
                "{}/match",
                point(&format!("{}/await/replies", step.pointer), &entry.key)
            );
            for (index, word) in words.items().iter().enumerate() {
                let Some(text) = word.text() else { continue };
                let pointer = format!("{pointer}/{index}");
                let plain = normalised(text);
                if reserved(text) {
                    faults.push(
                        Fault::new(&pointer, word.at, "reply.reserved", format!("`{text}` is reserved: it opts out, or in, or asks for help, whatever a journey says."))
                            .hint("Take another word, such as \"X\" for calling off an appointment."),
                    );
                }
                if let Some(other) = known.insert(plain, entry.key.clone()) {
                    faults.push(
                        Fault::new(
                            &pointer,
                            word.at,
                            "reply.duplicate",
                            format!("`{text}` is matched by `{other}` already."),
                        )
                        .hint("Each word leads to one way."),
                    );
                }
            }
        }
    }
}

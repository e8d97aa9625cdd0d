//! What stands against texts to the person, with the ledger entries that put it there.

use super::super::shown::{day, fact};
use super::super::{Entry, FactShown, Scene};

pub(super) fn suppression(scene: &Scene, entries: &[Entry]) -> Vec<FactShown> {
    let Some(standing) = &scene.standing else {
        return vec![fact("standing", "cannot be read")];
    };
    let mut facts: Vec<FactShown> = standing
        .revocations
        .iter()
        .map(|one| {
            let entry = entries
                .iter()
                .rev()
                .find(|entry| entry.change.at == one.at && entry.change.action.ends_texts());
            let entry = entry.map(|entry| format!(", ledger entry {}", entry.id));
            let value = format!("{} by {}{}", day(one.at), one.by, entry.unwrap_or_default());
            fact(&format!("revoked {}", one.scope), value)
        })
        .collect();
    for (name, since) in [
        ("a reply waits for a human since", standing.review_since),
        ("asked which texts were meant", standing.clarification_since),
    ] {
        facts.extend(since.map(|at| fact(name, day(at))));
    }
    for (name, holds) in [
        ("erased", standing.erased),
        ("processing restricted", standing.restricted),
        ("objected", standing.objected),
    ] {
        if holds {
            facts.push(fact(name, "yes"));
        }
    }
    for sender in &standing.blocked_senders {
        let sender = if sender.is_empty() {
            "every sender"
        } else {
            sender
        };
        facts.push(fact("blocked by the carrier for", sender));
    }
    if facts.is_empty() {
        facts.push(fact("revocations", "none"));
    }
    facts
}

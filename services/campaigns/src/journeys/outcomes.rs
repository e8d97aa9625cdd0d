//! What became of texts, as runs are told.

use chassis::{Engine, Tx};
use contract::chunk::Outcome;

use crate::db::journey_input::{Body, NewInput, insert};
use crate::journey::run::Fate;
use crate::texts::TextOutcome;

/// `None` where it says nothing new to a run: the text is still on its way, or nobody knows.
fn fate(outcome: Outcome) -> Option<Fate> {
    Some(match outcome {
        Outcome::HandedOver => Fate::HandedOver,
        Outcome::Delivered => Fate::Delivered,
        Outcome::Undelivered => Fate::Undelivered,
        Outcome::Suppressed => Fate::NoConsent,
        Outcome::Failed => Fate::Failed,
        Outcome::Expired => Fate::Expired,
        Outcome::Cancelled => Fate::Withdrawn,
        _ => return None,
    })
}

/// The name of a text within its run: `step/epoch.number`.
pub fn place(step: &str, epoch: u32, number: u32) -> String {
    format!("{step}/{epoch}.{number}")
}

/// The name of a call, the same for every try of it. No dots: they part what is signed.
pub fn name_of_call(key: crate::db::journey_call::Key, step: &str) -> String {
    format!("{}-{step}-{}-{}", key.run, key.epoch, key.number)
}

fn placed(step: &str) -> Option<(u32, u32)> {
    let (epoch, number) = step.rsplit_once('/')?.1.split_once('.')?;
    Some((epoch.parse().ok()?, number.parse().ok()?))
}

/// Notes outcomes for the runs they belong to, in the transaction that notes them for the texts.
pub async fn note(tx: &Tx, engine: Engine, outcomes: &[&TextOutcome]) -> anyhow::Result<()> {
    let inputs = outcomes.iter().filter_map(|outcome| {
        let (epoch, text) = placed(&outcome.step)?;
        Some(NewInput {
            tenant: outcome.tenant,
            // The run has its own.
            mode: contract::Mode::Live,
            contact: None,
            run: outcome.origin.id.parse().ok(),
            held_by: None,
            body: Body::Outcome {
                epoch,
                text,
                fate: fate(outcome.outcome)?,
            },
            hops: 0,
        })
    });
    let inputs: Vec<NewInput> = inputs.filter(|input| input.run.is_some()).collect();
    insert(tx, engine, &inputs).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_text_can_be_read_back() {
        assert_eq!(placed(&place("remind", 2, 17)), Some((2, 17)));
        assert_eq!(placed("remind"), None);
    }
}

//! Who is told what became of a text.

use chassis::{Bus, Engine, Tx};
use contract::UnixMillis;
use contract::texts::OriginKind;

use super::TextOutcome;
use crate::appointment;

/// Tells each flow of its texts, in the transaction that notes their outcomes. Of one text at most one outcome.
pub async fn tell(
    tx: &Tx,
    engine: Engine,
    bus: &Bus,
    outcomes: &[TextOutcome],
    now: UnixMillis,
) -> anyhow::Result<()> {
    for kind in OriginKind::ALL {
        let of_kind: Vec<&TextOutcome> = outcomes
            .iter()
            .filter(|outcome| outcome.origin.kind == kind)
            .collect();
        if of_kind.is_empty() {
            continue;
        }
        let label = kind.as_str();
        metrics::counter!("campaigns_text_outcomes_total", "origin" => label)
            .increment(of_kind.len() as u64);
        match kind {
            OriginKind::Appointment => {
                appointment::outcomes::tell(tx, engine, bus, &of_kind, now).await?;
            }
            // These flows do nothing more with a text that has left; its row and its timeline tell the rest.
            OriginKind::Journey => crate::journeys::note(tx, engine, &of_kind).await?,
            OriginKind::CampaignTest => {}
        }
    }
    Ok(())
}

//! `qry.consent.grant_permits`: the gate. Checks the question and puts it to [`crate::granting`].

use std::sync::Arc;

use anyhow::ensure;
use contract::Envelope;
use contract::chunk::SLOT_SIZE;
use contract::consent::{GrantPermits, PermitAnswer};

use crate::app::App;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<GrantPermits>,
) -> anyhow::Result<PermitAnswer> {
    let (id, tenant, mut ask) = (envelope.id, envelope.tenant, envelope.body);
    ask.asks.sort_unstable_by_key(|one| one.position);
    check(&ask)?;
    let answer = app.questions.ask(&app, id, tenant, ask).await?;
    if let PermitAnswer::Answered {
        granted,
        permitted_before,
        ..
    } = &answer
    {
        metrics::counter!("consent_permits_granted_total").increment(granted.len() as u64);
        metrics::counter!("consent_permitted_before_total")
            .increment(permitted_before.len() as u64);
    }
    Ok(answer)
}

/// Slots are cut at fixed places, so that asking again names the same permits.
fn check(ask: &GrantPermits) -> anyhow::Result<()> {
    let slot = usize::from(ask.slot.slot);
    let inside = |position: u16| usize::from(position) / SLOT_SIZE == slot;
    ensure!(
        ask.asks.iter().all(|one| inside(one.position)),
        "permit.slot: a position lies outside its slot"
    );
    ensure!(
        ask.asks
            .windows(2)
            .all(|two| two[0].position < two[1].position),
        "permit.slot: a position stands twice"
    );
    Ok(())
}

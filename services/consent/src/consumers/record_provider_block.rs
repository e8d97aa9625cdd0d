//! `consent__record_provider_block`: a carrier refused a text because the person is on its block list.

use std::sync::Arc;

use chassis::{Failure, Tx};
use contract::consent::RecordProviderBlock;
use contract::{CampaignId, Class, Envelope, Mode, TemplateId, TenantId};
use serde_json::json;

use crate::api::once;
use crate::app::App;
use crate::db::standing::Hold;
use crate::people::People;
use crate::record::{NewEntry, record};
use crate::standing::{Action, Change, Scope, is_programme_name};

pub const DURABLE: &str = "consent__record_provider_block";

pub async fn handle(app: Arc<App>, envelope: Envelope<RecordProviderBlock>) -> Result<(), Failure> {
    let (tenant, block) = (envelope.tenant, envelope.body);
    let shared = app.clone();
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { blocked(&shared, tx, tenant, &block).await }));
    let drifted = write.await?;
    app.opt_out_recorded();
    metrics::counter!("provider_blocks_total").increment(1);
    if drifted {
        metrics::counter!("provider_block_drift_total").increment(1);
        tracing::warn!("a carrier blocks somebody whom the ledger has as subscribed");
    }
    Ok(())
}

/// Records it; true when the ledger had the person as subscribed.
async fn blocked(
    app: &App,
    tx: &Tx,
    tenant: TenantId,
    block: &RecordProviderBlock,
) -> anyhow::Result<bool> {
    let (engine, now) = (app.engine(), app.cx.clock.millis().0);
    let phones = [block.phone];
    let asked = (Class::Informational, &phones[..]);
    let people = People::load(app, tx, tenant, asked, Hold::None).await?;
    let standing = people.known(block.phone).standing.as_ref();
    let drifted = standing.is_some_and(|standing| {
        !standing.opted_in_programmes(now).is_empty()
            && !standing.blocked_senders.contains(&block.sender)
    });
    let of = (
        CampaignId::from_raw(0),
        block.sender.as_str(),
        TemplateId::from_raw(0),
    );
    let papers = app.tenants.papers(tx, engine, tenant, of).await?;
    let at = block.at.0.min(now);
    let first = Change {
        sender: Some(block.sender.clone()),
        ..Change::new(Action::Block, at)
    };
    let programmes = papers
        .sender
        .programmes
        .iter()
        .filter(|name| is_programme_name(name));
    let others = programmes.map(|name| Change::opt_out(Scope::Programme(name.clone()), at));
    let entries: Vec<NewEntry> = std::iter::once(first)
        .chain(others)
        .map(|change| {
            let scope = change.scope.as_ref().map(Scope::to_string).unwrap_or_default();
            NewEntry {
                phone: block.phone,
                contact: block.contact,
                change: Change { by: "carrier".to_string(), ..change },
                method: "carrier".to_string(),
                evidence: json!({ "provider": block.provider, "code": block.code, "sender": block.sender }),
                inbound: Some(once(&format!("block\0{}\0{scope}", block.message))),
                confirm_from: None,
                mode: Mode::Live,
            }
        })
        .collect();
    record(app, tx, tenant, &entries).await?;
    Ok(drifted)
}

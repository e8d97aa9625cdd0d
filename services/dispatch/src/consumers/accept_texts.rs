//! `dispatch__accept_texts`: makes texts of flows ours: a row each, written and said in one commit, and then
//! through the same gate as what the API sends.

use std::collections::HashMap;
use std::sync::Arc;

use chassis::Failure;
use contract::dispatch::{HandOversRecorded, SendChunk};
use contract::ids::MessageId;
use contract::texts::{AcceptTexts, FlowText, MOST_TEXTS, TextsAccepted};
use contract::{Envelope, TenantId};

use crate::app::App;
use crate::db::flow_text;
use crate::sends::accept::LEASE_MS;
use crate::sends::hand;
use crate::sends::texts::{Fate, Resolved, resolve};

pub const DURABLE: &str = "dispatch__accept_texts";

/// Acknowledged when every text has its row. Runs twice without harm: an id has one row, and known texts are only
/// said to be accepted once more, because that may be what was lost.
pub async fn handle(app: Arc<App>, envelope: Envelope<AcceptTexts>) -> Result<(), Failure> {
    let (tenant, AcceptTexts { texts }) = (envelope.tenant, envelope.body);
    if texts.len() > MOST_TEXTS || texts.iter().any(|text| !is_own_run(text)) {
        return Err(Failure::Reject {
            code: "texts.invalid",
            detail: "at most 500 texts, each position 0 of a run of its own".to_string(),
        });
    }
    let (engine, read) = (app.cx.db.engine(), app.cx.db.read());
    let messages: Vec<MessageId> = texts.iter().map(|text| text.message).collect();
    let known = flow_text::known(engine, read, &messages).await?;
    let fresh = texts
        .into_iter()
        .filter(|text| !known.contains(&text.message))
        .collect();
    let resolved = resolve(&app, tenant, fresh).await?;
    let chunks: HashMap<MessageId, SendChunk> = resolved
        .iter()
        .filter(|one| one.fate == Fate::Now)
        .map(|one| (one.text.message, one.chunk.clone()))
        .collect();
    metrics::counter!("dispatch_flow_texts_total").increment(resolved.len() as u64);
    let new = commit(&app, tenant, messages, resolved).await?;
    for (message, chunk) in chunks {
        if new.contains(&message) {
            hand::start(&app, tenant, chunk);
        }
    }
    Ok(())
}

fn is_own_run(text: &FlowText) -> bool {
    MessageId::of(text.message.run(), 0, 0) == text.message
}

/// Rows, outcomes of those that cannot be sent, and the acceptance of all: one transaction. Says which were new.
async fn commit(
    app: &App,
    tenant: TenantId,
    messages: Vec<MessageId>,
    resolved: Vec<Resolved>,
) -> anyhow::Result<std::collections::HashSet<MessageId>> {
    let (engine, bus, now) = (
        app.cx.db.engine(),
        app.cx.bus.clone(),
        app.cx.clock.millis(),
    );
    let owner = app.config.name.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let times = (now.0, now.0 + LEASE_MS);
            let new = flow_text::insert(engine, tx, tenant, &owner, &resolved, times).await?;
            let said = resolved
                .iter()
                .filter(|one| new.contains(&one.text.message));
            let slots: Vec<_> = said.filter_map(|one| one.said(now)).collect();
            if !slots.is_empty() {
                bus.say(tx, tenant, &HandOversRecorded { slots }).await?;
            }
            let accepted = TextsAccepted { messages, at: now };
            bus.say(tx, tenant, &accepted).await?;
            Ok(new)
        })
    });
    write.await
}

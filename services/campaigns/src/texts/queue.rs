//! Queueing texts in a flow's own transaction.

use chassis::{Bus, Engine, Tx};
use chrono::{DateTime, Utc};
use contract::texts::FlowText;
use contract::{MessageId, RunId};

use super::{NewText, Queued, offer};
use crate::db;

/// Writes rows of these texts and says the command that offers them to dispatch. In the order of `texts`. One that
/// was queued before (by origin, step and contact) is left as it is, so running a step twice texts once. Refuses
/// all of them where one has a [`NewText::fault`].
pub async fn queue(
    tx: &Tx,
    engine: Engine,
    bus: &Bus,
    texts: &[NewText],
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<Queued>> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    for text in texts {
        if let Some(fault) = text.fault() {
            anyhow::bail!("a text of {} cannot be queued: {fault}", text.origin.id);
        }
    }
    let ids = RunId::begin_many(now, texts.len()).map(|run| MessageId::of(run, 0, 0));
    let rows: Vec<(MessageId, &NewText)> = ids.zip(texts).collect();
    let queued = db::flow_text::insert(tx, engine, &rows, now.into()).await?;
    let fresh = rows.iter().zip(&queued).filter(|(_, queued)| queued.new);
    let offered = fresh.map(|((id, text), _)| (text.tenant, flow_text(*id, text)));
    offer::say(tx, bus, offered.collect()).await?;
    Ok(queued)
}

fn flow_text(message: MessageId, text: &NewText) -> FlowText {
    FlowText {
        message,
        origin: text.origin.clone(),
        contact: text.contact,
        class: text.class,
        programme: text.programme.clone(),
        sender: text.sender.clone(),
        template: text.template,
        template_version: text.template_version,
        vars: text.vars.clone(),
        mode: text.mode,
        not_before: text.not_before,
        valid_until: text.valid_until,
    }
}

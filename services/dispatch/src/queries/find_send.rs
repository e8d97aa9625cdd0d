//! What is known of a text that came by the API.

use std::sync::Arc;

use contract::Envelope;
use contract::dispatch::{FindSend, SendFound};

use crate::app::App;
use crate::db::api_message;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<FindSend>,
) -> anyhow::Result<Option<SendFound>> {
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    let found = api_message::find(engine, db, envelope.tenant, envelope.body.message).await?;
    Ok(found.map(|send| SendFound {
        outcome: send.outcome,
        reason: send.reason,
        until: send.held_until,
        contact: send.contact,
        decision: send.decision,
        segments: send.segments,
        accepted_at: send.accepted_at,
        origin: send.origin,
    }))
}

//! A reply that came by webhook: kept in the same way as one that came over the carrier's link.

use std::sync::Arc;

use contract::Envelope;
use contract::dispatch::{ReplyTaken, TakeReply};

use crate::app::App;
use crate::tasks::answer_replies::{Brought, keep};

pub async fn handle(app: Arc<App>, envelope: Envelope<TakeReply>) -> anyhow::Result<ReplyTaken> {
    let TakeReply {
        provider,
        provider_message_id,
        from,
        to,
        text,
    } = envelope.body;
    let brought = Brought {
        provider_message_id,
        from,
        to,
        text,
    };
    keep(&app, provider, brought).await?;
    Ok(ReplyTaken {})
}

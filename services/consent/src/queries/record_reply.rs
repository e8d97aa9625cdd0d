//! `qry.consent.record_reply`: while the carrier waits. When this is answered, an opt-out is durable.

use std::sync::Arc;

use chassis::db::Turn;
use contract::Envelope;
use contract::consent::{RecordReply, ReplyRecorded};

use crate::app::App;
use crate::replies;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<RecordReply>,
) -> anyhow::Result<ReplyRecorded> {
    // The law counts from here: it goes before the permits that wait.
    replies::act(&app, envelope.tenant, envelope.body.reply, Turn::First).await
}

//! `qry.consent.record_reply`: while the carrier waits. When this is answered, an opt-out is durable.

use std::sync::Arc;

use contract::Envelope;
use contract::consent::{RecordReply, ReplyRecorded};

use crate::app::App;
use crate::replies;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<RecordReply>,
) -> anyhow::Result<ReplyRecorded> {
    replies::act(&app, envelope.tenant, envelope.body.reply).await
}

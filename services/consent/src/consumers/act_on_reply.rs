//! `consent__act_on_reply`: replies the durable way.

use std::sync::Arc;

use chassis::Failure;
use chassis::db::Turn;
use contract::Envelope;
use contract::consent::ActOnReply;

use crate::app::App;
use crate::replies;

pub const DURABLE: &str = "consent__act_on_reply";

pub async fn handle(app: Arc<App>, envelope: Envelope<ActOnReply>) -> Result<(), Failure> {
    // Most often it was acted on while the carrier waited.
    replies::act(&app, envelope.tenant, envelope.body.reply, Turn::Last).await?;
    Ok(())
}

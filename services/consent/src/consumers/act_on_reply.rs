//! `consent__act_on_reply`: replies the durable way.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::consent::ActOnReply;

use crate::app::App;
use crate::replies;

pub const DURABLE: &str = "consent__act_on_reply";

pub async fn handle(app: Arc<App>, envelope: Envelope<ActOnReply>) -> Result<(), Failure> {
    replies::act(&app, envelope.tenant, envelope.body.reply).await?;
    Ok(())
}

//! What a person texted back, for whoever was told that something came.

use std::sync::Arc;

use contract::Envelope;
use contract::consent::Reply;
use contract::inbound::LoadReply;

use crate::app::App;
use crate::db::received;

pub async fn handle(app: Arc<App>, envelope: Envelope<LoadReply>) -> anyhow::Result<Option<Reply>> {
    let found = received::by_id(&app.db, envelope.tenant, envelope.body.inbound).await?;
    Ok(found.map(|received| received.reply()))
}

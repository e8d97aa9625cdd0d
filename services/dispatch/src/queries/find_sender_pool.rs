//! Whether a pool exists that a campaign is to leave from.

use std::sync::Arc;

use contract::Envelope;
use contract::dispatch::FindSenderPool;
use contract::ids::SenderPoolId;

use crate::app::App;
use crate::pools;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<FindSenderPool>,
) -> anyhow::Result<Option<SenderPoolId>> {
    let FindSenderPool { name, mode } = envelope.body;
    pools::find(&app, (envelope.tenant, mode), &name).await
}

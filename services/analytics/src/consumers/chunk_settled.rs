//! `analytics__chunk_settled`: campaigns settled positions itself.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::campaigns::ChunkSettled;

use crate::app::App;
use crate::ledger::Groups;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<ChunkSettled>>) -> Result<(), Failure> {
    let batch = batch
        .into_iter()
        .map(|envelope| Groups::settled(envelope.tenant, envelope.body))
        .collect();
    Ok(app.ledger.groups(batch).await?)
}

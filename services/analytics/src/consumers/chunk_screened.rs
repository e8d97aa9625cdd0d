//! `analytics__chunk_screened`: consent screened chunks.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::consent::ChunkScreened;

use crate::app::App;
use crate::ledger::Groups;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<ChunkScreened>>) -> Result<(), Failure> {
    let batch = batch
        .into_iter()
        .map(|envelope| Groups::screened(envelope.tenant, envelope.body))
        .collect();
    Ok(app.ledger.groups(batch).await?)
}

//! `analytics__chunk_rendered`: texts were written.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::renderer::ChunkRendered;

use crate::app::App;
use crate::ledger::Groups;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<ChunkRendered>>) -> Result<(), Failure> {
    let batch = batch
        .into_iter()
        .map(|envelope| Groups::rendered(envelope.tenant, envelope.body))
        .collect();
    Ok(app.ledger.groups(batch).await?)
}

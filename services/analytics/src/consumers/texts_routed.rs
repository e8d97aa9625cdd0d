//! `analytics__texts_routed`: dispatch chose routes.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::dispatch::TextsRouted;

use crate::app::App;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<TextsRouted>>) -> Result<(), Failure> {
    let batch = batch
        .into_iter()
        .map(|envelope| (envelope.tenant, envelope.body))
        .collect();
    Ok(app.ledger.routes(batch).await?)
}

//! `analytics__receipts_recorded`: carriers told what became of texts.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::dispatch::ReceiptsRecorded;

use crate::app::App;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<ReceiptsRecorded>>) -> Result<(), Failure> {
    let batch = batch
        .into_iter()
        .map(|envelope| (envelope.tenant, envelope.body))
        .collect();
    Ok(app.ledger.receipts(batch).await?)
}

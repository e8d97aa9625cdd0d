//! `analytics__hand_overs_recorded`: texts were handed to a carrier, or not.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::dispatch::HandOversRecorded;

use crate::app::App;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<HandOversRecorded>>) -> Result<(), Failure> {
    let batch = batch
        .into_iter()
        .map(|envelope| (envelope.tenant, envelope.body))
        .collect();
    Ok(app.ledger.hand_overs(batch).await?)
}

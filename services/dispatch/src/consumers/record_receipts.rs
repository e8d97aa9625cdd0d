//! `dispatch__record_receipts`: receipts that a provider brought by webhook.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::dispatch::RecordReceipts;
use tokio::sync::oneshot;

use crate::app::App;
use crate::book::CarrierReceipt;
use crate::recorder::Receipts;

pub const DURABLE: &str = "dispatch__record_receipts";

/// No link waits for an answer to them.
const NO_LINK: usize = usize::MAX;

/// Acknowledged when the receipts are durable. Runs twice without harm: a state only rises.
pub async fn handle(app: Arc<App>, envelope: Envelope<RecordReceipts>) -> Result<(), Failure> {
    let RecordReceipts { provider, receipts } = envelope.body;
    let (done, durable) = oneshot::channel();
    let entry = Receipts {
        link: NO_LINK,
        provider: provider.into(),
        receipts: receipts.into_iter().map(CarrierReceipt::from).collect(),
        tokens: Vec::new(),
        done: Some(done),
    };
    let ended = || Failure::Retry(anyhow::anyhow!("the recorder has ended"));
    app.recorder.receipts(entry).await.map_err(|_| ended())?;
    durable.await.map_err(|_| ended())
}

//! What carriers said later. Texts of flows are told of it, and runs with variants: progress of every other run ends with
//! the hand-over.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::dispatch::ReceiptsRecorded;

use crate::app::App;
use crate::texts::outcomes::{self, Report};
use crate::variants;

pub async fn handle(app: Arc<App>, events: Vec<Envelope<ReceiptsRecorded>>) -> Result<(), Failure> {
    let receipts = events.into_iter().flat_map(|event| event.body.items);
    let receipts: Vec<_> = receipts.collect();
    variants::receipts(&app, &receipts).await?;
    let reports = receipts.into_iter().filter_map(Report::of_receipt);
    Ok(outcomes::record(&app, reports.collect()).await?)
}

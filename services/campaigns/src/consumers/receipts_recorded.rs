//! What carriers said later. Only texts of flows are told of it: progress of a run ends with the hand-over.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::dispatch::ReceiptsRecorded;

use crate::app::App;
use crate::texts::outcomes::{self, Report};

pub async fn handle(app: Arc<App>, events: Vec<Envelope<ReceiptsRecorded>>) -> Result<(), Failure> {
    let receipts = events.into_iter().flat_map(|event| event.body.items);
    let reports = receipts.filter_map(Report::of_receipt);
    Ok(outcomes::record(&app, reports.collect()).await?)
}

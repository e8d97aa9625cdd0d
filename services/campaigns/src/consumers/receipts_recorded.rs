//! What carriers said later. Texts of flows are told of it, and runs with variants. Progress of a run ends with the
//! hand-over, so of other campaigns only those with an envelope listen, and only for what did not arrive.

use std::sync::Arc;

use chassis::Failure;
use contract::chunk::Outcome;
use contract::dispatch::{Receipt, ReceiptsRecorded};
use contract::{Envelope, MessageId};

use crate::app::App;
use crate::fold::Mark;
use crate::record::{self, record};
use crate::texts::outcomes::{self, Report};
use crate::variants;

pub async fn handle(app: Arc<App>, events: Vec<Envelope<ReceiptsRecorded>>) -> Result<(), Failure> {
    let receipts: Vec<Receipt> = events
        .into_iter()
        .flat_map(|event| event.body.items)
        .collect();
    variants::receipts(&app, &receipts).await?;
    let mut lost: Vec<(MessageId, Mark)> = receipts
        .iter()
        .filter(|receipt| receipt.outcome == Outcome::Undelivered)
        .map(|receipt| {
            (
                receipt.message,
                Mark::new(receipt.outcome, receipt.reason.clone(), None),
            )
        })
        .collect();
    if !lost.is_empty() {
        let watched = app
            .runs
            .watched(&app, lost.iter().map(|(message, _)| message.run()))
            .await?;
        lost.retain(|(message, _)| watched.contains(&message.run()));
        record(&app, reports(lost)).await?;
    }
    let reports = receipts.into_iter().filter_map(Report::of_receipt);
    Ok(outcomes::record(&app, reports.collect()).await?)
}

/// Texts of one chunk that stand alike share one report.
fn reports(mut lost: Vec<(MessageId, Mark)>) -> Vec<record::Report> {
    lost.sort_unstable_by_key(|(message, _)| *message);
    let mut reports: Vec<record::Report> = Vec::new();
    for (message, mark) in lost {
        let (run, chunk) = (message.run(), message.chunk());
        let of_chunk = reports
            .iter_mut()
            .rev()
            .take_while(|report| (report.run, report.chunk) == (run, chunk));
        match of_chunk.into_iter().find(|report| report.mark == mark) {
            Some(report) => report.positions.push(message.position()),
            None => reports.push(record::Report {
                run,
                chunk,
                mark,
                positions: vec![message.position()],
            }),
        }
    }
    reports
}

//! Texts of which nobody could say whether they left, until a receipt named them. All other receipts leave a
//! campaign's sums as they are and are not listened to (ADR 0022).

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::dispatch::{Receipt, UnknownSettled};

use crate::app::App;
use crate::fold::Mark;
use crate::record::{Report, record};

pub async fn handle(app: Arc<App>, events: Vec<Envelope<UnknownSettled>>) -> Result<(), Failure> {
    let mut reports: Vec<Report> = Vec::new();
    for item in events.into_iter().flat_map(|event| event.body.items) {
        add(&mut reports, item);
    }
    Ok(record(&app, reports).await?)
}

/// Texts of one chunk that stand alike share one report.
fn add(reports: &mut Vec<Report>, receipt: Receipt) {
    let Receipt {
        message,
        outcome,
        reason,
        ..
    } = receipt;
    let (run, chunk) = (message.run(), message.chunk());
    let mark = Mark::new(outcome, reason, None);
    let alike =
        |report: &&mut Report| report.run == run && report.chunk == chunk && report.mark == mark;
    match reports.iter_mut().rev().find(alike) {
        Some(report) => report.positions.push(message.position()),
        None => reports.push(Report {
            run,
            chunk,
            mark,
            positions: vec![message.position()],
        }),
    }
}

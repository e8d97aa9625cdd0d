//! Receipts of runs with variants, folded into their chunks. Receipts of all other runs are left alone: their sums end
//! with the hand-over (ADR 0022).

use std::collections::BTreeSet;

use contract::RunId;
use contract::dispatch::Receipt;

use crate::app::App;
use crate::fold::Mark;
use crate::record::{Report, record};

pub async fn receipts(app: &App, receipts: &[Receipt]) -> anyhow::Result<()> {
    let runs: BTreeSet<RunId> = receipts
        .iter()
        .map(|receipt| receipt.message.run())
        .collect();
    let runs: Vec<RunId> = runs.into_iter().collect();
    if runs.is_empty() {
        return Ok(());
    }
    let cut = app.partitions.of_all(app, &runs).await?;
    let mut reports: Vec<Report> = Vec::new();
    for receipt in receipts {
        let message = receipt.message;
        let has_variants = cut
            .get(&message.run())
            .is_some_and(|cut| !cut.partition.letters.is_empty());
        if !has_variants || !receipt.outcome.is_handed_over() {
            continue;
        }
        let (run, chunk) = (message.run(), message.chunk());
        let mark = Mark::new(receipt.outcome, receipt.reason.clone(), None);
        let alike = |report: &&mut Report| {
            report.run == run && report.chunk == chunk && report.mark == mark
        };
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
    record(app, reports).await
}

//! What became of texts at hand-over. One event holds many slots.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::dispatch::{HandOver, HandOversRecorded, SlotOutcome};

use crate::app::App;
use crate::fold::Mark;
use crate::record::{Report, record};
use crate::texts::outcomes;

pub async fn handle(
    app: Arc<App>,
    events: Vec<Envelope<HandOversRecorded>>,
) -> Result<(), Failure> {
    let (mut reports, mut texts) = (Vec::new(), Vec::new());
    for slot in events.into_iter().flat_map(|event| event.body.slots) {
        match outcomes::Report::of_slot(&slot) {
            Some(text) => texts.push(text),
            None => add(&mut reports, slot),
        }
    }
    record(&app, reports).await?;
    Ok(outcomes::record(&app, texts).await?)
}

/// Neighbours that ended the same way share one report.
fn add(reports: &mut Vec<Report>, SlotOutcome { slot, items, .. }: SlotOutcome) {
    let first = reports.len();
    for HandOver {
        position,
        outcome,
        reason,
        until,
        ..
    } in items
    {
        let mark = Mark::new(outcome, reason, until);
        match reports[first..]
            .iter_mut()
            .find(|report| report.mark == mark)
        {
            Some(report) => report.positions.push(position),
            None => reports.push(Report {
                run: slot.run,
                chunk: slot.chunk,
                mark,
                positions: vec![position],
            }),
        }
    }
}

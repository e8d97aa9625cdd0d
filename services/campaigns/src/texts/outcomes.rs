//! Folding what became of texts into their rows.

use std::collections::HashMap;

use chassis::{Bus, Engine, Tx};
use contract::chunk::Outcome;
use contract::dispatch::{Receipt, SlotOutcome};
use contract::{CampaignId, MessageId, Reason, TenantId, UnixMillis};

use super::origins;
use crate::app::App;
use crate::db;

/// Texts of flows belong to no campaign.
const NO_CAMPAIGN: CampaignId = CampaignId::from_raw(0);

/// What somebody says of a text, which may be none of ours: the API sends texts of the same shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub message: MessageId,
    pub outcome: Outcome,
    pub reason: Reason,
    pub until: Option<UnixMillis>,
    pub at: UnixMillis,
}

impl Report {
    /// Of a hand-over; `None` where the slot is a campaign's.
    pub fn of_slot(slot: &SlotOutcome) -> Option<Self> {
        let item = slot.items.first()?;
        let own = slot.campaign == NO_CAMPAIGN && slot.slot.chunk == 0 && item.position == 0;
        own.then(|| Self {
            message: MessageId::of(slot.slot.run, 0, 0),
            outcome: item.outcome,
            reason: item.reason.clone(),
            until: item.until,
            at: slot.at,
        })
    }

    /// Of a receipt; `None` where the place is one that texts of flows never have.
    pub fn of_receipt(receipt: Receipt) -> Option<Self> {
        let own = receipt.message.chunk() == 0 && receipt.message.position() == 0;
        own.then_some(Self {
            message: receipt.message,
            outcome: receipt.outcome,
            reason: receipt.reason,
            until: None,
            at: receipt.at,
        })
    }
}

/// Of several reports about one text the last one of the highest rank.
pub fn newest(reports: Vec<Report>) -> Vec<Report> {
    let mut of_text: HashMap<MessageId, Report> = HashMap::with_capacity(reports.len());
    for report in reports {
        match of_text.get_mut(&report.message) {
            Some(known) if known.outcome.rank() <= report.outcome.rank() => *known = report,
            Some(_) => {}
            None => {
                of_text.insert(report.message, report);
            }
        }
    }
    let mut newest: Vec<Report> = of_text.into_values().collect();
    newest.sort_unstable_by_key(|report| report.message);
    newest
}

/// Folds reports in one transaction. Repetitions change nothing, so no inbox is needed.
pub async fn record(app: &App, reports: Vec<Report>) -> anyhow::Result<()> {
    let reports = newest(reports);
    if reports.is_empty() {
        return Ok(());
    }
    // Most of what is said is about texts of the API and answers: a look that writes nothing tells.
    let (engine, read) = (app.cx.db.engine(), app.cx.db.read());
    let messages: Vec<MessageId> = reports.iter().map(|report| report.message).collect();
    let own = db::flow_text::known(read, engine, &messages).await?;
    let reports: Vec<Report> = reports
        .into_iter()
        .filter(|report| own.contains(&report.message))
        .collect();
    if reports.is_empty() {
        return Ok(());
    }
    let (bus, now) = (app.cx.bus.clone(), app.cx.clock.millis());
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { fold(tx, engine, &bus, &reports, now).await }));
    write.await
}

async fn fold(
    tx: &Tx,
    engine: Engine,
    bus: &Bus,
    reports: &[Report],
    now: UnixMillis,
) -> anyhow::Result<()> {
    let changed = db::flow_text::fold(tx, engine, reports).await?;
    origins::tell(tx, engine, bus, &changed, now).await
}

/// Notes that dispatch has made texts its own.
pub async fn accepted(
    app: &App,
    batch: Vec<(TenantId, Vec<MessageId>, UnixMillis)>,
) -> anyhow::Result<()> {
    let engine = app.cx.db.engine();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { db::flow_text::accepted(tx, engine, &batch).await })
    });
    write.await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(message: u128, outcome: Outcome, at: i64) -> Report {
        Report {
            message: MessageId::from_raw(message << 40),
            outcome,
            reason: Reason::OK,
            until: None,
            at: UnixMillis(at),
        }
    }

    #[test]
    fn of_reports_about_one_text_the_highest_counts_and_of_equals_the_last() {
        let newest = newest(vec![
            report(2, Outcome::Delivered, 1),
            report(1, Outcome::Held, 1),
            report(2, Outcome::HandedOver, 2),
            report(1, Outcome::Held, 3),
        ]);
        let told: Vec<_> = newest.iter().map(|one| (one.outcome, one.at.0)).collect();
        assert_eq!(told, [(Outcome::Held, 3), (Outcome::Delivered, 1)]);
    }
}

//! Removes rows of texts that settled long ago: once after the start and then daily, in small batches.
//!
//! A row is what keeps a flow from queueing a step's text a second time, so the rows of a flow that goes on stay, however
//! old they are.

use std::collections::HashSet;
use std::sync::Arc;

use contract::texts::OriginKind;
use contract::{AppointmentId, JourneyRunId, MessageId, UnixMillis};

use super::daily::Days;
use crate::app::App;
use crate::db;
use crate::db::flow_text_age::Old;

/// Rows in one transaction.
const BATCH: u64 = 500;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let Some(kept) = app.config.keep_texts() else {
        return Ok(());
    };
    let mut days = Days::from_now(&app);
    while let Some(now) = days.next(&app).await {
        if let Err(error) = round(&app, (now - kept).into(), now.into()).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "old texts could not be removed; it goes on tomorrow"
            );
        }
    }
    Ok(())
}

async fn round(app: &App, before: UnixMillis, now: UnixMillis) -> anyhow::Result<()> {
    let mut after = MessageId::from_raw(0);
    while !app.cx.stopping().is_cancelled() {
        let read = app.cx.db.read();
        let old = db::flow_text_age::settled_before(read, before, after, BATCH).await?;
        let Some(last) = old.last() else {
            return Ok(());
        };
        after = last.message;
        let gone = of_ended_flows(app, &old, now).await?;
        if gone.is_empty() {
            continue;
        }
        metrics::counter!("campaigns_texts_removed_total").increment(gone.len() as u64);
        let engine = app.cx.db.engine();
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { db::flow_text_age::delete(tx, engine, &gone).await })
        });
        write.await?;
    }
    Ok(())
}

/// Texts whose flow will queue nothing any more.
async fn of_ended_flows(app: &App, old: &[Old], now: UnixMillis) -> anyhow::Result<Vec<MessageId>> {
    let (engine, read) = (app.cx.db.engine(), app.cx.db.read());
    let of_kind = |kind: OriginKind| {
        old.iter()
            .filter(move |one| one.origin.kind == kind)
            .map(|one| one.origin.id.as_str())
            .collect::<HashSet<&str>>()
    };
    let appointments: Vec<AppointmentId> = of_kind(OriginKind::Appointment)
        .into_iter()
        .filter_map(|id| id.parse().ok())
        .collect();
    let runs: Vec<JourneyRunId> = of_kind(OriginKind::Journey)
        .into_iter()
        .filter_map(|id| id.parse().ok())
        .collect();
    let to_come = db::flow_text_age::appointments_to_come(read, engine, &appointments, now).await?;
    let live = db::flow_text_age::live_runs(read, engine, &runs).await?;
    let goes_on: HashSet<String> = to_come
        .into_iter()
        .map(|id| id.to_string())
        .chain(live.into_iter().map(|id| id.to_string()))
        .collect();
    Ok(old
        .iter()
        .filter(|one| !goes_on.contains(&one.origin.id))
        .map(|one| one.message)
        .collect())
}

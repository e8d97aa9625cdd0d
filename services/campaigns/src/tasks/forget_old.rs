//! Removes rows that are past their time, daily and in small batches: runs of journeys, appointments, slots of recurring
//! campaigns, preflights, outcomes that winners were found by.
//!
//! None of them is evidence: consent's ledger and the messages say who was texted and why that was allowed.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::{AppointmentId, JourneyRunId, UnixMillis};

use super::daily::Days;
use crate::app::App;
use crate::db;

/// Rows in one transaction.
const BATCH: u64 = 500;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let mut days = Days::from_now(&app);
    while let Some(now) = days.next(&app).await {
        round(&app, now).await;
    }
    Ok(())
}

/// Every kind of rows by itself: where one cannot be removed, the others can.
async fn round(app: &App, now: DateTime<Utc>) {
    let kept = &app.config;
    let ago = |days: u32| -> Option<UnixMillis> {
        (days > 0).then(|| (now - chrono::Duration::days(i64::from(days))).into())
    };
    if let Some(before) = ago(kept.journey_run_days) {
        told("journey_run", journey_runs(app, before).await);
    }
    if let Some(before) = ago(kept.appointment_days) {
        told("appointment", appointments(app, before).await);
    }
    if let Some(before) = ago(kept.occurrence_days) {
        told("occurrence", occurrences(app, before).await);
    }
    if let Some(before) = ago(kept.preflight_days) {
        told("preflight", preflights(app, before).await);
    }
    if let Some(before) = ago(kept.variant_outcome_days) {
        told("variant_outcome", variant_outcomes(app, before).await);
    }
}

fn told(of: &'static str, removed: anyhow::Result<u64>) {
    match removed {
        Ok(rows) => metrics::counter!("campaigns_rows_removed_total", "of" => of).increment(rows),
        Err(error) => tracing::warn!(
            of,
            error = format!("{error:#}"),
            "old rows could not be removed; it goes on tomorrow"
        ),
    }
}

async fn journey_runs(app: &App, before: UnixMillis) -> anyhow::Result<u64> {
    let (mut after, mut removed) = (JourneyRunId::from_raw(0), 0);
    while !app.cx.stopping().is_cancelled() {
        let old = db::journey_run_age::ended_before(app.cx.db.read(), before, after, BATCH).await?;
        let Some(last) = old.last() else { break };
        after = last.id;
        let engine = app.cx.db.engine();
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { db::journey_run_age::forget(tx, engine, &old).await })
        });
        removed += write.await?;
    }
    Ok(removed)
}

async fn appointments(app: &App, before: UnixMillis) -> anyhow::Result<u64> {
    let (mut after, mut removed) = (AppointmentId::from_raw(0), 0);
    while !app.cx.stopping().is_cancelled() {
        let old = db::age::appointments(app.cx.db.read(), before, after, BATCH).await?;
        let Some(last) = old.last() else { break };
        after = *last;
        let engine = app.cx.db.engine();
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { db::age::forget_appointments(tx, engine, &old).await })
        });
        removed += write.await?;
    }
    Ok(removed)
}

async fn occurrences(app: &App, before: UnixMillis) -> anyhow::Result<u64> {
    let mut removed = 0;
    while !app.cx.stopping().is_cancelled() {
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { db::age::forget_occurrences(tx, before, BATCH).await })
        });
        match write.await? {
            0 => break,
            rows => removed += rows,
        }
    }
    Ok(removed)
}

async fn preflights(app: &App, before: UnixMillis) -> anyhow::Result<u64> {
    let mut removed = 0;
    while !app.cx.stopping().is_cancelled() {
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move { db::age::forget_preflights(tx, before, BATCH).await })
        });
        match write.await? {
            0 => break,
            rows => removed += rows,
        }
    }
    Ok(removed)
}

async fn variant_outcomes(app: &App, before: UnixMillis) -> anyhow::Result<u64> {
    let mut removed = 0;
    for run in db::age::decided_runs(app.cx.db.read(), before).await? {
        while !app.cx.stopping().is_cancelled() {
            let write = app
                .cx
                .db
                .write(move |tx| Box::pin(async move { db::age::forget_outcomes(tx, run).await }));
            match write.await? {
                0 => break,
                rows => removed += rows,
            }
        }
    }
    Ok(removed)
}

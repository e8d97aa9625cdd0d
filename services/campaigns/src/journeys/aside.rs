//! What cannot be read is set aside, so that all else goes on: one row must not stop the journeys of everybody.

use std::fmt::Debug;

use crate::app::App;
use crate::db;

/// Sets inputs aside.
pub async fn inputs(app: &App, seqs: &[i64]) -> anyhow::Result<()> {
    if seqs.is_empty() {
        return Ok(());
    }
    let (engine, now, rows) = (app.cx.db.engine(), app.cx.clock.millis(), seqs.to_vec());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { db::journey_input::set_aside(tx, engine, &rows, now).await })
    });
    write.await?;
    tell("input", seqs);
    Ok(())
}

/// Tells of rows that were set aside: which, and nothing of what they hold.
pub fn tell(of: &'static str, rows: &[impl Debug]) {
    if rows.is_empty() {
        return;
    }
    let many = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    metrics::counter!("campaigns_journey_set_aside_total", "of" => of).increment(many);
    let first = &rows[..rows.len().min(10)];
    tracing::error!(of, many, ?first, "what journeys cannot read is set aside");
}

//! Offers texts again that dispatch has not accepted in time, and asks consent again for withdrawals that it has
//! not confirmed.

use std::sync::Arc;

use crate::app::App;
use crate::db;
use crate::texts::{offer, settle_withdrawals};

/// Texts taken at once.
const MOST: u64 = 1000;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    while !stopping.is_cancelled() {
        let (offered, withdrawn) = (offer_again(&app).await, withdraw_again(&app).await);
        for (what, done) in [("offered", &offered), ("withdrawn", &withdrawn)] {
            if let Err(error) = done {
                let error = format!("{error:#}");
                tracing::warn!(error, "texts could not be {what} again yet");
            }
        }
        if matches!((offered, withdrawn), (Ok(true), _) | (_, Ok(true))) {
            continue;
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = tokio::time::sleep(app.config.poll()) => {}
        }
    }
    Ok(())
}

/// True if there may be more.
async fn offer_again(app: &App) -> anyhow::Result<bool> {
    let (engine, now, bus) = (
        app.cx.db.engine(),
        app.cx.clock.millis(),
        app.cx.bus.clone(),
    );
    if !db::flow_text::any_offer(app.cx.db.read(), now).await? {
        return Ok(false);
    }
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let due = db::flow_text::take_offers(tx, engine, now, MOST).await?;
            let count = due.len() as u64;
            offer::say(tx, &bus, due).await?;
            Ok(count)
        })
    });
    let count = write.await?;
    metrics::counter!("campaigns_texts_offered_again_total").increment(count);
    Ok(count == MOST)
}

/// True if there may be more.
async fn withdraw_again(app: &App) -> anyhow::Result<bool> {
    let now = app.cx.clock.millis();
    let due = db::flow_text::withdrawals_due(app.cx.db.read(), now, MOST).await?;
    if !due.is_empty() {
        settle_withdrawals(app, &due).await?;
    }
    Ok(due.len() as u64 == MOST)
}

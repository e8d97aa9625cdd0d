//! Launches scheduled campaigns when their time has come.

use std::sync::Arc;

use crate::app::App;
use crate::db;
use crate::db::campaign::Campaign;
use crate::lifecycle::State;
use crate::start;

/// Campaigns launched per look; the rest follow at the next.
const AT_ONCE: u64 = 100;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    while !stopping.is_cancelled() {
        if let Err(error) = launch_due(&app).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "scheduled campaigns could not be launched yet"
            );
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = tokio::time::sleep(app.config.poll()) => {}
        }
    }
    Ok(())
}

async fn launch_due(app: &App) -> anyhow::Result<()> {
    for campaign in db::campaign::due(app.cx.db.read(), app.cx.clock.millis(), AT_ONCE).await? {
        match start::describe(app, &campaign).await? {
            Some(template) => {
                start::begin(app, &campaign, State::Scheduled, template).await?;
            }
            None => fail(app, &campaign, "template.not_published").await?,
        }
    }
    Ok(())
}

async fn fail(app: &App, campaign: &Campaign, reason: &'static str) -> anyhow::Result<()> {
    let (id, now) = (campaign.id, app.cx.clock.millis());
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                db::campaign::move_on(
                    tx,
                    id,
                    &[State::Scheduled],
                    State::Failed,
                    Some(reason),
                    now,
                )
                .await
            })
        })
        .await?;
    Ok(())
}

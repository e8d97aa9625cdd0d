//! Knows how many dispatchers are alive, and draws from the buckets that they share.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::app::App;
use crate::db::{dispatchers, meter};
use crate::traffic::Name;
use crate::traffic::metered::Wish;

const SAY_EVERY: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Who has not looked for so long does not know any more that it is alone, and waits.
pub const SURE_FOR: Duration = Duration::from_secs(2);
/// By then every other dispatcher knows of a new one, or is not sure any more.
const KNOWN_AFTER: Duration = Duration::from_millis(2_500);
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Joins the others; returns when each of them knows, and at once where there are none.
pub async fn join(app: &App) -> anyhow::Result<()> {
    dispatchers::say(&app.cx.db, app.config.name.clone()).await?;
    look(app).await?;
    if app.traffic.is_shared() {
        let stopping = app.cx.stopping();
        tokio::select! {
            () = tokio::time::sleep(KNOWN_AFTER) => {}
            () = stopping.cancelled() => {}
        }
    }
    Ok(())
}

/// Begins once this dispatcher has joined.
pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let (mut said, mut looked) = (Instant::now(), Instant::now());
    while !stopping.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep_until(looked + LOOK_EVERY) => {
                looked = Instant::now();
                let told = async {
                    if said.elapsed() >= SAY_EVERY {
                        dispatchers::say(&app.cx.db, app.config.name.clone()).await?;
                        said = looked;
                    }
                    look(&app).await
                };
                if let Err(error) = told.await {
                    let error = format!("{error:#}");
                    tracing::warn!(error, "which dispatchers are alive is not known; limited texts wait");
                }
            }
            () = app.traffic.lacks() => {}
            () = stopping.cancelled() => break,
        }
        let wishes = app.traffic.wishes();
        if !wishes.is_empty() {
            carry_out(&app, wishes).await;
        }
    }
    dispatchers::leave(&app.cx.db, app.config.name.clone()).await
}

async fn look(app: &App) -> anyhow::Result<()> {
    let sure_until = Instant::now() + SURE_FOR;
    let (engine, db, name) = (app.cx.db.engine(), app.cx.db.read(), &app.config.name);
    let others = dispatchers::others(engine, db, name).await?;
    let owed = app.traffic.share_with(others + 1, sure_until);
    if !owed.is_empty() {
        carry_out(app, owed).await;
    }
    Ok(())
}

async fn carry_out(app: &App, wishes: Vec<(Name, Wish)>) {
    let names: Vec<Name> = wishes.iter().map(|(name, _)| name.clone()).collect();
    match meter::draw(&app.urgent.db, wishes).await {
        Ok(drawn) => app.traffic.promised(drawn),
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(
                error,
                "nothing could be drawn from shared limits; trying again"
            );
            tokio::time::sleep(AFTER_FAILURE).await;
            app.traffic.not_promised(&names);
        }
    }
}

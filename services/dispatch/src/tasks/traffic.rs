//! Keeps the traffic's rules as the tables have them, and its daily counts in the tables.

use std::sync::Arc;
use std::time::Duration;

use contract::UnixMillis;

use crate::app::App;
use crate::db::traffic as db;
use crate::tasks::bring_back;
use crate::traffic::day;

/// How soon another process's control is in force here; the API promises a second.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Reads controls, limits and the day's counts; what waits is told at once.
pub async fn load(app: &Arc<App>) -> anyhow::Result<()> {
    let _reading = app.traffic.reading().await;
    let (engine, read) = (app.cx.db.engine(), app.cx.db.read());
    let now = app.cx.clock.millis();
    let limits = db::limits(engine, read).await?;
    let controls = db::controls(engine, read, now).await?;
    let capped = limits.iter().any(|(_, limit)| limit.per_day().is_some());
    let ended = app.traffic.update(limits, controls);
    bring_back::resumed(app, ended);
    if capped {
        let counts = db::day(engine, read, &day::of(now).to_string()).await?;
        app.traffic.set_day(now, &counts);
    }
    Ok(())
}

/// Stores what left since the last time.
async fn save(app: &App, now: UnixMillis) -> anyhow::Result<()> {
    let counts = app.traffic.take_unsaved();
    if counts.is_empty() {
        return Ok(());
    }
    let (today, again) = (day::of(now).to_string(), counts.clone());
    let saved = db::add_to_day(&app.cx.db, today, counts).await;
    if saved.is_err() {
        app.traffic.put_back(again);
    }
    saved
}

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let looking = async {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let looked = async {
                save(&app, app.cx.clock.millis()).await?;
                load(&app).await?;
                bring_back::room(&app, app.traffic.wants()).await;
                anyhow::Ok(())
            };
            if let Err(error) = looked.await {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "the traffic's rules could not be read; the last ones stay in force"
                );
            }
        }
    };
    tokio::select! {
        () = looking => {}
        () = app.traffic.drive() => {}
        () = stopping.cancelled() => {}
    }
    // What left in the last moments counts, too.
    save(&app, app.cx.clock.millis()).await
}

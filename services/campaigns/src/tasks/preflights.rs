//! Takes up preflights that nobody works on: those just asked for, and those that a restart left behind.

use std::sync::Arc;

use contract::UnixMillis;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::db;
use crate::preflight::job;

/// Preflights that one process works on at once.
const AT_ONCE: usize = 4;
/// Texts are kept so long.
const SAMPLES_MS: i64 = 24 * 3_600_000;
/// How often old ones are looked for.
const DROP_EVERY_MS: i64 = 600_000;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let mut dropped_at = UnixMillis(0);
    let room = Arc::new(Semaphore::new(AT_ONCE));
    while !stopping.is_cancelled() {
        if let Err(error) = take_up(&app, &room).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "preflights cannot be taken up yet"
            );
        }
        if let Err(error) = drop_samples(&app, &mut dropped_at).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "texts of old preflights could not be dropped yet"
            );
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = app.preflights.notified() => {}
            () = tokio::time::sleep(app.config.poll()) => {}
        }
    }
    Ok(())
}

async fn take_up(app: &Arc<App>, room: &Arc<Semaphore>) -> anyhow::Result<()> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let until = UnixMillis(now.0 + job::HELD_MS);
    let most = room.available_permits();
    // Looked for without a write first: mostly there is none.
    if most == 0 || !db::preflight::any_free(app.cx.db.read(), now).await? {
        return Ok(());
    }
    let claimed = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move { db::preflight::claim(tx, engine, (now, until), most).await })
        })
        .await?;
    for id in claimed {
        let permit = room.clone().acquire_owned().await?;
        let app = app.clone();
        app.cx.clone().spawn("campaigns preflight", async move {
            job::run(&app, id).await;
            // Another one may wait for the room.
            drop(permit);
            app.preflights.notify_one();
            Ok(())
        });
    }
    Ok(())
}

async fn drop_samples(app: &App, at: &mut UnixMillis) -> anyhow::Result<()> {
    let now = app.cx.clock.millis();
    if now.0 - at.0 < DROP_EVERY_MS {
        return Ok(());
    }
    *at = now;
    let before = UnixMillis(now.0 - SAMPLES_MS);
    app.cx
        .db
        .write(move |tx| Box::pin(async move { db::preflight::drop_samples(tx, before).await }))
        .await?;
    Ok(())
}

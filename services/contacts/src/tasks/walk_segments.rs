//! Walks through all contacts for segments that are defined anew, or that time has changed: page by page, each with
//! its cursor in one transaction, so that whoever goes on goes on there.

use std::sync::Arc;
use std::time::Duration;

use contract::{ContactId, SegmentId, TenantId};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::db;
use crate::db::contacts::Filter;

/// Contacts of one transaction: few enough that changes of others come in between.
const PAGE: i64 = 500;
/// How long the task sleeps while nothing rings, and after a fault.
const REST: Duration = Duration::from_secs(2);

pub async fn run(app: Arc<App>, stopping: CancellationToken) -> anyhow::Result<()> {
    while !stopping.is_cancelled() {
        let walked = step(&app).await.unwrap_or_else(|error| {
            tracing::warn!(
                error = format!("{error:#}"),
                "a segment cannot be walked through yet"
            );
            false
        });
        if !walked {
            tokio::select! {
                () = app.segment_defined.notified() => {}
                () = tokio::time::sleep(REST) => {}
                () = stopping.cancelled() => {}
            }
        }
    }
    Ok(())
}

/// One page of one segment. False where there is nothing to walk through.
async fn step(app: &Arc<App>) -> anyhow::Result<bool> {
    let (read, engine, now) = (app.db.read(), app.db.engine(), app.clock.millis().0);
    if db::segment_walks::any_due(read, engine, now).await? {
        let begun = app.db.write(move |tx| {
            Box::pin(async move { db::segment_walks::begin_due(tx, engine, now).await })
        });
        begun.await?;
    }
    let Some((tenant, segment)) = db::segment_walks::open(read, engine).await? else {
        return Ok(false);
    };
    page(app, tenant, segment).await?;
    Ok(true)
}

async fn page(app: &Arc<App>, tenant: TenantId, segment: SegmentId) -> anyhow::Result<()> {
    let (engine, now, follower) = (app.db.engine(), app.clock.now(), app.follower.clone());
    let again_ms = i64::from(app.config.segment_again_minutes) * 60_000;
    let walked = app.db.write(move |tx| {
        Box::pin(async move {
            let found = db::segments::by_id_for_update(tx, engine, tenant, segment).await?;
            // Deleted, or another process was at its end.
            let Some(standing) = found
                .map(|segment| segment.standing)
                .filter(|segment| segment.walk.is_some())
            else {
                return Ok(None);
            };
            let after = standing.cursor.unwrap_or(ContactId::from_raw(0));
            let everybody = Filter::default();
            let page = db::contacts::page(tx, engine, tenant, &everybody, after, PAGE).await?;
            let done = page.len() < usize::try_from(PAGE)?;
            let last = page.last().map(|contact| contact.id);
            let ids = page.iter().map(|contact| contact.id);
            let locked = db::contacts::lock(tx, engine, tenant, ids).await?;
            follower
                .look_at(tx, tenant, std::slice::from_ref(&standing), locked, now)
                .await?;
            if done {
                let millis = now.timestamp_millis();
                let again = standing.by_time.then_some(millis + again_ms);
                db::segment_walks::finish(tx, engine, segment, millis, again).await?;
            } else if let Some(last) = last {
                db::segment_walks::advance(tx, engine, segment, last).await?;
            }
            Ok(Some(done))
        })
    });
    if walked.await? == Some(true) {
        tracing::info!(%segment, "all contacts were looked at for a segment");
    }
    Ok(())
}

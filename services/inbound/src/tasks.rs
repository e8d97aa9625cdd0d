//! Brings on what could not be brought on while its provider waited.

use std::sync::Arc;
use std::time::Duration;

use contract::TenantId;
use contract::dispatch::TakeReply;

use crate::app::App;
use crate::db::spool;

const EVERY: Duration = Duration::from_secs(5);
/// The call itself is still at it for that long.
const YOUNG_MS: i64 = 15_000;
const AT_A_TIME: u32 = 100;
const EVERYONE: TenantId = TenantId::from_raw(0);

/// Runs until the service stops.
pub async fn bring_on(app: Arc<App>) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = app.stopping.cancelled() => return Ok(()),
        }
        let before = app.clock.millis().0 - YOUNG_MS;
        for reply in spool::waiting(&app.db, before, AT_A_TIME).await? {
            if let Err(error) = bring(&app, reply).await {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "kept replies cannot be brought to dispatch yet"
                );
                break;
            }
        }
    }
}

/// Has dispatch record it by its tenant; then it need not be kept.
pub async fn bring(app: &App, reply: TakeReply) -> anyhow::Result<()> {
    ask(app, &reply).await?;
    spool::remove(&app.db, reply.provider, reply.provider_message_id).await
}

pub async fn ask(app: &App, reply: &TakeReply) -> anyhow::Result<()> {
    app.bus.ask(EVERYONE, reply).await?;
    Ok(())
}

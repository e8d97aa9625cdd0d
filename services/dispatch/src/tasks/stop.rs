//! The order of stopping: slots in flight finish, carriers are left, the last outcomes are written.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;

/// Longer than a permit lives and a carrier takes to answer.
const SLOTS_FINISH_WITHIN: Duration = Duration::from_secs(14);

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    app.cx.stopping().cancelled().await;
    app.busy.close();
    if tokio::time::timeout(SLOTS_FINISH_WITHIN, app.busy.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            slots = app.busy.len(),
            "slots in flight did not finish in time; the next start settles them"
        );
    }
    app.links.close().await;
    app.quiet.cancel();
    if let Some(simulator) = app.simulator.lock().await.take() {
        simulator.stop().await;
    }
    Ok(())
}

//! What every part of the service shares, and how it starts.

use std::sync::Arc;

use chassis::Cx;
use futures::future::BoxFuture;
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;

use crate::config::Config;
use crate::journeys::{Bells, Versions};
use crate::runs::Runs;
use crate::timers::Bell;
use crate::variants::Known;
use crate::{api, consumers, queries, tasks};

/// What consumers, tasks and endpoints share.
pub struct App {
    pub cx: Cx,
    pub config: Config,
    pub runs: Runs,
    /// Rings the scheduler of the timers.
    pub timers: Arc<Bell>,
    /// Rings when an occurrence waits for its run.
    pub occurred: Notify,
    pub versions: Versions,
    /// How audiences of runs are cut.
    pub partitions: Known,
    /// Rings when something has arrived for runs of journeys.
    pub journeys_rung: Notify,
    /// Rings when somebody asks for a preflight.
    pub preflights: Notify,
    pub journeys: Bells,
}

pub fn start(cx: Cx) -> BoxFuture<'static, anyhow::Result<OpenApiRouter>> {
    Box::pin(async move { Ok(assemble(cx).await?.1) })
}

/// The same, and what everything in it shares.
pub async fn assemble(cx: Cx) -> anyhow::Result<(Arc<App>, OpenApiRouter)> {
    let config = cx.config()?;
    let app = Arc::new(App {
        cx,
        config,
        runs: Runs::default(),
        timers: Arc::default(),
        occurred: Notify::new(),
        versions: Versions::default(),
        partitions: Known::default(),
        journeys_rung: Notify::new(),
        preflights: Notify::new(),
        journeys: Bells::default(),
    });
    queries::start(&app).await?;
    consumers::start(&app).await?;
    tasks::start(&app);
    let router = api::router().with_state(app.clone());
    Ok((app, router))
}

//! What the handlers share, and how the service starts.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use channels::webhook::Webhook;
use chassis::{Bus, Clock, Cx, Db};
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use crate::receipts::{self, Receipts};
use crate::{api, queries, tasks};

/// Calls with replies worked on at once; receipts have a queue of their own, so that no flood of them holds
/// a STOP up.
const REPLIES_AT_ONCE: usize = 256;

/// Settings of this service; each is explained in `defaults.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub max_text_chars: usize,
    pub webhooks: BTreeMap<String, Webhook>,
}

pub struct App {
    pub db: Db,
    pub bus: Bus,
    pub clock: Clock,
    pub config: Config,
    pub receipts: Receipts,
    pub replies: Semaphore,
    pub stopping: CancellationToken,
}

pub async fn start(cx: Cx) -> anyhow::Result<OpenApiRouter> {
    let config: Config = cx.config()?;
    for (name, webhook) in &config.webhooks {
        webhook
            .check()
            .with_context(|| format!("inbound.webhooks.{name} cannot be used"))?;
    }
    let (receipts, writing) = Receipts::new(cx.db.clone(), cx.bus.clone());
    let app = Arc::new(App {
        db: cx.db.clone(),
        bus: cx.urgent().bus,
        clock: cx.clock.clone(),
        config,
        receipts,
        replies: Semaphore::new(REPLIES_AT_ONCE),
        stopping: cx.stopping(),
    });
    let writing = receipts::until_stopped(writing, cx.stopping());
    cx.spawn("inbound receipts", writing);
    cx.spawn("inbound replies", tasks::bring_on(Arc::clone(&app)));
    queries::start(&cx.urgent(), &app).await?;
    Ok(api::router().with_state(app))
}

//! What the handlers share, and how the service starts.

use std::sync::Arc;

use chassis::{Bus, Clock, Cx, Db};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;

use crate::horizon::Horizon;
use crate::ledger::Ledger;
use crate::{api, consumers};

/// Settings of this service; each is explained in `defaults.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub batch: usize,
    pub receipts_linger_ms: u64,
    pub attribution_days: i64,
    pub receipts_for_hours: u32,
}

impl Config {
    pub const fn horizon(&self) -> Horizon {
        Horizon::of_hours(self.receipts_for_hours)
    }
}

pub struct App {
    pub db: Db,
    pub bus: Bus,
    pub clock: Clock,
    pub config: Config,
    pub ledger: Ledger,
}

pub async fn start(cx: Cx) -> anyhow::Result<OpenApiRouter> {
    let config: Config = cx.config()?;
    let ledger = Ledger::new(cx.db.clone(), cx.clock.clone(), config.horizon());
    let app = Arc::new(App {
        db: cx.db.clone(),
        bus: cx.bus.clone(),
        clock: cx.clock.clone(),
        config,
        ledger,
    });
    consumers::start(&cx, &app).await?;
    Ok(api::router().with_state(app))
}

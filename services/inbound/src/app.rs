//! What the handlers share, and how the service starts.

use std::sync::Arc;

use chassis::{Bus, Clock, Cx, Db};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;

use crate::{api, queries};

/// Settings of this service; each is explained in `defaults.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub max_text_chars: usize,
}

pub struct App {
    pub db: Db,
    pub bus: Bus,
    pub clock: Clock,
    pub config: Config,
}

pub async fn start(cx: Cx) -> anyhow::Result<OpenApiRouter> {
    let app = Arc::new(App {
        db: cx.db.clone(),
        bus: cx.urgent().bus,
        clock: cx.clock.clone(),
        config: cx.config()?,
    });
    queries::start(&cx.urgent(), &app).await?;
    Ok(api::router().with_state(app))
}

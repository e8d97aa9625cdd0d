//! How the service starts.

use std::sync::Arc;

use chassis::{Cx, Service};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::{api, db, queries};

pub const SERVICE: Service = Service {
    name: "accounts",
    migrations: db::MIGRATIONS,
    defaults: include_str!("defaults.toml"),
    start: |cx| Box::pin(start(cx)),
};

async fn start(cx: Cx) -> anyhow::Result<OpenApiRouter> {
    let app = Arc::new(App {
        db: cx.db.clone(),
        clock: cx.clock.clone(),
    });
    cx.answer(app.clone(), queries::verify_key::handle).await?;
    Ok(api::router(app))
}

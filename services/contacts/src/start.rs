//! How the service starts.

use std::sync::Arc;

use anyhow::Context;
use chassis::{Cx, Service};
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::follow::Follower;
use crate::{api, consumers, db, queries, tasks};

/// Commands worked on in one transaction.
const COMMANDS_AT_ONCE: usize = 64;

pub const SERVICE: Service = Service {
    name: "contacts",
    migrations: db::MIGRATIONS,
    defaults: include_str!("defaults.toml"),
    start: |cx| Box::pin(start(cx)),
};

async fn start(cx: Cx) -> anyhow::Result<OpenApiRouter> {
    let imports = cx.data_dir.join("imports");
    std::fs::create_dir_all(&imports)
        .with_context(|| format!("cannot create {}", imports.display()))?;
    let app = Arc::new(App {
        db: cx.db.clone(),
        lookups: cx.urgent().db,
        bus: cx.bus.clone(),
        clock: cx.clock.clone(),
        config: cx.config()?,
        imports,
        import_queued: Notify::new(),
        follower: Follower::new(cx.db.engine(), cx.bus.clone()),
        segment_defined: Notify::new(),
    });
    tasks::sweep_uploads::sweep(&app)
        .await
        .context("cannot remove old uploads")?;
    cx.answer(app.clone(), queries::page_audience::handle)
        .await?;
    cx.answer(app.clone(), queries::load_recipients::handle)
        .await?;
    cx.answer(app.clone(), queries::list_fields::handle).await?;
    cx.answer(app.clone(), queries::find_contacts::handle)
        .await?;
    // Asked while a carrier waits for our word on a reply.
    cx.urgent()
        .answer(app.clone(), queries::find_by_phone::handle)
        .await?;
    cx.consume_batch(
        consumers::update_contacts::DURABLE,
        COMMANDS_AT_ONCE,
        app.clone(),
        consumers::update_contacts::handle,
    )
    .await?;
    cx.spawn(
        "imports",
        tasks::run_imports::run(app.clone(), cx.stopping()),
    );
    cx.spawn(
        "segments",
        tasks::walk_segments::run(app.clone(), cx.stopping()),
    );
    Ok(api::router(app))
}

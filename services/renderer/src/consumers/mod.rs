//! One file per durable consumer.

mod render_chunk;

use std::sync::Arc;

use chassis::Cx;

use crate::app::App;

pub async fn start(cx: &Cx, app: &Arc<App>) -> anyhow::Result<()> {
    cx.consume(
        "renderer__render_chunk",
        app.config.concurrency,
        Arc::clone(app),
        render_chunk::handle,
    )
    .await
}

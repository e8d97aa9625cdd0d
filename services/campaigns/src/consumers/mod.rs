//! What this service hears. One file per durable.

mod chunk_rendered;
mod chunk_screened;
mod hand_overs_recorded;
mod receipts_recorded;
mod texts_accepted;

use std::sync::Arc;

use crate::app::App;

pub async fn start(app: &Arc<App>) -> anyhow::Result<()> {
    let (cx, max) = (&app.cx, app.config.batch);
    cx.consume_batch(
        "campaigns__chunk_screened",
        max,
        app.clone(),
        chunk_screened::handle,
    )
    .await?;
    cx.consume_batch(
        "campaigns__chunk_rendered",
        max,
        app.clone(),
        chunk_rendered::handle,
    )
    .await?;
    cx.consume_batch(
        "campaigns__hand_overs_recorded",
        max,
        app.clone(),
        hand_overs_recorded::handle,
    )
    .await?;
    cx.consume_batch(
        "campaigns__receipts_recorded",
        max,
        app.clone(),
        receipts_recorded::handle,
    )
    .await?;
    cx.consume_batch(
        "campaigns__texts_accepted",
        max,
        app.clone(),
        texts_accepted::handle,
    )
    .await?;
    Ok(())
}

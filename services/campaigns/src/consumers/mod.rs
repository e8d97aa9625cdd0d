//! What this service hears. One file per durable.

mod bring_back;
mod chunk_rendered;
mod chunk_screened;
mod hand_overs_recorded;
mod link_clicked;
mod message_received;
mod opt_out_recorded;
mod receipts_recorded;
mod texts_accepted;
mod unknown_settled;
mod variant_replies;

use std::sync::Arc;

use crate::app::App;

/// Replies worked on side by side; each asks others.
const REPLIES_AT_ONCE: usize = 8;

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
        "campaigns__unknown_settled",
        max,
        app.clone(),
        unknown_settled::handle,
    )
    .await?;
    cx.consume("campaigns__bring_back", 1, app.clone(), bring_back::handle)
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
    cx.consume(
        "campaigns__message_received",
        REPLIES_AT_ONCE,
        app.clone(),
        message_received::handle,
    )
    .await?;
    variants(app).await
}

/// What winners are looked for by.
async fn variants(app: &Arc<App>) -> anyhow::Result<()> {
    let (cx, max) = (&app.cx, app.config.batch);
    cx.consume_batch(
        "campaigns__link_clicked",
        max,
        app.clone(),
        link_clicked::handle,
    )
    .await?;
    cx.consume_batch(
        "campaigns__opt_out_recorded",
        max,
        app.clone(),
        opt_out_recorded::handle,
    )
    .await?;
    cx.consume(
        "campaigns__variant_replies",
        REPLIES_AT_ONCE,
        app.clone(),
        variant_replies::handle,
    )
    .await?;
    Ok(())
}

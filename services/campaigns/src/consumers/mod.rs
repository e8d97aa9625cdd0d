//! What this service hears. One file per durable.

mod bring_back;
mod chunk_rendered;
mod chunk_screened;
mod contact_deleted;
mod envelope_opt_outs;
mod hand_overs_recorded;
mod journey_clicks;
mod journey_opt_outs;
mod message_received;
mod receipts_recorded;
mod segment_members;
mod texts_accepted;
mod unknown_settled;
mod variant_clicks;
mod variant_opt_outs;
mod variant_replies;

use std::sync::Arc;

use crate::app::App;

/// Replies worked on side by side; each asks others.
const REPLIES_AT_ONCE: usize = 8;
/// Events of segments in one batch: each may tell of a thousand people.
const SEGMENT_MOVES: usize = 4;

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
        "campaigns__envelope_opt_outs",
        max,
        app.clone(),
        envelope_opt_outs::handle,
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
    cx.consume_batch(
        "campaigns__journey_opt_outs",
        max,
        app.clone(),
        journey_opt_outs::handle,
    )
    .await?;
    cx.consume_batch(
        "campaigns__journey_clicks",
        max,
        app.clone(),
        journey_clicks::handle,
    )
    .await?;
    cx.consume_batch(
        "campaigns__segment_members",
        SEGMENT_MOVES,
        app.clone(),
        segment_members::handle,
    )
    .await?;
    cx.consume_batch(
        "campaigns__contact_deleted",
        max,
        app.clone(),
        contact_deleted::handle,
    )
    .await?;
    variants(app).await
}

/// What winners are looked for by.
async fn variants(app: &Arc<App>) -> anyhow::Result<()> {
    let (cx, max) = (&app.cx, app.config.batch);
    cx.consume_batch(
        "campaigns__variant_clicks",
        max,
        app.clone(),
        variant_clicks::handle,
    )
    .await?;
    cx.consume_batch(
        "campaigns__variant_opt_outs",
        max,
        app.clone(),
        variant_opt_outs::handle,
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

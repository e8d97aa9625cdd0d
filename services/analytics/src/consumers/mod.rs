//! One file per durable consumer. Each batch is one write.

mod chunk_rendered;
mod chunk_screened;
mod chunk_settled;
mod hand_overs_recorded;
mod message_received;
mod opt_ins_recorded;
mod opt_out_confirmed;
mod opt_out_recorded;
mod receipts_recorded;
mod run_closed;
mod run_started;
mod texts_routed;

use std::sync::Arc;
use std::time::Duration;

use chassis::Cx;

use crate::app::App;

pub async fn start(cx: &Cx, app: &Arc<App>) -> anyhow::Result<()> {
    let max = app.config.batch;
    let linger = Duration::from_millis(app.config.receipts_linger_ms);
    let app = || Arc::clone(app);
    cx.consume_batch("analytics__run_started", max, app(), run_started::handle)
        .await?;
    cx.consume_batch("analytics__texts_routed", max, app(), texts_routed::handle)
        .await?;
    cx.consume_batch("analytics__run_closed", max, app(), run_closed::handle)
        .await?;
    cx.consume_batch(
        "analytics__chunk_settled",
        max,
        app(),
        chunk_settled::handle,
    )
    .await?;
    cx.consume_batch(
        "analytics__chunk_screened",
        max,
        app(),
        chunk_screened::handle,
    )
    .await?;
    cx.consume_batch(
        "analytics__chunk_rendered",
        max,
        app(),
        chunk_rendered::handle,
    )
    .await?;
    cx.consume_batch(
        "analytics__hand_overs_recorded",
        max,
        app(),
        hand_overs_recorded::handle,
    )
    .await?;
    cx.consume_gathered(
        "analytics__receipts_recorded",
        max,
        linger,
        app(),
        receipts_recorded::handle,
    )
    .await?;
    cx.consume_batch(
        "analytics__message_received",
        max,
        app(),
        message_received::handle,
    )
    .await?;
    cx.consume_batch(
        "analytics__opt_out_recorded",
        max,
        app(),
        opt_out_recorded::handle,
    )
    .await?;
    cx.consume_batch(
        "analytics__opt_out_confirmed",
        max,
        app(),
        opt_out_confirmed::handle,
    )
    .await?;
    cx.consume_batch(
        "analytics__opt_ins_recorded",
        max,
        app(),
        opt_ins_recorded::handle,
    )
    .await
}

//! `qry.consent.close_permits`: outcomes are durable at the dispatcher; opt-outs need not wait for them.

use std::sync::Arc;

use contract::Envelope;
use contract::consent::{ClosePermits, PermitsClosed};

use crate::app::App;
use crate::db::{self};

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<ClosePermits>,
) -> anyhow::Result<PermitsClosed> {
    let (engine, body) = (app.engine(), envelope.body);
    let epoch = i64::try_from(body.epoch)?;
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            db::open_slot::close(tx, engine, &body.dispatcher, epoch, &body.slots).await
        })
    });
    write.await?;
    app.permits_closed();
    Ok(PermitsClosed {})
}

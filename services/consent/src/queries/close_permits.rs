//! `qry.consent.close_permits`: outcomes are durable at the dispatcher; opt-outs need not wait for them.
//! Permits that come back unused are taken back in the same transaction.

use std::sync::Arc;

use contract::Envelope;
use contract::consent::{ClosePermits, PermitsClosed};

use crate::app::App;
use crate::db::{self};
use crate::take_back::take_back;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<ClosePermits>,
) -> anyhow::Result<PermitsClosed> {
    let (engine, body) = (app.engine(), envelope.body);
    let epoch = i64::try_from(body.epoch)?;
    let now = app.cx.clock.millis().0;
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let holder = (body.dispatcher.as_str(), epoch);
            let taken = take_back(tx, engine, holder, &body.returned, now).await?;
            db::open_slot::close(tx, engine, &body.dispatcher, epoch, &body.slots).await?;
            Ok(taken)
        })
    });
    for one in write.await? {
        let phone = std::iter::once(one.phone);
        app.counts.release(one.tenant, phone, one.about);
    }
    app.permits_closed();
    Ok(PermitsClosed {})
}

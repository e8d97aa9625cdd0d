//! `dispatch__recheck_texts`: texts whose gate was shut while they waited. They meet it at once, so that what is
//! known of them does not wait for the instant they were held until.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::texts::RecheckTexts;

use crate::app::App;
use crate::db::flow_text;

pub const DURABLE: &str = "dispatch__recheck_texts";

pub async fn handle(app: Arc<App>, envelope: Envelope<RecheckTexts>) -> Result<(), Failure> {
    let (tenant, RecheckTexts { messages }) = (envelope.tenant, envelope.body);
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis().0);
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { flow_text::due_now(engine, tx, tenant, &messages, now).await })
    });
    Ok(write.await?)
}

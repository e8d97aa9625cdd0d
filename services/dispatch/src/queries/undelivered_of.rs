//! Which texts of a run were taken and not delivered.

use std::sync::Arc;

use contract::Envelope;
use contract::dispatch::{UndeliveredFound, UndeliveredOf};

use crate::app::App;
use crate::db::states;

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<UndeliveredOf>,
) -> anyhow::Result<UndeliveredFound> {
    let UndeliveredOf { run, first, last } = envelope.body;
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    let chunks = states::undelivered(engine, db, envelope.tenant, run, (first, last)).await?;
    Ok(UndeliveredFound { chunks })
}

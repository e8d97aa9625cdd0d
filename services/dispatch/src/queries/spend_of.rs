//! What the texts of a run have cost.

use std::sync::Arc;

use contract::Envelope;
use contract::dispatch::{SpendFound, SpendOf};

use crate::app::App;
use crate::money::db::spend;

pub async fn handle(app: Arc<App>, envelope: Envelope<SpendOf>) -> anyhow::Result<SpendFound> {
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    let amounts = spend::of_run(engine, db, envelope.tenant, envelope.body.run).await?;
    Ok(SpendFound { amounts })
}

//! `analytics__run_started`: runs began.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::campaigns::RunStarted;

use crate::app::App;
use crate::db::runs;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<RunStarted>>) -> Result<(), Failure> {
    let engine = app.db.engine();
    let write = app.db.write(move |tx| {
        Box::pin(async move {
            for envelope in &batch {
                runs::started(tx, engine, envelope.tenant, &envelope.body).await?;
            }
            Ok(())
        })
    });
    Ok(write.await?)
}

//! `analytics__run_closed`: runs ended.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::campaigns::RunClosed;

use crate::app::App;
use crate::db::runs;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<RunClosed>>) -> Result<(), Failure> {
    let engine = app.db.engine();
    let write = app.db.write(move |tx| {
        Box::pin(async move {
            for envelope in &batch {
                runs::closed(tx, engine, envelope.tenant, &envelope.body).await?;
            }
            Ok(())
        })
    });
    Ok(write.await?)
}

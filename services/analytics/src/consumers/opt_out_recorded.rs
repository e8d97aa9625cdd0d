//! `analytics__opt_out_recorded`: people opted out.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::consent::OptOutRecorded;

use crate::app::App;
use crate::db::people;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<OptOutRecorded>>) -> Result<(), Failure> {
    let engine = app.db.engine();
    Ok(app
        .db
        .write(move |tx| Box::pin(async move { people::put_opt_outs(tx, engine, &batch).await }))
        .await?)
}

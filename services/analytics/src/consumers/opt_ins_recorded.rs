//! `analytics__opt_ins_recorded`: people opted in.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::consent::OptInsRecorded;

use crate::app::App;
use crate::db::people;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<OptInsRecorded>>) -> Result<(), Failure> {
    let engine = app.db.engine();
    Ok(app
        .db
        .write(move |tx| Box::pin(async move { people::put_opt_ins(tx, engine, &batch).await }))
        .await?)
}

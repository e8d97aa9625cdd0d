//! `analytics__opt_out_confirmed`: opt-outs took full effect.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::consent::OptOutConfirmed;

use crate::app::App;
use crate::db::people;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<OptOutConfirmed>>) -> Result<(), Failure> {
    let engine = app.db.engine();
    Ok(app
        .db
        .write(move |tx| {
            Box::pin(async move { people::put_confirmations(tx, engine, &batch).await })
        })
        .await?)
}

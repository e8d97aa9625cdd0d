//! `analytics__message_received`: people texted back.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::inbound::MessageReceived;

use crate::app::App;
use crate::db::people;

pub async fn handle(app: Arc<App>, batch: Vec<Envelope<MessageReceived>>) -> Result<(), Failure> {
    let engine = app.db.engine();
    Ok(app
        .db
        .write(move |tx| Box::pin(async move { people::put_replies(tx, engine, &batch).await }))
        .await?)
}

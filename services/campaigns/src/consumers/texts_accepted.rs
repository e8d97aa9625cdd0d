//! Texts that dispatch has made its own.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::texts::TextsAccepted;

use crate::app::App;
use crate::texts::outcomes;

pub async fn handle(app: Arc<App>, events: Vec<Envelope<TextsAccepted>>) -> Result<(), Failure> {
    let batch = events
        .into_iter()
        .map(|event| (event.tenant, event.body.messages, event.body.at));
    Ok(outcomes::accepted(&app, batch.collect()).await?)
}

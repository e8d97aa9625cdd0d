//! Links that people followed, where a winner is looked for by them.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::inbound::LinkClicked;

use crate::app::App;
use crate::variants;

pub async fn handle(app: Arc<App>, events: Vec<Envelope<LinkClicked>>) -> Result<(), Failure> {
    variants::clicks(&app, events).await
}

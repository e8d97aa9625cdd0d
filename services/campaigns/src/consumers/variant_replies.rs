//! What people text back, where a winner is looked for by it.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::inbound::MessageReceived;

use crate::app::App;
use crate::variants;

pub async fn handle(app: Arc<App>, event: Envelope<MessageReceived>) -> Result<(), Failure> {
    variants::reply(&app, event).await
}

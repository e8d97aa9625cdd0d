//! People who opted out, where a winner is looked for by them.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::consent::OptOutRecorded;

use crate::app::App;
use crate::variants;

pub async fn handle(app: Arc<App>, events: Vec<Envelope<OptOutRecorded>>) -> Result<(), Failure> {
    variants::opt_outs(&app, events).await
}

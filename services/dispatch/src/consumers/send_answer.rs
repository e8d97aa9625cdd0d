//! `dispatch__send_answer`: answers to STOP and HELP, past everything that waits.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::dispatch::{SendAnswer, SendChunk};

use super::send_chunk;
use crate::app::App;

pub const DURABLE: &str = "dispatch__send_answer";

/// As a chunk of its own; [`crate::hand_over`] lets its class pass the pace.
pub async fn handle(app: Arc<App>, envelope: Envelope<SendAnswer>) -> Result<(), Failure> {
    let SendAnswer { head, texts } = envelope.body;
    let (id, tenant, at, trace) = (envelope.id, envelope.tenant, envelope.at, envelope.trace);
    let body = SendChunk { head, texts };
    let chunk = Envelope {
        id,
        tenant,
        at,
        trace,
        body,
    };
    send_chunk::handle(app, chunk).await
}

//! `dispatch__send_urgent_chunk`: chunks that people wait for, past those of marketing that lie in the stream.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::dispatch::{SendChunk, SendUrgentChunk};

use super::send_chunk;
use crate::app::App;

pub const DURABLE: &str = "dispatch__send_urgent_chunk";

/// A chunk like any other; [`crate::traffic`] puts its class ahead.
pub async fn handle(app: Arc<App>, envelope: Envelope<SendUrgentChunk>) -> Result<(), Failure> {
    let SendUrgentChunk { head, texts } = envelope.body;
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

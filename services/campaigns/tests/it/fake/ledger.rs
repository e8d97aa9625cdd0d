//! Dispatch, as far as it is asked what it has written down.

use std::sync::Arc;

use chassis::Cx;
use contract::Envelope;
use contract::dispatch::{
    SpendFound, SpendOf, Spent, UndeliveredChunk, UndeliveredFound, UndeliveredOf,
};

use super::world;

pub async fn spend_of(_: Arc<Cx>, question: Envelope<SpendOf>) -> anyhow::Result<SpendFound> {
    let spent = Spent {
        currency: "EUR".into(),
        micros: world(question.tenant).spend_micros,
    };
    Ok(SpendFound {
        amounts: vec![spent],
    })
}

pub async fn undelivered_of(
    _: Arc<Cx>,
    question: Envelope<UndeliveredOf>,
) -> anyhow::Result<UndeliveredFound> {
    let chunk = UndeliveredChunk {
        chunk: 0,
        positions: world(question.tenant).undelivered.clone(),
    };
    Ok(UndeliveredFound {
        chunks: vec![chunk],
    })
}

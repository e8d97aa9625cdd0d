//! `dispatch__send_chunk`: hands the texts of a chunk to the carriers that take them.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::chunk::{Outcome, SlotRef, Text};
use contract::dispatch::SendChunk;
use contract::reason::Reason;
use futures::StreamExt;

use crate::app::App;
use crate::hand_over::{Chunk, piece};
use crate::legs::{self, Leg, Legs};
use crate::outcomes::Outcomes;
use crate::slots::{self, SlotTexts};
use crate::traffic::line;

pub const DURABLE: &str = "dispatch__send_chunk";

/// Slots of one chunk worked on at once: all of them.
pub const SLOTS_AT_ONCE: usize = 8;

/// Acknowledged when the outcome of every text is durable. Runs twice without harm: permits are granted once.
pub async fn handle(app: Arc<App>, envelope: Envelope<SendChunk>) -> Result<(), Failure> {
    let (tenant, SendChunk { mut head, texts }) = (envelope.tenant, envelope.body);
    let moved = app
        .traffic
        .sender_for((tenant, head.mode), head.campaign, &head.sender);
    head.sender = moved.unwrap_or(head.sender);
    let slots = slots::cut(head.run, head.chunk, texts);
    let chunk = Chunk {
        app: &app,
        tenant,
        head: &head,
    };
    // Every slot runs to its end, whatever happens to the others: permits may be in its hands.
    let results: Vec<_> = futures::stream::iter(slots.into_iter().map(|texts| slot(&chunk, texts)))
        .buffer_unordered(SLOTS_AT_ONCE)
        .collect()
        .await;
    results.into_iter().collect()
}

/// The pieces of a slot one after the other: closing a slot's permits closes all that are open.
async fn slot(chunk: &Chunk<'_>, SlotTexts { slot, texts }: SlotTexts) -> Result<(), Failure> {
    let head = chunk.head;
    let whose = (chunk.tenant, head.mode, head.campaign);
    let mut arriving = Some(chunk.app.traffic.arrive(whose, slot, &texts));
    let _held = chunk.app.in_hand.hold(slot).await;
    let hand = chunk.app.hands.take(chunk.head).await;
    let mut hand = hand.map_err(anyhow::Error::from)?;
    let Legs { legs, stranded } = legs::of(chunk, texts).await?;
    if !stranded.is_empty() {
        no_route(chunk, slot, &stranded).await?;
    }
    for Leg { way, texts } in legs {
        let (texts, mut begun) = line::begin(chunk, &way, slot, texts).await?;
        drop(arriving.take());
        if begun.largest.is_some() {
            // What waits for its pace is bounded by the pace, and must not be in the way of what does not.
            hand = None;
        }
        for texts in slots::pieces(texts, begun.largest) {
            let segments = texts
                .iter()
                .map(|text| u32::from(text.segments.max(1)))
                .sum();
            piece(chunk, &way, slot, texts).await?;
            begun.lined.less(segments);
        }
    }
    drop(hand);
    Ok(())
}

async fn no_route(chunk: &Chunk<'_>, slot: SlotRef, texts: &[Text]) -> Result<(), Failure> {
    let app = chunk.app;
    let mut outcomes = Outcomes::new(slot, chunk.head.campaign, texts);
    outcomes.all(Outcome::Failed, &Reason::NO_ROUTE);
    if let Some(outcome) = outcomes.finish(app.cx.clock.millis(), false) {
        app.recorder.settle(chunk.tenant, outcome, false).await?;
    }
    Ok(())
}

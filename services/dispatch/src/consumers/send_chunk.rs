//! `dispatch__send_chunk`: hands the texts of a chunk to the carrier that its mode allows.

use std::sync::Arc;

use chassis::Failure;
use contract::Envelope;
use contract::chunk::Outcome;
use contract::dispatch::SendChunk;
use contract::reason::Reason;
use futures::StreamExt;

use crate::app::App;
use crate::hand_over::{Chunk, piece};
use crate::lanes::LaneKey;
use crate::outcomes::Outcomes;
use crate::slots::{self, SlotTexts};

pub const DURABLE: &str = "dispatch__send_chunk";

/// Slots of one chunk worked on at once: all of them.
const SLOTS_AT_ONCE: usize = 8;

/// Acknowledged when the outcome of every text is durable. Runs twice without harm: permits are granted once.
pub async fn handle(app: Arc<App>, envelope: Envelope<SendChunk>) -> Result<(), Failure> {
    let (tenant, SendChunk { head, texts }) = (envelope.tenant, envelope.body);
    let _held = app.in_hand.hold(head.run, head.chunk).await;
    let Some(link) = app
        .links
        .route(head.mode)
        .and_then(|link| app.links.get(link))
    else {
        return no_route(
            &app,
            tenant,
            slots::cut(head.run, head.chunk, texts, None),
            head.campaign,
        )
        .await;
    };
    app.senders
        .learn(&app.cx.db, &app.cx.clock, &head.sender, head.mode, tenant)
        .await?;
    let lane = app.lanes.lane(LaneKey {
        tenant,
        mode: head.mode,
        sender: head.sender.clone(),
    });
    let slots = slots::cut(head.run, head.chunk, texts, lane.largest_piece());
    let chunk = Chunk {
        app: &app,
        tenant,
        head: &head,
        link,
        lane,
    };
    // Every slot runs to its end, whatever happens to the others: permits may be in its hands.
    let results: Vec<_> = futures::stream::iter(slots.into_iter().map(|texts| slot(&chunk, texts)))
        .buffer_unordered(SLOTS_AT_ONCE)
        .collect()
        .await;
    results.into_iter().collect()
}

/// The pieces of a slot one after the other: closing a slot's permits closes all that are open.
async fn slot(chunk: &Chunk<'_>, texts: SlotTexts) -> Result<(), Failure> {
    for texts_of_piece in texts.pieces {
        piece(chunk, texts.slot, texts_of_piece).await?;
    }
    Ok(())
}

async fn no_route(
    app: &App,
    tenant: contract::TenantId,
    slots: Vec<SlotTexts>,
    campaign: contract::CampaignId,
) -> Result<(), Failure> {
    for SlotTexts { slot, pieces } in slots {
        let mut outcomes = Outcomes::new(slot, campaign, &pieces.concat());
        outcomes.all(Outcome::Failed, &Reason::NO_ROUTE);
        if let Some(outcome) = outcomes.finish(app.cx.clock.millis(), false) {
            app.recorder.settle(tenant, outcome, false).await?;
        }
    }
    Ok(())
}

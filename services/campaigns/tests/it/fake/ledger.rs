//! Dispatch, as far as it is asked what it has written down.

use std::sync::Arc;

use chassis::Cx;
use contract::chunk::{Encoding, Outcome, SlotRef};
use contract::dispatch::{
    HandOver, HandOversRecorded, SlotOutcome, SpendFound, SpendOf, Spent, UndeliveredChunk,
    UndeliveredFound, UndeliveredOf,
};
use contract::{CampaignId, DecisionId, Envelope, Reason, RunId, UnixMillis};

use super::{contact, world};

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

/// A hand-over of one position of a run's first chunk.
pub fn late_hand_over(run: RunId, campaign: CampaignId, position: u16) -> HandOversRecorded {
    let item = HandOver {
        position,
        contact: contact(u32::from(position)),
        decision: DecisionId::from_raw(1),
        outcome: Outcome::HandedOver,
        reason: Reason::OK,
        until: None,
        segments: 1,
        encoding: Encoding::Gsm7,
        provider_message_id: String::new(),
    };
    let slot = SlotRef {
        run,
        chunk: 0,
        slot: 0,
    };
    let outcome = SlotOutcome {
        slot,
        campaign,
        provider: String::new(),
        at: UnixMillis(0),
        items: vec![item],
    };
    HandOversRecorded {
        slots: vec![outcome],
    }
}

/// Says what became of a text of a flow.
pub async fn report_text(kit: &testkit::Kit, message: contract::MessageId, outcome: Outcome) {
    let mut event = late_hand_over(message.run(), CampaignId::from_raw(0), 0);
    event.slots[0].items[0].outcome = outcome;
    kit.bus.publish(kit.tenant, &event).await.unwrap();
}

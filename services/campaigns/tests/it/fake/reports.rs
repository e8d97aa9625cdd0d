//! What the others report of single texts.

use contract::chunk::{Encoding, Outcome, SlotRef};
use contract::dispatch::{HandOver, HandOversRecorded, SlotOutcome};
use contract::{CampaignId, ContactId, DecisionId, MessageId, Reason, RunId, UnixMillis};

use super::contact;

/// The outcome of one text of a flow.
pub fn slot_of(
    message: MessageId,
    contact: ContactId,
    outcome: Outcome,
    reason: Reason,
) -> SlotOutcome {
    let item = HandOver {
        position: 0,
        contact,
        decision: DecisionId::from_raw(1),
        outcome,
        reason,
        until: None,
        segments: 1,
        encoding: Encoding::Gsm7,
        provider_message_id: String::new(),
    };
    SlotOutcome {
        slot: SlotRef {
            run: message.run(),
            chunk: 0,
            slot: 0,
        },
        campaign: CampaignId::from_raw(0),
        provider: String::new(),
        at: UnixMillis(1),
        items: vec![item],
    }
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

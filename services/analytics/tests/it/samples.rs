//! Events as dispatch and its neighbours say them.

use contract::chunk::{Encoding, Outcome, OutcomeGroup, SlotRef};
use contract::dispatch::{HandOver, HandOversRecorded, Receipt, ReceiptsRecorded, SlotOutcome};
use contract::{CampaignId, ContactId, DecisionId, MessageId, Reason, RunId, UnixMillis};

pub const CAMPAIGN: CampaignId = CampaignId::from_raw(5);
pub const START: i64 = 1_781_103_600_000;

pub fn contact(position: u16) -> ContactId {
    ContactId::from_raw(1_000 + u128::from(position))
}

pub fn decision(position: u16) -> DecisionId {
    DecisionId::from_raw(2_000 + u128::from(position % 3))
}

pub fn hand_overs(run: RunId, at: i64, items: &[(u16, Outcome)]) -> HandOversRecorded {
    let item = |&(position, outcome): &(u16, Outcome)| HandOver {
        position,
        contact: contact(position),
        decision: decision(position),
        outcome,
        reason: if outcome == Outcome::HandedOver {
            Reason::OK
        } else {
            Reason::CARRIER_REJECTED
        },
        until: None,
        segments: 1 + u8::try_from(position % 3).unwrap(),
        encoding: Encoding::Gsm7,
        provider_message_id: format!("p{position}"),
    };
    let slot = SlotOutcome {
        slot: SlotRef {
            run,
            chunk: 0,
            slot: 0,
        },
        campaign: CAMPAIGN,
        provider: "simulator".into(),
        at: UnixMillis(at),
        items: items.iter().map(item).collect(),
    };
    HandOversRecorded { slots: vec![slot] }
}

pub fn receipts(run: RunId, at: i64, items: &[(u16, Outcome)]) -> ReceiptsRecorded {
    let item = |&(position, outcome): &(u16, Outcome)| Receipt {
        message: MessageId::of(run, 0, position),
        outcome,
        reason: if outcome == Outcome::Delivered {
            Reason::OK
        } else {
            Reason::UNDELIVERABLE
        },
        at: UnixMillis(at),
    };
    ReceiptsRecorded {
        items: items.iter().map(item).collect(),
    }
}

pub fn suppressed(positions: &[u16], reason: Reason) -> OutcomeGroup {
    OutcomeGroup {
        outcome: Outcome::Suppressed,
        reason,
        until: None,
        positions: positions.to_vec(),
        contacts: positions
            .iter()
            .map(|position| contact(*position))
            .collect(),
        decisions: positions
            .iter()
            .map(|position| decision(*position))
            .collect(),
    }
}

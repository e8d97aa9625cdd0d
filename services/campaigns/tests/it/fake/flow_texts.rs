//! Dispatch, as far as it takes single texts of flows.

use std::sync::Arc;

use chassis::{Cx, Failure};
use contract::chunk::Outcome;
use contract::dispatch::{HandOversRecorded, Receipt, ReceiptsRecorded};
use contract::texts::{AcceptTexts, RecheckTexts, TextsAccepted};
use contract::{Envelope, Reason};

use super::{number, slot_of, world};

/// Plays dispatch: accepts, and has every text that is not cancelled handed over and delivered. Twice, where the
/// world stutters.
pub async fn accept_texts(cx: Arc<Cx>, command: Envelope<AcceptTexts>) -> Result<(), Failure> {
    let (tenant, AcceptTexts { texts }) = (command.tenant, command.body);
    let (at, messages) = (
        cx.clock.millis(),
        texts.iter().map(|text| text.message).collect::<Vec<_>>(),
    );
    let (waits, stutters, cancelled, opted_out) = {
        let mut world = world(tenant);
        if world.deaf {
            return Ok(());
        }
        for text in &texts {
            let times = world.offered.entry(text.message).or_default();
            *times += 1;
            if *times == 1 {
                world.flow_texts.push(text.clone());
            }
        }
        (
            world.texts_wait,
            world.stutters,
            world.cancelled.clone(),
            world.opted_out.clone(),
        )
    };
    let accepted = TextsAccepted {
        messages: messages.clone(),
        at,
    };
    cx.bus.publish(tenant, &accepted).await?;
    if waits {
        return Ok(());
    }
    let (mut slots, mut items) = (Vec::new(), Vec::new());
    for text in &texts {
        let cancelled = cancelled.get(&text.message.run());
        let suppressed = opted_out.contains(&number(text.contact));
        let (outcome, reason) = match cancelled {
            Some(reason) => (Outcome::Cancelled, reason.clone()),
            None if suppressed => (Outcome::Suppressed, Reason::OPTED_OUT_GLOBAL),
            None => (Outcome::HandedOver, Reason::OK),
        };
        slots.push(slot_of(text.message, text.contact, outcome, reason));
        if outcome == Outcome::HandedOver {
            items.push(Receipt {
                message: text.message,
                outcome: Outcome::Delivered,
                reason: Reason::OK,
                at,
            });
        }
    }
    for _ in 0..if stutters { 2 } else { 1 } {
        let hand_overs = HandOversRecorded {
            slots: slots.clone(),
        };
        cx.bus.publish(tenant, &hand_overs).await?;
        let receipts = ReceiptsRecorded {
            items: items.clone(),
        };
        cx.bus.publish(tenant, &receipts).await?;
    }
    Ok(())
}

pub async fn recheck_texts(_: Arc<Cx>, command: Envelope<RecheckTexts>) -> Result<(), Failure> {
    let mut world = world(command.tenant);
    world.rechecked.extend(command.body.messages);
    Ok(())
}

//! Consent, renderer and dispatch, as far as a chunk goes through them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Cx, Failure};
use contract::chunk::{ChunkHead, Encoding, Outcome, OutcomeGroup, Recipient, SLOT_SIZE, SlotRef};
use contract::consent::{ChunkScreened, Gate, ScreenChunk};
use contract::dispatch::{HandOver, HandOversRecorded, SlotOutcome};
use contract::renderer::ChunkRendered;
use contract::{DecisionId, Envelope, MessageId, Reason, UnixMillis};

use super::{Released, number, world};

/// Plays consent, renderer and dispatch: of every ten positions the first is suppressed, the second
/// fails to render, the others are handed over, or held where the world says so.
pub async fn screen_chunk(cx: Arc<Cx>, command: Envelope<ScreenChunk>) -> Result<(), Failure> {
    let (tenant, ScreenChunk { head, recipients }) = (command.tenant, command.body);
    let takes = world(tenant).chunk_takes;
    tokio::time::sleep(Duration::from_millis(takes)).await;
    let now = cx.clock.millis();
    let (stutters, screened, rendered, handed) = {
        let mut world = world(tenant);
        world.sent_off.push((head.released_at, recipients.len()));
        for recipient in &recipients {
            *world.released.entry(number(recipient.contact)).or_default() += 1;
            let released = Released {
                message: MessageId::of(head.run, head.chunk, recipient.position),
                template: head.template,
                at: now,
                valid_until: head.valid_until,
            };
            world.heads.insert(number(recipient.contact), released);
        }
        if world.deaf {
            return Ok(());
        }
        let gate = world.gates.get(&head.run).copied().unwrap_or(Gate::Open);
        let quiet = world.quiet_until.filter(|until| *until > now);
        let mut screened = Vec::new();
        let mut rendered = Vec::new();
        let mut handed = Vec::new();
        for recipient in &recipients {
            match recipient.position % 10 {
                0 => screened.push(group(
                    recipient,
                    Outcome::Suppressed,
                    Reason::NO_CONSENT,
                    None,
                )),
                1 => rendered.push(group(
                    recipient,
                    Outcome::Failed,
                    Reason::MERGE_FIELD_MISSING,
                    None,
                )),
                n if quiet.is_some() && n % 2 == 1 => {
                    screened.push(group(recipient, Outcome::Held, Reason::QUIET_HOURS, quiet));
                }
                _ => {
                    let first = *world.texts.get(&number(recipient.contact)).unwrap_or(&0) == 0;
                    let (outcome, reason) = match gate {
                        Gate::Open => (Outcome::HandedOver, Reason::OK),
                        Gate::Paused => (Outcome::Held, Reason::CAMPAIGN_PAUSED),
                        Gate::Cancelled => (Outcome::Cancelled, Reason::CAMPAIGN_CANCELLED),
                    };
                    if outcome == Outcome::HandedOver && first {
                        *world.texts.entry(number(recipient.contact)).or_default() += 1;
                    }
                    handed.push(hand_over(recipient, outcome, reason));
                }
            }
        }
        (
            world.stutters,
            screened,
            rendered,
            slots(&head, handed, now),
        )
    };
    let (run, campaign, chunk, at) = (head.run, head.campaign, head.chunk, now);
    for _ in 0..if stutters { 2 } else { 1 } {
        cx.bus
            .publish(
                tenant,
                &HandOversRecorded {
                    slots: handed.clone(),
                },
            )
            .await?;
        let groups = rendered.clone();
        cx.bus
            .publish(
                tenant,
                &ChunkRendered {
                    run,
                    campaign,
                    chunk,
                    at,
                    rendered: 0,
                    groups,
                },
            )
            .await?;
        let groups = screened.clone();
        cx.bus
            .publish(
                tenant,
                &ChunkScreened {
                    run,
                    campaign,
                    chunk,
                    at,
                    allowed: 0,
                    groups,
                },
            )
            .await?;
    }
    Ok(())
}

pub fn group(
    recipient: &Recipient,
    outcome: Outcome,
    reason: Reason,
    until: Option<UnixMillis>,
) -> OutcomeGroup {
    OutcomeGroup {
        outcome,
        reason,
        until,
        positions: vec![recipient.position],
        contacts: vec![recipient.contact],
        decisions: vec![DecisionId::from_raw(1)],
    }
}

fn hand_over(recipient: &Recipient, outcome: Outcome, reason: Reason) -> HandOver {
    HandOver {
        position: recipient.position,
        contact: recipient.contact,
        decision: DecisionId::from_raw(1),
        outcome,
        reason,
        until: None,
        segments: 1,
        encoding: Encoding::Gsm7,
        provider_message_id: String::new(),
    }
}

fn slots(head: &ChunkHead, items: Vec<HandOver>, at: UnixMillis) -> Vec<SlotOutcome> {
    let mut by_slot: BTreeMap<u8, Vec<HandOver>> = BTreeMap::new();
    for item in items {
        by_slot
            .entry(u8::try_from(usize::from(item.position) / SLOT_SIZE).unwrap())
            .or_default()
            .push(item);
    }
    let slot = |(slot, items)| SlotOutcome {
        slot: SlotRef {
            run: head.run,
            chunk: head.chunk,
            slot,
        },
        campaign: head.campaign,
        provider: "simulated".into(),
        at,
        items,
    };
    by_slot.into_iter().map(slot).collect()
}

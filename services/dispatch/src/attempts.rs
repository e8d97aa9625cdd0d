//! Turns hand-overs that surely sent nothing into attempts: their texts are held until they are tried again, and
//! their permits come back with the closing of the slot.

use std::time::Duration;

use channels::SubmitOutcome;
use contract::Reason;
use contract::chunk::SlotRef;

use crate::db::attempt::{self, Attempt};
use crate::hand_over::Chunk;
use crate::outcomes::Outcomes;
use crate::retry::{self, Verdict};
use crate::route::draw;

/// Waits between tries at reading what was tried before. Without it the outcomes could not be written either.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// A text that surely did not leave, though nothing is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub position: u16,
    pub provider: String,
    pub reason: Reason,
    /// In the carrier's own words; empty where it said nothing.
    pub code: String,
}

impl Left {
    /// `None` where another attempt would not help.
    pub fn of(position: u16, provider: &str, outcome: &SubmitOutcome) -> Option<Self> {
        if !retry::may_help(outcome) {
            return None;
        }
        let (reason, code) = match outcome {
            SubmitOutcome::NotSent { reason } => (reason.clone(), String::new()),
            SubmitOutcome::Rejected { reason, code, .. } => (reason.clone(), code.clone()),
            SubmitOutcome::Accepted { .. } | SubmitOutcome::Unknown => return None,
        };
        Some(Self {
            position,
            provider: provider.to_string(),
            reason,
            code,
        })
    }
}

/// Holds what is to be tried again; the attempts go into the commit of the outcomes. What was tried too often, or
/// would be too late, stays failed.
pub async fn hold(chunk: &Chunk<'_>, slot: SlotRef, outcomes: &mut Outcomes) -> Vec<Attempt> {
    let left = outcomes.take_left();
    if left.is_empty() || chunk.head.class.is_reply() {
        return Vec::new();
    }
    let Some(before) = tried_before(chunk, slot).await else {
        return Vec::new();
    };
    let (app, head, at) = (chunk.app, chunk.head, chunk.app.cx.clock.millis());
    let mut attempts = Vec::with_capacity(left.len());
    let (mut gave_up, mut expired) = (0_u64, 0_u64);
    for text in left {
        let number = before.get(&text.position).map_or(1, |(last, _)| last + 1);
        let attempt = retry::Attempt {
            number,
            at,
            class: head.class,
            valid_until: head.valid_until,
            jitter: jitter(slot, number),
        };
        let until = match retry::after(&app.config.retry, &attempt) {
            Verdict::RetryAt(until) => until,
            Verdict::GiveUp => {
                gave_up += 1;
                continue;
            }
            Verdict::Expired => {
                expired += 1;
                continue;
            }
        };
        let Some((contact, decision)) = outcomes.hold(text.position, until) else {
            continue;
        };
        attempts.push(Attempt {
            slot,
            position: text.position,
            number,
            tenant: chunk.tenant,
            campaign: head.campaign,
            contact,
            decision,
            at,
            until,
            provider: text.provider,
            reason: text.reason,
            code: text.code,
        });
    }
    metrics::counter!("dispatch_retries_total").increment(attempts.len() as u64);
    metrics::counter!("dispatch_retries_ended_total", "why" => "attempts").increment(gave_up);
    metrics::counter!("dispatch_retries_ended_total", "why" => "validity").increment(expired);
    attempts
}

/// Number of the last attempt by position; `None` if the table cannot be read until the service stops.
async fn tried_before(
    chunk: &Chunk<'_>,
    slot: SlotRef,
) -> Option<std::collections::BTreeMap<u16, (u32, bool)>> {
    let (db, stopping) = (&chunk.app.cx.db, chunk.app.cx.stopping());
    let mut wait = FIRST_WAIT;
    loop {
        match attempt::of_slot(db.engine(), db.read(), slot).await {
            Ok(before) => return Some(before),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "earlier attempts could not be read");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stopping.cancelled() => return None,
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Are the permits of some of these texts on their way back? Asked where consent says that it permitted them.
pub async fn on_their_way_back(
    chunk: &Chunk<'_>,
    slot: SlotRef,
    positions: &[u16],
) -> anyhow::Result<Vec<u16>> {
    if positions.is_empty() {
        return Ok(Vec::new());
    }
    let db = &chunk.app.cx.db;
    let tried = attempt::of_slot(db.engine(), db.read(), slot).await?;
    let out = |position: &&u16| matches!(tried.get(*position), Some((_, false)));
    Ok(positions.iter().filter(out).copied().collect())
}

/// The same for texts of a slot that failed together, so that they come back together.
#[expect(clippy::cast_precision_loss, reason = "53 bits are plenty")]
fn jitter(slot: SlotRef, number: u32) -> f64 {
    let place = u64::from(slot.chunk) << 8 | u64::from(slot.slot);
    let roll = draw::mix(
        draw::of_id(slot.run.raw()),
        draw::mix(place, u64::from(number)),
    );
    (roll >> 11) as f64 / (1_u64 << 53) as f64
}

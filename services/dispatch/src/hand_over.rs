//! One piece of a slot: link and pace first, then permits, then the carrier, then the ledger.

use std::time::{Duration, Instant};

use channels::Submission;
use channels::look_up::fingerprint;
use chassis::{AskError, Failure};
use contract::chunk::{ChunkHead, SlotRef, Text};
use contract::consent::{GrantPermits, Permit, PermitAnswer, PermitAsk};
use contract::{Class, TenantId};

use crate::app::App;
use crate::attempts;
use crate::blocks::Person;
use crate::db::ledger;
use crate::doubt::{Cause, Trace};
use crate::failover::{self, Batch, Life};
use crate::in_doubt;
use crate::legs::Way;
use crate::links::Link;
use crate::money::account::Account;
use crate::money::admit::{Admitted, Piece};
use crate::outcomes::Outcomes;
use crate::pick::pick;
use crate::recorder::Besides;
use crate::sends;
use crate::slots;
use crate::traffic::{Leave, line};

/// Tries at a question that consent refuses before the chunk is given back.
const REFUSALS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What every piece of a chunk shares.
pub struct Chunk<'c> {
    pub app: &'c App,
    pub tenant: TenantId,
    pub head: &'c ChunkHead,
}

/// What consent said.
struct Granted {
    permits: Vec<Permit>,
    asked: Instant,
    good_for: Duration,
    /// Permitted before, though an answer to us may have been lost.
    permitted_before: Vec<u16>,
    answer_lost: bool,
}

impl Granted {
    /// Nothing was asked for.
    fn nothing() -> Self {
        Self {
            permits: Vec::new(),
            asked: Instant::now(),
            good_for: Duration::ZERO,
            permitted_before: Vec::new(),
            answer_lost: false,
        }
    }
}

/// Hands a piece over; resolves when its outcome is durable. Once permits are granted it runs to its end,
/// so it must not be dropped.
pub async fn piece(
    chunk: &Chunk<'_>,
    way: &Way,
    slot: SlotRef,
    texts: Vec<Text>,
) -> Result<(), Failure> {
    let (app, stopping) = (chunk.app, chunk.app.cx.stopping());
    let waiting = way.lane.waits(&texts);
    let answer = is_answer(chunk.head.class);
    let turn = |link| line::ask(chunk, way, link, &texts);
    let (picked, turn, leave) = tokio::select! {
        leave = async {
            let picked = pick(&app.links, &way.plan, answer).await;
            let turn = turn(way.plan.candidates[picked.at].link);
            let leave = app.traffic.enter(turn.clone(), picked.link.gate(), answer).await;
            (picked, turn, leave)
        } => leave,
        () = stopping.cancelled() => return Err(stopped()),
    };
    drop(waiting);
    let Leave::Go(entered) = leave else {
        return line::give_back(chunk, slot, &texts, &leave).await;
    };
    let _busy = app.busy.token();
    if stopping.is_cancelled() {
        return Err(stopped());
    }
    let mut outcomes = Outcomes::new(slot, chunk.head.campaign, &texts);
    let Admitted {
        texts,
        stopped: too_dear,
        barred,
        reservation,
    } = admit(chunk, way, picked.link, slot, texts).await?;
    outcomes.stopped(too_dear);
    let granted = if texts.is_empty() {
        Granted::nothing()
    } else {
        match ask(chunk, way, slot, &texts, &mut outcomes).await {
            Ok(granted) => granted,
            Err(failure) => {
                // Permits in an answer that never came are settled by the slot's next go, or the takeover.
                reservation
                    .release(&app.money, app.cx.clock.millis())
                    .await?;
                return Err(failure);
            }
        }
    };
    let permitted = !granted.permits.is_empty() || granted.answer_lost;
    let before = &granted.permitted_before;
    // Unread, they count as on their way back: the texts are asked for once more.
    let coming_back = attempts::on_their_way_back(chunk, slot, before).await;
    let coming_back = coming_back.unwrap_or_else(|_| before.clone());
    if !before.is_empty() {
        in_doubt::fill(chunk, slot, traces(chunk, way, &texts, before)).await;
    }
    if granted.answer_lost && !granted.permitted_before.is_empty() {
        let known = ledger::masks(app.cx.db.engine(), app.cx.db.read(), &[slot]).await?;
        let known = known.first().copied().unwrap_or(0);
        let lost: Vec<u16> = before
            .iter()
            .copied()
            .filter(|p| known & (1 << slots::place(*p)) == 0 && !coming_back.contains(p))
            .collect();
        outcomes.doubt(traces(chunk, way, &texts, &lost));
        outcomes.unknown(lost.into_iter());
    }
    let mut blocks = Vec::new();
    if !granted.permits.is_empty() {
        let _in_flight = way.lane.in_flight(granted.permits.len());
        let people: Vec<Person> = texts
            .iter()
            .map(|text| (text.position, text.phone, text.contact))
            .collect();
        let life = Life {
            asked: granted.asked,
            good_for: granted.good_for,
        };
        let batch = batch(chunk, way, granted.permits, texts);
        let segments = batch
            .iter()
            .map(|(_, text)| u32::from(text.segments.max(1)))
            .sum();
        app.traffic
            .unused(&turn, turn.segments.saturating_sub(segments));
        let room = (entered, picked.link.gate());
        let entered = app.traffic.on_the_wire(&turn, segments, answer, room).await;
        let (told, batch) = ((&*people, &mut outcomes), (batch, life, &*barred));
        blocks = failover::hand_over(chunk, way, (picked, entered), batch, told).await;
    } else {
        app.traffic.unused(&turn, turn.segments);
        // The carrier has room again while the ledger is written.
        drop((picked, entered));
    }
    let attempts = attempts::hold(chunk, slot, &mut outcomes).await;
    let codes = outcomes.take_codes(app.cx.clock.millis());
    let traces = outcomes.take_traces();
    let groups = outcomes.groups(app.cx.clock.millis(), permitted);
    let now = app.cx.clock.millis();
    if groups.is_empty() {
        reservation.release(&app.money, now).await?;
        return soon(&coming_back);
    }
    let settled = groups.iter().map(|group| &group.outcome);
    let besides = Besides {
        charge: reservation.settle(&app.money, now, settled),
        attempts,
        codes,
        traces,
    };
    app.recorder
        .settle_charging(chunk.tenant, groups, permitted, blocks, besides)
        .await
        .map_err(Failure::Retry)?;
    soon(&coming_back)
}

/// What is known here of texts that were permitted before; any carrier may have had them.
fn traces(chunk: &Chunk<'_>, way: &Way, texts: &[Text], positions: &[u16]) -> Vec<Trace> {
    let own = texts
        .iter()
        .filter(|text| positions.contains(&text.position));
    own.map(|text| Trace {
        position: text.position,
        cause: Cause::PermitLost,
        provider: String::new(),
        mode: chunk.head.mode,
        to: Some(text.phone),
        sender: way.sender.clone(),
        fingerprint: Some(fingerprint(&text.body)),
    })
    .collect()
}

/// Texts whose permits are just being returned may leave with the next delivery of the chunk.
fn soon(coming_back: &[u16]) -> Result<(), Failure> {
    if coming_back.is_empty() {
        return Ok(());
    }
    Err(Failure::Retry(anyhow::anyhow!(
        "permits of {} texts are on their way back",
        coming_back.len()
    )))
}

/// Which of the texts may leave, by what they cost and where they go.
async fn admit(
    chunk: &Chunk<'_>,
    way: &Way,
    first: &Link,
    slot: SlotRef,
    texts: Vec<Text>,
) -> Result<Admitted, Failure> {
    let (app, head) = (chunk.app, chunk.head);
    let mut providers = vec![&*first.name];
    for candidate in &way.plan.candidates {
        let link = app.links.get(candidate.link);
        let name = link.map(|link| &*link.name);
        providers.extend(name.filter(|name| !providers.contains(name)));
    }
    let operators = app.routing.operators(chunk.tenant);
    let piece = Piece {
        account: Account {
            tenant: chunk.tenant,
            mode: head.mode,
        },
        campaign: head.campaign,
        class: head.class,
        valid_until: head.valid_until,
        slot,
        providers: &providers,
        operators: operators.as_deref(),
    };
    let admitted = app.money.admit(app.cx.clock.millis(), piece, texts).await;
    admitted.map_err(Failure::Retry)
}

/// Somebody waits for it: it goes at once, and what comes after it pays for it.
const fn is_answer(class: Class) -> bool {
    class.is_reply()
}

/// Asks for permits until consent answers; what it refuses goes into `outcomes`.
async fn ask(
    chunk: &Chunk<'_>,
    way: &Way,
    slot: SlotRef,
    texts: &[Text],
    outcomes: &mut Outcomes,
) -> Result<Granted, Failure> {
    let (app, head) = (chunk.app, chunk.head);
    let question = GrantPermits {
        slot,
        campaign: head.campaign,
        class: head.class,
        programme: head.programme.clone(),
        sender: way.sender.clone(),
        template: head.template,
        mode: head.mode,
        valid_until: head.valid_until,
        zones: head.zones.clone(),
        dispatcher: app.config.name.clone(),
        epoch: app.epoch(),
        asks: texts
            .iter()
            .map(|text| {
                let Text {
                    position,
                    contact,
                    phone,
                    zone,
                    ..
                } = *text;
                PermitAsk {
                    position,
                    contact,
                    phone,
                    zone,
                }
            })
            .collect(),
    };
    let bus = if sends::is_waited_for(head) {
        &app.urgent.bus
    } else {
        &app.cx.bus
    };
    let (mut wait, mut refusals, mut answer_lost) = (FIRST_WAIT, 0, false);
    loop {
        let asked = Instant::now();
        let error = match bus.ask(chunk.tenant, &question).await {
            Ok(PermitAnswer::Answered {
                granted,
                good_for_ms,
                permitted_before,
                refused,
            }) => {
                outcomes.refused(refused);
                let good_for = Duration::from_millis(u64::from(good_for_ms));
                return Ok(Granted {
                    permits: granted,
                    asked,
                    good_for,
                    permitted_before,
                    answer_lost,
                });
            }
            Ok(PermitAnswer::Fenced) => {
                app.fenced.cancel();
                return Err(Failure::Retry(anyhow::anyhow!("dispatch.fenced")));
            }
            Err(error) => error,
        };
        match &error {
            AskError::NobodyThere(_) => {}
            AskError::Refused { .. } => refusals += 1,
            // Permits may have been granted whose answer never came.
            AskError::Timeout(_) | AskError::Other(_) => answer_lost = true,
        }
        if refusals >= REFUSALS || app.cx.stopping().is_cancelled() {
            return Err(error.into());
        }
        tracing::warn!(%error, "consent gave no permits; asking again");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Pairs permits with their texts.
fn batch(chunk: &Chunk<'_>, way: &Way, permits: Vec<Permit>, mut texts: Vec<Text>) -> Batch {
    let left = chunk.head.valid_until.0 - chunk.app.cx.clock.millis().0;
    let valid_for = u64::try_from(left).ok().map(Duration::from_millis);
    let mut batch = Vec::with_capacity(permits.len());
    for permit in permits {
        let position = permit.message().position();
        let Ok(at) = texts.binary_search_by_key(&position, |text| text.position) else {
            continue;
        };
        let text = &mut texts[at];
        let submission = Submission {
            to: text.phone,
            from: way.sender.clone(),
            encoding: text.encoding,
            segments: text.segments,
            body: std::mem::take(&mut text.body),
            valid_for,
        };
        batch.push((permit, submission));
    }
    batch
}

fn stopped() -> Failure {
    Failure::Retry(anyhow::anyhow!("the service is stopping"))
}

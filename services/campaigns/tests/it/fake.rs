//! The other services, as far as campaigns can see them. Each test's tenant has its own world.

mod ledger;
mod reports;
mod state;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Cx, Failure, Service};
use contract::AudiencePart;
use contract::campaigns::{AppointmentChanged, ChunkSettled, RunClosed, RunStarted};
use contract::chunk::{ChunkHead, Encoding, Outcome, OutcomeGroup, Recipient, SLOT_SIZE, SlotRef};
use contract::consent::{
    CancelRuns, ChunkScreened, ContentNoted, Gate, Keyword, NoteContent, RecordReply, Reply,
    ReplyRecorded, RunCancelled, RunGateSet, RunsCancelled, ScreenChunk, SetRunGate,
};
use contract::contacts::{
    AudienceGap, AudiencePage, ContactKey, FindContacts, LoadRecipients, PageAudience,
    RecipientData, RecipientsLoaded,
};
use contract::dispatch::{
    FindSenderPool, HandOver, HandOversRecorded, Receipt, ReceiptsRecorded, SlotOutcome,
};
use contract::ids::SenderPoolId;
use contract::inbound::LoadReply;
use contract::renderer::{ChunkRendered, DescribeTemplate, TemplateDescribed};
use contract::texts::{AcceptTexts, RecheckTexts, TextsAccepted};
use contract::{
    ConsentId, ContactId, DecisionId, Envelope, MessageId, Phone, Reason, TenantId, UnixMillis,
};
use futures::future::BoxFuture;
use utoipa_axum::router::OpenApiRouter;

use crate::looks;
pub use reports::{late_hand_over, report_text, slot_of};
pub use state::{Released, World, world};

pub fn create(tenant: TenantId, people: u32) {
    *world(tenant) = World {
        people,
        published: true,
        ..World::default()
    };
}

pub const SERVICE: Service = Service {
    name: "fake",
    migrations: &[],
    defaults: "",
    start,
};

fn start(cx: Cx) -> BoxFuture<'static, anyhow::Result<OpenApiRouter>> {
    Box::pin(async move {
        let app = Arc::new(cx.clone());
        cx.answer(app.clone(), page_audience).await?;
        cx.answer(app.clone(), load_recipients).await?;
        cx.answer(app.clone(), describe_template).await?;
        cx.answer(app.clone(), set_run_gate).await?;
        cx.answer(
            app.clone(),
            |_, asked: Envelope<FindSenderPool>| async move {
                let known = asked.body.name == "us";
                Ok(known.then_some(SenderPoolId::from_raw(1)))
            },
        )
        .await?;
        cx.answer(app.clone(), |_, _: Envelope<NoteContent>| async {
            Ok(ContentNoted {})
        })
        .await?;
        cx.answer(app.clone(), cancel_runs).await?;
        looks::start(&cx, &app).await?;
        cx.answer(app.clone(), ledger::spend_of).await?;
        cx.answer(app.clone(), ledger::undelivered_of).await?;
        cx.answer(app.clone(), find_contacts).await?;
        cx.answer(app.clone(), load_reply).await?;
        cx.answer(app.clone(), record_reply).await?;
        cx.consume(
            "fake__appointment_changed",
            1,
            app.clone(),
            appointment_changed,
        )
        .await?;
        crate::journeys::play_contacts(&cx, &app).await?;
        cx.consume("fake__accept_texts", 4, app.clone(), accept_texts)
            .await?;
        cx.consume("fake__recheck_texts", 1, app.clone(), recheck_texts)
            .await?;
        cx.consume("fake__screen_chunk", 4, app.clone(), screen_chunk)
            .await?;
        cx.consume("fake__run_started", 1, app.clone(), run_started)
            .await?;
        cx.consume("fake__chunk_settled", 1, app.clone(), chunk_settled)
            .await?;
        cx.consume("fake__run_closed", 1, app, run_closed).await?;
        Ok(OpenApiRouter::new())
    })
}

/// Contact n of a tenant, ascending with n.
pub fn contact(n: u32) -> ContactId {
    ContactId::from_raw(1 << 100 | u128::from(n))
}

fn number(contact: ContactId) -> u32 {
    u32::try_from(contact.raw() & 0xFFFF_FFFF).unwrap()
}

async fn page_audience(
    _: Arc<Cx>,
    question: Envelope<PageAudience>,
) -> anyhow::Result<AudiencePage> {
    let takes = world(question.tenant).page_takes;
    tokio::time::sleep(Duration::from_millis(takes)).await;
    let mut world = world(question.tenant);
    let asked = &question.body;
    let gone = asked
        .include
        .iter()
        .chain(&asked.exclude)
        .find(|part| match part {
            AudiencePart::List(list) => world.gone_lists.contains(list),
            AudiencePart::Segment(segment) => world.gone_segments.contains(segment),
        });
    if let Some(gone) = gone {
        return Ok(AudiencePage {
            contacts: Vec::new(),
            done: true,
            gap: Some(AudienceGap::Gone(*gone)),
        });
    }
    // One is asked for to learn whether the audience is there.
    world.pages += u32::from(asked.limit > 1);
    let first = question.body.after.map_or(0, |contact| number(contact) + 1);
    let last = (first + question.body.limit).min(world.people);
    Ok(AudiencePage {
        contacts: (first..last).map(contact).collect(),
        done: last == world.people,
        gap: None,
    })
}

async fn load_recipients(
    _: Arc<Cx>,
    question: Envelope<LoadRecipients>,
) -> anyhow::Result<RecipientsLoaded> {
    let world = world(question.tenant);
    let data = |contact: &ContactId| {
        let n = number(*contact);
        let phone = Phone::from_digits(12_025_550_000 + u64::from(n))?;
        let fields = question
            .body
            .field_names
            .iter()
            .map(|_| Some(format!("P{n}")))
            .collect();
        (!world.gone.contains(&n)).then_some(RecipientData {
            phone,
            zone: match world.zones.len() {
                0 => Some(0),
                zones => u8::try_from(n as usize % zones)
                    .ok()
                    .filter(|zone| !world.zones[usize::from(*zone)].is_empty()),
            },
            fields,
        })
    };
    let recipients = question.body.contacts.iter().map(data).collect();
    let zones = match world.zones.is_empty() {
        true => vec![world.zone.unwrap_or("America/New_York").into()],
        false => world.zones.iter().map(|zone| (*zone).into()).collect(),
    };
    Ok(RecipientsLoaded { zones, recipients })
}

/// Person n has the external id `p<n>`; there are a thousand of them.
async fn find_contacts(
    _: Arc<Cx>,
    question: Envelope<FindContacts>,
) -> anyhow::Result<Vec<Option<ContactId>>> {
    let number = |key: &ContactKey| match key {
        ContactKey::ExternalId(id) => id.strip_prefix('p')?.parse().ok(),
        ContactKey::Phone(phone) => u32::try_from(phone.digits() - 12_025_550_000).ok(),
    };
    let find = |key| number(key).filter(|n| *n < 1000).map(contact);
    Ok(question.body.keys.iter().map(find).collect())
}

async fn load_reply(_: Arc<Cx>, question: Envelope<LoadReply>) -> anyhow::Result<Option<Reply>> {
    let world = world(question.tenant);
    Ok(world.replies.get(&question.body.inbound).cloned())
}

/// Plays consent, as far as single words go.
async fn record_reply(
    _: Arc<Cx>,
    question: Envelope<RecordReply>,
) -> anyhow::Result<ReplyRecorded> {
    let text = question.body.reply.text.to_uppercase();
    let keyword = match text.as_str() {
        _ if text.starts_with("CANCEL MY") => Keyword::Review,
        "STOP" | "CANCEL" => Keyword::Stop,
        "HELP" => Keyword::Help,
        "YES" => Keyword::Yes,
        _ => Keyword::None,
    };
    let opts_in = keyword == Keyword::Yes && world(question.tenant).yes_opts_in;
    Ok(ReplyRecorded {
        keyword,
        consent: opts_in.then(|| ConsentId::from_raw(1)),
    })
}

async fn appointment_changed(
    _: Arc<Cx>,
    event: Envelope<AppointmentChanged>,
) -> Result<(), Failure> {
    world(event.tenant).appointment_events.push(event.body);
    Ok(())
}

async fn describe_template(
    _: Arc<Cx>,
    question: Envelope<DescribeTemplate>,
) -> anyhow::Result<Option<TemplateDescribed>> {
    let (published, newer) = {
        let world = world(question.tenant);
        let published = world.published && !world.unpublished.contains(&question.body.template);
        (published, world.looks.newer_templates)
    };
    Ok(published.then(|| TemplateDescribed {
        version: 3 + newer,
        field_names: vec!["first_name".into()],
        opt_out_said: true,
    }))
}

async fn set_run_gate(_: Arc<Cx>, question: Envelope<SetRunGate>) -> anyhow::Result<RunGateSet> {
    let SetRunGate { run, gate } = question.body;
    let before = world(question.tenant).gates.insert(run, gate);
    // The first answer says that permits are still open.
    Ok(RunGateSet {
        settled: before == Some(gate),
    })
}

async fn cancel_runs(_: Arc<Cx>, question: Envelope<CancelRuns>) -> anyhow::Result<RunsCancelled> {
    let CancelRuns { runs, reason } = question.body;
    let mut world = world(question.tenant);
    let settled = world.not_yet == 0;
    world.not_yet = world.not_yet.saturating_sub(1);
    let mut answer = Vec::new();
    for run in runs {
        world.cancelled.entry(run).or_insert_with(|| reason.clone());
        let permitted = world.permitted.contains(&run);
        answer.push(RunCancelled { settled, permitted });
    }
    Ok(RunsCancelled { runs: answer })
}

/// Plays dispatch: accepts, and has every text that is not cancelled handed over and delivered. Twice, where the
/// world stutters.
async fn accept_texts(cx: Arc<Cx>, command: Envelope<AcceptTexts>) -> Result<(), Failure> {
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

async fn recheck_texts(_: Arc<Cx>, command: Envelope<RecheckTexts>) -> Result<(), Failure> {
    let mut world = world(command.tenant);
    world.rechecked.extend(command.body.messages);
    Ok(())
}

async fn run_started(_: Arc<Cx>, event: Envelope<RunStarted>) -> Result<(), Failure> {
    world(event.tenant).started.push(event.body);
    Ok(())
}

async fn chunk_settled(_: Arc<Cx>, event: Envelope<ChunkSettled>) -> Result<(), Failure> {
    world(event.tenant).settled.push(event.body);
    Ok(())
}

async fn run_closed(_: Arc<Cx>, event: Envelope<RunClosed>) -> Result<(), Failure> {
    world(event.tenant).closed.push(event.body);
    Ok(())
}

/// Plays consent, renderer and dispatch: of every ten positions the first is suppressed, the second
/// fails to render, the others are handed over, or held where the world says so.
async fn screen_chunk(cx: Arc<Cx>, command: Envelope<ScreenChunk>) -> Result<(), Failure> {
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

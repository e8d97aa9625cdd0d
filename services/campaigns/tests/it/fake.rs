//! The other services, as far as campaigns can see them. Each test's tenant has its own world.

mod chunks;
mod flow_texts;
mod ledger;
mod people;
mod reports;
mod state;

use std::sync::Arc;

use chassis::{Cx, Failure, Service};
use contract::campaigns::{AppointmentChanged, ChunkSettled, RunClosed, RunStarted};
use contract::consent::{
    CancelRuns, ContentNoted, Keyword, NoteContent, RecordReply, Reply, ReplyRecorded,
    RunCancelled, RunGateSet, RunsCancelled, SetRunGate,
};
use contract::dispatch::FindSenderPool;
use contract::ids::SenderPoolId;
use contract::inbound::LoadReply;
use contract::renderer::{DescribeTemplate, TemplateDescribed};
use contract::{ConsentId, ContactId, Envelope, TenantId};
use futures::future::BoxFuture;
use utoipa_axum::router::OpenApiRouter;

use crate::looks;
pub use chunks::group;
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
        cx.answer(app.clone(), people::page_audience).await?;
        cx.answer(app.clone(), people::load_recipients).await?;
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
        cx.answer(app.clone(), people::find_contacts).await?;
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
        cx.consume(
            "fake__accept_texts",
            4,
            app.clone(),
            flow_texts::accept_texts,
        )
        .await?;
        cx.consume(
            "fake__recheck_texts",
            1,
            app.clone(),
            flow_texts::recheck_texts,
        )
        .await?;
        cx.consume("fake__screen_chunk", 4, app.clone(), chunks::screen_chunk)
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

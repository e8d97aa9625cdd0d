//! Wires the service up: memory from the tables, carriers, tasks, and then the chunks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use channels::Incoming;
use channels::account::AccountConfig;
use channels::simulator::{Smsc, SmscOptions};
use channels::smpp::SmppConfig;
use chassis::Cx;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::config::{Config, SimulatorConfig};
use crate::consumers::{
    accept_texts, contact_deleted, forget_person, recheck_texts, record_receipts, send_answer,
    send_chunk, send_urgent_chunk,
};
use crate::db::load;
use crate::hands::Hands;
use crate::in_hand::InHand;
use crate::lanes::Lanes;
use crate::links::Links;
use crate::money::Money;
use crate::reconcile::Reconciling;
use crate::recorder::{Entry, Recorder, RecorderQueue, parked_since};
use crate::routing::Routing;
use crate::senders::Senders;
use crate::sends::hand::InWork;
use crate::tasks::{
    answer_replies, close_permits, due_sends, fence, intake, judge_parked, left_attempts, look_up,
    meter, stop, traffic,
};
use crate::traffic::Traffic;
use crate::{api, queries, route, routing, takeover};

/// Commands with receipts that share the recorder's commits.
const RECEIPT_COMMANDS_AT_ONCE: usize = 8;
/// Answers handed over at once. Many, because those that a killed process had in hand stand in the way of others
/// until they are delivered again.
const ANSWERS_AT_ONCE: usize = 256;
/// Commands with texts of flows that are resolved at once.
const TEXT_COMMANDS_AT_ONCE: usize = 4;
/// People who are forgotten at once.
const FORGET_AT_ONCE: usize = 4;
/// Slots that may wait to be closed.
const CLOSING: usize = 1024;

pub async fn start(cx: Cx) -> anyhow::Result<OpenApiRouter> {
    let config: Config = cx.config()?;
    anyhow::ensure!(!config.name.is_empty(), "dispatch.name is empty");
    anyhow::ensure!(
        !config.providers.contains_key(route::SIMULATOR),
        "dispatch.providers.{0}: the name {0} is taken; set dispatch.simulator.address instead",
        route::SIMULATOR
    );
    config.look_up.check()?;
    config.retry.check()?;
    let (simulator, carriers) = carriers(&config).await?;
    let (links, incoming) =
        Links::connect(carriers, config.permit_batches_in_flight, config.breaker)?;
    let (recorder, entries) = RecorderQueue::new();
    let records = links
        .iter()
        .map(|link| (link.name.to_string(), link.provider.capabilities().look_up));
    let reconciling = Reconciling::new(config.look_up, records);
    let app = Arc::new(App {
        routing: Routing::load(&cx.db, &links, config.routing.prefer).await?,
        links: Arc::new(links),
        lanes: Lanes::default(),
        traffic: Traffic::new(config.lane.rate(), cx.clock.clone()),
        money: Arc::new(Money::load(&cx.db, &config.name, &config.money).await?),
        senders: Senders::load(&cx.db).await?,
        recorder,
        reconciling: Arc::new(reconciling),
        in_hand: InHand::default(),
        hands: Hands::new(config.chunks_at_once * send_chunk::SLOTS_AT_ONCE),
        sends: InWork::default(),
        busy: TaskTracker::new(),
        fenced: CancellationToken::new(),
        quiet: CancellationToken::new(),
        simulator: tokio::sync::Mutex::new(simulator),
        epoch: OnceLock::new(),
        config,
        urgent: cx.urgent(),
        cx,
    });
    traffic::load(&app).await?;
    spawn(&app, entries, incoming).await?;
    queries::start(&app).await?;
    app.cx
        .consume(
            record_receipts::DURABLE,
            RECEIPT_COMMANDS_AT_ONCE,
            app.clone(),
            record_receipts::handle,
        )
        .await?;
    app.cx
        .consume(
            forget_person::DURABLE,
            FORGET_AT_ONCE,
            app.clone(),
            forget_person::handle,
        )
        .await?;
    app.cx
        .consume(
            contact_deleted::DURABLE,
            FORGET_AT_ONCE,
            app.clone(),
            contact_deleted::handle,
        )
        .await?;
    let begun = app.clone();
    app.cx
        .spawn("dispatch takeover", async move { begin(begun).await });
    Ok(api::router(app))
}

/// Every carrier by name, the simulated one among them; started here unless it runs elsewhere.
async fn carriers(
    config: &Config,
) -> anyhow::Result<(Option<Smsc>, BTreeMap<String, AccountConfig>)> {
    let mut carriers = config.providers.clone();
    let SimulatorConfig { address, log } = &config.simulator;
    let (simulator, address) = if address.is_empty() {
        let log = (!log.is_empty()).then(|| PathBuf::from(log));
        let options = SmscOptions {
            log,
            ..SmscOptions::default()
        };
        let smsc = Smsc::start(SocketAddr::from(([127, 0, 0, 1], 0)), options)?;
        let address = smsc.address().to_string();
        (Some(smsc), address)
    } else {
        (None, address.clone())
    };
    let (host, port) = address
        .rsplit_once(':')
        .context("dispatch.simulator.address is not host:port")?;
    let port = port
        .parse()
        .context("dispatch.simulator.address has no valid port")?;
    let simulated = SmppConfig {
        host: host.to_string(),
        port,
        ..SmppConfig::default()
    };
    carriers.insert(route::SIMULATOR.to_string(), AccountConfig::Smpp(simulated));
    Ok((simulator, carriers))
}

async fn spawn(
    app: &Arc<App>,
    entries: mpsc::Receiver<Entry>,
    incoming: Vec<mpsc::Receiver<Vec<Incoming>>>,
) -> anyhow::Result<()> {
    let (cx, config) = (&app.cx, &app.config);
    let now = cx.clock.millis().0;
    let book = load::load(&cx.db, now - config.receipts_for_ms(), parked_since(now)).await?;
    let (closing, to_close) = mpsc::channel(CLOSING);
    let recorder = Recorder {
        entries,
        book,
        db: cx.db.clone(),
        dispatcher: config.name.as_str().into(),
        bus: cx.bus.clone(),
        clock: cx.clock.clone(),
        links: app.links.clone(),
        reconciling: app.reconciling.clone(),
        closing,
        quiet: app.quiet.clone(),
        commit_every: config.commit_every(),
        commit_receipts_every: config.commit_receipts_every(),
        fold_every: config.fold_every(),
        receipts_for_ms: config.receipts_for_ms(),
        redrive_ms: config.sends.redrive_ms(),
    };
    cx.spawn("dispatch recorder", recorder.run());
    cx.spawn("dispatch closer", close_permits::run(app.clone(), to_close));
    let (reply, replies) = mpsc::channel(answer_replies::QUEUE);
    app.urgent.spawn(
        "dispatch replies",
        answer_replies::run(app.clone(), replies),
    );
    for (link, brought) in incoming.into_iter().enumerate() {
        cx.spawn(
            "dispatch intake",
            intake::run(app.clone(), link, brought, reply.clone()),
        );
    }
    cx.spawn("dispatch routes", routing::watch::run(app.clone()));
    cx.spawn("dispatch traffic", traffic::run(app.clone()));
    let (money, stopping) = (app.money.clone(), cx.stopping());
    cx.spawn(
        "dispatch money",
        async move { money.keep_up(stopping).await },
    );
    cx.spawn("dispatch fence", fence::run(app.clone()));
    cx.spawn("dispatch stop", stop::run(app.clone()));
    Ok(())
}

/// Takes chunks only once consent has given an epoch and the predecessor's open slots are settled.
async fn begin(app: Arc<App>) -> anyhow::Result<()> {
    let _busy = app.busy.token();
    // A database that does not answer is waited for here, too: it must not end what else the process does.
    takeover::until_done(&app, |app| Box::pin(meter::join(app))).await?;
    app.cx.spawn("dispatch meter", meter::run(app.clone()));
    let Some(registered) = takeover::register(&app).await else {
        return Ok(());
    };
    let epoch = *app.epoch.get_or_init(|| registered.epoch);
    tracing::info!(
        name = app.config.name,
        epoch,
        open = registered.open.len(),
        "registered with consent"
    );
    takeover::settle(&app, registered.open).await?;
    let (cx, in_hand) = (app.cx.clone(), app.config.chunks_in_hand.max(1));
    cx.spawn("dispatch due sends", due_sends::run(app.clone()));
    cx.spawn("dispatch attempts", left_attempts::run(app.clone()));
    cx.spawn("dispatch look-ups", look_up::run(app.clone()));
    cx.spawn("dispatch odd receipts", judge_parked::run(app.clone()));
    app.urgent
        .consume(
            send_answer::DURABLE,
            ANSWERS_AT_ONCE,
            app.clone(),
            send_answer::handle,
        )
        .await?;
    cx.consume(
        send_urgent_chunk::DURABLE,
        in_hand,
        app.clone(),
        send_urgent_chunk::handle,
    )
    .await?;
    cx.consume(
        accept_texts::DURABLE,
        TEXT_COMMANDS_AT_ONCE,
        app.clone(),
        accept_texts::handle,
    )
    .await?;
    cx.consume(
        recheck_texts::DURABLE,
        TEXT_COMMANDS_AT_ONCE,
        app.clone(),
        recheck_texts::handle,
    )
    .await?;
    cx.consume(
        send_chunk::DURABLE,
        in_hand,
        app.clone(),
        send_chunk::handle,
    )
    .await
}

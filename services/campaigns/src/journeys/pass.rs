//! One pass: what waits and what is due, worked into runs in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chassis::{Bus, Engine, Tx};
use contract::{ContactId, JourneyId, JourneyRunId, Reason, TenantId};

use super::batch::Batch;
use super::batch::counted::{self, Counted};
use super::load::People;
use super::versions::Ready;
use super::{aside, learnt, load};
use crate::app::App;
use crate::appointment::send::Hands;
use crate::db;
use crate::db::journey::Head;
use crate::db::journey_input::{Body, Waiting};
use crate::db::journey_run::Row;
use crate::db::journey_winner::Winners;
use crate::journey::entry::{LATELY, SEGMENTS};
use crate::journey::version::Reentry;
use crate::texts;

/// Inputs and timers in one transaction.
const AT_ONCE: u64 = 1_000;

/// Passes until nothing waits.
pub async fn run_passes(app: &App) -> anyhow::Result<()> {
    while pass(app).await? {
        if app.cx.stopping().is_cancelled() {
            break;
        }
    }
    Ok(())
}

/// What a pass has read before its transaction.
struct Known {
    inputs: Vec<Waiting>,
    due: Vec<JourneyRunId>,
    journeys: HashMap<JourneyId, Head>,
    versions: HashMap<(JourneyId, u32), Arc<Ready>>,
    winners: Winners,
    people: People,
    contacts: Vec<ContactId>,
    ids: Vec<JourneyRunId>,
    /// Whom contacts was asked about; of them who is missing is gone.
    asked: BTreeSet<(TenantId, ContactId)>,
    /// Who may get a run, and of which journey.
    beginning: BTreeSet<(JourneyId, ContactId)>,
    /// Somebody may enter again, or not: when they last did matters.
    again: bool,
    /// Whom segments may start runs for.
    by_segments: Vec<ContactId>,
}

/// False where there was nothing to do.
async fn pass(app: &App) -> anyhow::Result<bool> {
    let (read, engine, now) = (app.cx.db.read(), app.cx.db.engine(), app.cx.clock.now());
    let next = db::journey_input::next(read, AT_ONCE).await?;
    let due = db::journey_run::due(read, now.into(), AT_ONCE).await?;
    aside::inputs(app, &next.unread).await?;
    if next.waiting.is_empty() && due.is_empty() {
        return Ok(!next.unread.is_empty());
    }
    let known = know(app, next.waiting, due).await?;
    let bus = app.cx.bus.clone();
    let moved = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { work(tx, engine, &bus, now, known).await }))
        .await?;
    metrics::counter!("campaigns_journey_runs_started_total").increment(moved.started);
    metrics::counter!("campaigns_journey_runs_moved_total").increment(moved.moved);
    aside::tell("run", &moved.unread);
    if moved.calls {
        app.journeys.calls.notify_one();
    }
    Ok(true)
}

async fn know(app: &App, inputs: Vec<Waiting>, due: Vec<JourneyRunId>) -> anyhow::Result<Known> {
    let (read, engine) = (app.cx.db.read(), app.cx.db.engine());
    let told: BTreeSet<ContactId> = inputs
        .iter()
        .filter_map(|waiting| waiting.input.contact)
        .collect();
    let contacts: Vec<ContactId> = told.into_iter().collect();
    let mut ids: Vec<JourneyRunId> = inputs
        .iter()
        .filter_map(|waiting| waiting.input.run)
        .chain(due.iter().copied())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let now = app.cx.clock.millis();
    let places = db::journey_run::places(read, engine, &ids, &contacts, now).await?;
    let tenants: BTreeSet<TenantId> = inputs
        .iter()
        .map(|waiting| waiting.input.tenant)
        .chain(places.iter().map(|place| place.tenant))
        .collect();
    let mut journeys: HashMap<JourneyId, Head> = HashMap::new();
    for tenant in tenants {
        let heads = db::journey::heads(read, tenant).await?;
        journeys.extend(heads.into_iter().map(|head| (head.id, head)));
    }
    let starting = starting(&inputs, &journeys);
    let mut versions = HashMap::new();
    let wanted: BTreeSet<(JourneyId, u32)> = places
        .iter()
        .map(|place| (place.journey, place.version))
        // Its limits say what is to be counted of runs on older versions, too.
        .chain(places.iter().filter_map(|place| {
            let head = journeys.get(&place.journey)?;
            Some((head.id, head.version))
        }))
        .chain(starting.iter().map(|(of, _)| *of))
        .collect();
    for (journey, number) in wanted {
        let ready = app.versions.get(read, journey, number).await?;
        versions.insert((journey, number), ready);
    }
    let contested: Vec<(JourneyId, u32)> = versions
        .iter()
        .filter(|(_, ready)| !ready.version.contests.is_empty())
        .map(|(of, _)| *of)
        .collect();
    let winners = db::journey_winner::of(read, engine, &contested).await?;
    // Only who has a run, or gets one, is asked for.
    let mut people: BTreeMap<TenantId, BTreeSet<ContactId>> = BTreeMap::new();
    // Ended ones too: of their goals and their last texts they still hear.
    let moved = places.iter().map(|place| (place.tenant, place.contact));
    let begin = starting.iter().flat_map(|(_, begin)| begin.iter().copied());
    for (tenant, contact) in moved.chain(begin) {
        people.entry(tenant).or_default().insert(contact);
    }
    let again = starting.iter().any(|(of, _)| {
        versions
            .get(of)
            .is_some_and(|ready| ready.version.reentry != Reentry::Always)
    });
    let beginning = starting.iter().flat_map(|((journey, _), begin)| {
        begin.iter().map(move |(_, contact)| (*journey, *contact))
    });
    let beginning = beginning.collect();
    let by_segments = by_segments(&inputs);
    let ready: Vec<Arc<Ready>> = versions.values().cloned().collect();
    let asked = people
        .iter()
        .flat_map(|(tenant, contacts)| contacts.iter().map(|contact| (*tenant, *contact)))
        .collect();
    let people = load::people(app, &people, &ready).await?;
    Ok(Known {
        asked,
        inputs,
        due,
        journeys,
        versions,
        winners,
        people,
        contacts,
        ids,
        beginning,
        again,
        by_segments,
    })
}

fn by_segments(inputs: &[Waiting]) -> Vec<ContactId> {
    let told = inputs.iter().filter_map(|waiting| {
        let (Body::Event(by) | Body::Enter { by, .. }) = &waiting.input.body else {
            return None;
        };
        waiting
            .input
            .contact
            .filter(|_| by.name.starts_with(SEGMENTS))
    });
    told.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The versions that may start runs, and for whom.
fn starting(inputs: &[Waiting], journeys: &HashMap<JourneyId, Head>) -> Vec<Starting> {
    let mut starting: BTreeMap<(JourneyId, u32), BTreeSet<(TenantId, ContactId)>> = BTreeMap::new();
    let mut by_event: HashMap<&str, Vec<&Head>> = HashMap::new();
    for head in journeys.values() {
        if let Some(event) = &head.starts {
            by_event.entry(event).or_default().push(head);
        }
    }
    for Waiting { input, .. } in inputs {
        let Some(contact) = input.contact else {
            continue;
        };
        let heads: Vec<&Head> = match &input.body {
            Body::Event(event) => by_event
                .get(event.name.as_str())
                .into_iter()
                .flatten()
                .copied()
                .filter(|head| head.tenant == input.tenant && head.mode == input.mode)
                .collect(),
            Body::Enter { journey, .. } => journeys.get(journey).into_iter().collect(),
            _ => Vec::new(),
        };
        for head in heads {
            let begin = starting.entry((head.id, head.version)).or_default();
            begin.insert((input.tenant, contact));
        }
    }
    starting.into_iter().collect()
}

type Starting = ((JourneyId, u32), BTreeSet<(TenantId, ContactId)>);

struct Moved {
    started: u64,
    moved: u64,
    /// Webhooks are to be called.
    calls: bool,
    /// Runs that cannot be read.
    unread: Vec<JourneyRunId>,
}

async fn work(
    tx: &Tx,
    engine: Engine,
    bus: &Bus,
    now: chrono::DateTime<chrono::Utc>,
    known: Known,
) -> anyhow::Result<Moved> {
    let mut journeys = known.journeys;
    // A pause that was answered since they were read holds this pass, too.
    let involved = known.versions.keys().map(|(journey, _)| *journey);
    for (id, state) in db::journey::states(tx, engine, involved).await? {
        if let Some(head) = journeys.get_mut(&id) {
            head.state = state;
        }
    }
    let spans = counted::spans(&known.versions);
    db::journey_sent::take_turns(tx, engine, spans.keys().copied()).await?;
    let seqs: Vec<i64> = known.inputs.iter().map(|waiting| waiting.seq).collect();
    let ours = db::journey_input::remove(tx, engine, &seqs).await?;
    let contacts = known.contacts;
    let rows = db::journey_run::take(tx, engine, &known.ids, &contacts, now.into()).await?;
    let (unread, rows): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.unread);
    db::journey_run::set_aside(tx, engine, &unread, now.into()).await?;
    // Another process may have begun or moved runs meanwhile: then all of it is looked at once more.
    let known_of = |row: &Row| {
        let version = (row.journey, row.version);
        known.versions.contains_key(&version) && known.asked.contains(&(row.tenant, row.contact))
    };
    anyhow::ensure!(
        rows.iter().all(known_of),
        "runs changed while they were looked at"
    );
    let last_starts = if known.again {
        db::journey_run::last_starts(tx, engine, &contacts).await?
    } else {
        BTreeMap::new()
    };
    let since = (now - LATELY).into();
    let lately = db::journey_run::starts_since(tx, engine, &known.by_segments, since).await?;
    let pairs = counted::pairs(&spans, &known.beginning, &rows);
    let sent = db::journey_sent::of(tx, engine, pairs.into_iter(), now.into()).await?;
    let mut batch = Batch {
        now,
        runs: BTreeMap::new(),
        of_contact: HashMap::new(),
        last_starts,
        lately,
        journeys,
        versions: known.versions,
        winners: known.winners,
        counted: Counted::new(spans, sent),
        people: known.people,
        changed: BTreeSet::new(),
        texts: Vec::new(),
        // Of a run that cannot be read nothing more is to leave.
        withdrawn: unread
            .iter()
            .flat_map(|row| row.messages.values().copied())
            .collect(),
        said: Vec::new(),
        calls: Vec::new(),
        changes: Vec::new(),
        wishes: Vec::new(),
        started: 0,
        moved: 0,
    };
    for row in rows {
        batch
            .of_contact
            .entry(row.contact)
            .or_default()
            .insert(row.id);
        batch.runs.insert(row.id, row);
    }
    for waiting in known
        .inputs
        .iter()
        .filter(|waiting| ours.contains(&waiting.seq))
    {
        batch.input(&waiting.input);
    }
    for id in known.due {
        batch.wake(id);
    }
    write(tx, engine, bus, &mut batch).await?;
    Ok(Moved {
        started: batch.started,
        moved: batch.moved,
        calls: !batch.calls.is_empty(),
        unread: unread.into_iter().map(|row| row.id).collect(),
    })
}

async fn write(tx: &Tx, engine: Engine, bus: &Bus, batch: &mut Batch) -> anyhow::Result<()> {
    let (good, bad): (Vec<_>, Vec<_>) = std::mem::take(&mut batch.texts)
        .into_iter()
        .partition(|(.., text)| text.fault().is_none());
    for (run, place, text) in bad {
        // Values that grew too large for a text; the run goes on without it.
        tracing::warn!(%run, text = place, fault = text.fault(), "a text of a journey cannot be sent");
    }
    let new: Vec<texts::NewText> = good.iter().map(|(.., text)| text.clone()).collect();
    let queued = texts::queue(tx, engine, bus, &new, batch.now).await?;
    for ((run, place, _), queued) in good.into_iter().zip(queued) {
        if let Some(row) = batch.runs.get_mut(&run) {
            row.messages.insert(place, queued.message);
        }
    }
    let rows: Vec<&Row> = batch
        .changed
        .iter()
        .filter_map(|id| batch.runs.get(id))
        .collect();
    db::journey_run::save(tx, engine, &rows).await?;
    db::journey_sent::insert(tx, engine, batch.counted.new_ones()).await?;
    // Consent is asked by the task of texts: a question to another service must not hold every run up.
    let now = batch.now.into();
    if !batch.withdrawn.is_empty() {
        let why = &Reason::CANCELLED;
        texts::want_withdrawn(tx, engine, &batch.withdrawn, why, now).await?;
    }
    db::journey_call::insert(tx, engine, &batch.calls, now).await?;
    learnt::say(tx, bus, &batch.changes).await?;
    let hands = Hands {
        engine,
        bus,
        now: batch.now,
    };
    learnt::appointments(tx, &hands, &batch.wishes).await?;
    db::journey_input::insert(tx, engine, &batch.said).await
}

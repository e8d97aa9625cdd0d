//! One pass: what waits and what is due, worked into runs in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chassis::{Bus, Engine, Tx};
use contract::{ContactId, JourneyId, JourneyRunId, Reason, TenantId};

use super::batch::Batch;
use super::load;
use super::versions::Ready;
use crate::app::App;
use crate::db;
use crate::db::journey::Journey;
use crate::db::journey_input::{Body, Waiting};
use crate::db::journey_run::Row;
use crate::journey::run::Person;
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
    journeys: HashMap<JourneyId, Journey>,
    versions: HashMap<(JourneyId, u32), Arc<Ready>>,
    people: HashMap<ContactId, Arc<Person>>,
    contacts: BTreeSet<ContactId>,
    ids: Vec<JourneyRunId>,
}

/// False where there was nothing to do.
async fn pass(app: &App) -> anyhow::Result<bool> {
    let (read, engine, now) = (app.cx.db.read(), app.cx.db.engine(), app.cx.clock.now());
    let inputs = db::journey_input::next(read, AT_ONCE).await?;
    let due = db::journey_run::due(read, now.into(), AT_ONCE).await?;
    if inputs.is_empty() && due.is_empty() {
        return Ok(false);
    }
    let known = know(app, inputs, due).await?;
    let bus = app.cx.bus.clone();
    let moved = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { work(tx, engine, &bus, now, known).await }))
        .await?;
    metrics::counter!("campaigns_journey_runs_started_total").increment(moved.started);
    metrics::counter!("campaigns_journey_runs_moved_total").increment(moved.moved);
    Ok(true)
}

async fn know(app: &App, inputs: Vec<Waiting>, due: Vec<JourneyRunId>) -> anyhow::Result<Known> {
    let (read, engine) = (app.cx.db.read(), app.cx.db.engine());
    let contacts: BTreeSet<ContactId> = inputs
        .iter()
        .filter_map(|waiting| waiting.input.contact)
        .collect();
    let mut ids: Vec<JourneyRunId> = inputs
        .iter()
        .filter_map(|waiting| waiting.input.run)
        .chain(due.iter().copied())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut rows = db::journey_run::by_ids(read, engine, &ids).await?;
    let asked: Vec<ContactId> = contacts.iter().copied().collect();
    rows.extend(db::journey_run::of_contacts(read, engine, &asked).await?);
    let mut journeys: HashMap<JourneyId, Journey> = HashMap::new();
    let tenants: BTreeSet<TenantId> = inputs
        .iter()
        .map(|waiting| waiting.input.tenant)
        .chain(rows.iter().map(|row| row.tenant))
        .collect();
    for tenant in tenants {
        journeys.extend(
            db::journey::published(read, tenant)
                .await?
                .into_iter()
                .map(|journey| (journey.id, journey)),
        );
    }
    let mut versions = HashMap::new();
    let named: BTreeSet<&str> = inputs
        .iter()
        .filter_map(|waiting| match &waiting.input.body {
            Body::Event(event) => Some(event.name.as_str()),
            _ => None,
        })
        .collect();
    let starting = journeys.values().filter(|journey| {
        journey
            .starts
            .as_deref()
            .is_some_and(|starts| named.contains(starts))
    });
    let wanted: BTreeSet<(JourneyId, u32)> = rows
        .iter()
        .map(|row| (row.journey, row.version))
        .chain(starting.map(|journey| (journey.id, journey.version)))
        .collect();
    for (journey, number) in wanted {
        versions.insert(
            (journey, number),
            app.versions.get(read, journey, number).await?,
        );
    }
    let mut people: BTreeMap<TenantId, BTreeSet<ContactId>> = BTreeMap::new();
    let live = rows
        .iter()
        .filter(|row| row.run.end.is_none())
        .map(|row| (row.tenant, row.contact));
    let told = inputs
        .iter()
        .filter_map(|waiting| Some((waiting.input.tenant, waiting.input.contact?)));
    for (tenant, contact) in live.chain(told) {
        people.entry(tenant).or_default().insert(contact);
    }
    let ready: Vec<Arc<Ready>> = versions.values().cloned().collect();
    let people = load::people(app, &people, &ready).await?;
    Ok(Known {
        inputs,
        due,
        journeys,
        versions,
        people,
        contacts,
        ids,
    })
}

struct Moved {
    started: u64,
    moved: u64,
}

async fn work(
    tx: &Tx,
    engine: Engine,
    bus: &Bus,
    now: chrono::DateTime<chrono::Utc>,
    known: Known,
) -> anyhow::Result<Moved> {
    let seqs: Vec<i64> = known.inputs.iter().map(|waiting| waiting.seq).collect();
    let ours = db::journey_input::remove(tx, engine, &seqs).await?;
    let contacts: Vec<ContactId> = known.contacts.into_iter().collect();
    let mut rows = db::journey_run::by_ids(tx, engine, &known.ids).await?;
    rows.extend(db::journey_run::of_contacts(tx, engine, &contacts).await?);
    let mut batch = Batch {
        now,
        runs: BTreeMap::new(),
        of_contact: HashMap::new(),
        journeys: known.journeys,
        versions: known.versions,
        people: known.people,
        changed: BTreeSet::new(),
        texts: Vec::new(),
        withdrawn: Vec::new(),
        said: Vec::new(),
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
    // Consent is asked by the task of texts: a question to another service must not hold every run up.
    texts::want_withdrawn(
        tx,
        engine,
        &batch.withdrawn,
        &Reason::CANCELLED,
        batch.now.into(),
    )
    .await?;
    db::journey_input::insert(tx, engine, &batch.said).await
}

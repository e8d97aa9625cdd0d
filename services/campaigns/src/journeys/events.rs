//! Taking events: each id once, whoever sends it and however often.

use std::collections::BTreeSet;

use chassis::{Engine, Tx};
use contract::{ContactId, Mode, TenantId, UnixMillis};

use crate::app::App;
use crate::db;
use crate::db::journey_input::{Body, NewInput};
use crate::journey::run::Happening;

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub accepted: usize,
    pub duplicates: usize,
}

/// The id of an event or a reply.
fn id(body: &Body) -> &str {
    match body {
        Body::Event(event) => &event.id,
        Body::Reply { id, .. } => id,
        Body::Outcome { .. } | Body::Called { .. } | Body::Enter { .. } | Body::Stop { .. } => "",
    }
}

/// Notes events that were not taken before; with the commit they will be worked in.
pub async fn take(
    app: &App,
    tenant: TenantId,
    mode: Mode,
    inputs: Vec<NewInput>,
) -> anyhow::Result<Taken> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { note(tx, engine, (tenant, mode), inputs, now).await })
    });
    let taken = write.await?;
    app.journeys_rung.notify_one();
    Ok(taken)
}

async fn note(
    tx: &Tx,
    engine: Engine,
    (tenant, mode): (TenantId, Mode),
    inputs: Vec<NewInput>,
    now: UnixMillis,
) -> anyhow::Result<Taken> {
    let total = inputs.len();
    let ids: Vec<String> = inputs
        .iter()
        .map(|input| id(&input.body).to_string())
        .collect();
    let mut new = db::journey_input::take(tx, engine, tenant, mode, &ids, now).await?;
    // Of two of one id in a batch the first counts.
    let fresh: Vec<NewInput> = inputs
        .into_iter()
        .filter(|input| new.remove(id(&input.body)))
        .collect();
    db::journey_input::insert(tx, engine, &fresh).await?;
    Ok(Taken {
        accepted: fresh.len(),
        duplicates: total - fresh.len(),
    })
}

/// An event that the platform tells of.
pub struct Told {
    pub contact: ContactId,
    /// `None`: of both.
    pub mode: Option<Mode>,
    pub happening: Happening,
}

/// Who hears of an event that the platform itself tells of.
pub struct Heard {
    /// Journeys that such an event starts: everybody hears of it.
    starts: BTreeSet<&'static str>,
    /// Runs that can hear of something.
    runs: BTreeSet<(ContactId, &'static str)>,
}

impl Heard {
    /// Looks for journeys that an event of this name starts, and for runs of these contacts.
    pub async fn of(
        app: &App,
        tenant: TenantId,
        name: &str,
        contacts: BTreeSet<ContactId>,
    ) -> anyhow::Result<Self> {
        let (read, engine) = (app.cx.db.read(), app.cx.db.engine());
        let heads = db::journey::heads(read, tenant).await?;
        let starts = heads
            .iter()
            .filter(|head| head.starts.as_deref() == Some(name))
            .map(|head| head.mode.as_str())
            .collect();
        let contacts: Vec<ContactId> = contacts.into_iter().collect();
        let now = app.cx.clock.millis();
        let places = if heads.is_empty() {
            Vec::new()
        } else {
            db::journey_run::places(read, engine, &[], &contacts, now).await?
        };
        let runs = places
            .iter()
            .filter(|place| place.tenant == tenant)
            .map(|place| (place.contact, place.mode.as_str()))
            .collect();
        Ok(Self { starts, runs })
    }

    fn by(&self, contact: ContactId, mode: Mode) -> bool {
        self.starts.contains(mode.as_str()) || self.runs.contains(&(contact, mode.as_str()))
    }
}

/// Notes events of the platform for those who hear of them, each once.
pub async fn hear(
    app: &App,
    tenant: TenantId,
    heard: &Heard,
    happenings: Vec<Told>,
) -> anyhow::Result<()> {
    for mode in [Mode::Live, Mode::Test] {
        let inputs: Vec<NewInput> = happenings
            .iter()
            .filter(|told| told.mode.is_none_or(|of| of == mode) && heard.by(told.contact, mode))
            .map(|told| NewInput {
                tenant,
                mode,
                contact: Some(told.contact),
                run: None,
                held_by: None,
                body: Body::Event(told.happening.clone()),
                hops: 0,
            })
            .collect();
        if !inputs.is_empty() {
            take(app, tenant, mode, inputs).await?;
        }
    }
    Ok(())
}

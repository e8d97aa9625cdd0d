//! Looks up again in which zones people live whose reminders come soon: quiet hours are those of where they are by then.
//!
//! Nobody tells of every change of a contact, so it is asked: a day before something of an appointment is due, when a
//! reminder can still go earlier, and again minutes before. Where it differs from what was planned with, it is planned anew.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use contract::contacts::{LoadRecipients, MOST_KEYS};
use contract::{AppointmentId, ContactId, TenantId, UnixMillis};

use crate::app::App;
use crate::appointment::replan;
use crate::appointment::send::Hands;
use crate::db;
use crate::db::appointment::Coming;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Between two rounds.
const PACE: TimeDelta = TimeDelta::minutes(1);
/// How long before something is due the zone is looked up.
const AHEAD: [TimeDelta; 2] = [TimeDelta::hours(24), TimeDelta::minutes(5)];

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let start = app.cx.clock.millis();
    let (mut seen, mut due) = (AHEAD.map(|_| start), start);
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stopping.cancelled() => return Ok(()),
        }
        let now = app.cx.clock.now();
        if now < due.to_utc() {
            continue;
        }
        due = (now + PACE).into();
        for (ahead, seen) in AHEAD.into_iter().zip(&mut seen) {
            let to: UnixMillis = (now + ahead).into();
            match round(&app, (now.into(), *seen, to)).await {
                Ok(()) => *seen = to,
                Err(error) => tracing::warn!(
                    error = format!("{error:#}"),
                    "zones of contacts cannot be looked up yet"
                ),
            }
        }
    }
}

/// Everybody who has something due after `seen` and up to `to`.
async fn round(
    app: &App,
    (now, seen, to): (UnixMillis, UnixMillis, UnixMillis),
) -> anyhow::Result<()> {
    let span = (seen.max(now), to);
    let mut after = AppointmentId::from_raw(0);
    while !app.cx.stopping().is_cancelled() {
        let some = db::appointment::coming(app.cx.db.read(), span, after, MOST_KEYS).await?;
        let Some(last) = some.last() else {
            return Ok(());
        };
        after = last.id;
        let mut of_tenant: BTreeMap<TenantId, Vec<Coming>> = BTreeMap::new();
        for one in some {
            of_tenant.entry(one.tenant).or_default().push(one);
        }
        for (tenant, coming) in of_tenant {
            let zones = zones(app, tenant, &coming).await?;
            let moved = coming.into_iter().filter_map(|one| {
                let zone = zones.get(&one.contact)?;
                (*zone != one.contact_zone).then_some((one.id, one.contact, *zone))
            });
            plan_anew(app, moved.collect()).await?;
        }
    }
    Ok(())
}

/// Of those who exist.
async fn zones(
    app: &App,
    tenant: TenantId,
    of: &[Coming],
) -> anyhow::Result<BTreeMap<ContactId, Option<Tz>>> {
    let mut contacts: Vec<ContactId> = of.iter().map(|one| one.contact).collect();
    contacts.sort_unstable();
    contacts.dedup();
    let question = LoadRecipients {
        contacts: contacts.clone(),
        field_names: Vec::new(),
    };
    let loaded = app.cx.bus.ask(tenant, &question).await?;
    let mut zones = BTreeMap::new();
    for (contact, person) in contacts.into_iter().zip(loaded.recipients) {
        let Some(person) = person else { continue };
        let name = person
            .zone
            .and_then(|place| loaded.zones.get(usize::from(place)));
        zones.insert(contact, name.and_then(|name| name.parse().ok()));
    }
    Ok(zones)
}

async fn plan_anew(
    app: &App,
    moved: Vec<(AppointmentId, ContactId, Option<Tz>)>,
) -> anyhow::Result<()> {
    if moved.is_empty() {
        return Ok(());
    }
    let (engine, bus, now) = (app.cx.db.engine(), app.cx.bus.clone(), app.cx.clock.now());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let hands = Hands {
                engine,
                bus: &bus,
                now,
            };
            let mut anew = 0;
            for (id, contact, zone) in moved {
                let found = db::appointment::lock(tx, engine, id).await?;
                let Some(mut of) = found.filter(|of| of.agreed.contact == contact) else {
                    continue;
                };
                if replan::contact_zone(tx, &hands, &mut of, zone).await? {
                    anew += 1;
                }
            }
            Ok(anew)
        })
    });
    let anew: u64 = write.await?;
    metrics::counter!("campaigns_appointment_zones_changed_total").increment(anew);
    app.timers.wake(app.cx.clock.millis());
    Ok(())
}

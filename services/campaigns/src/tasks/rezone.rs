//! Once at the start: instants that were computed with the zone data of another release are computed anew, because what
//! people wrote is the local time.

use std::sync::Arc;

use contract::{AppointmentId, JourneyId};

use crate::app::App;
use crate::appointment::replan;
use crate::appointment::send::Hands;
use crate::db;
use crate::journeys::slots;
use crate::recurring;
use crate::schedule::{Planned, zone};
use crate::timers;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    if let Err(error) = every_schedule(&app).await {
        tracing::warn!(
            error = format!("{error:#}"),
            "schedules keep the instants of the zone data before"
        );
    }
    if let Err(error) = every_journey(&app).await {
        tracing::warn!(
            error = format!("{error:#}"),
            "schedules of journeys keep the instants of the zone data before"
        );
    }
    if let Err(error) = every_appointment(&app).await {
        tracing::warn!(
            error = format!("{error:#}"),
            "appointments keep the instants of the zone data before"
        );
    }
    Ok(())
}

async fn every_appointment(app: &App) -> anyhow::Result<()> {
    let mut after = AppointmentId::from_raw(0);
    loop {
        let (read, now) = (app.cx.db.read(), app.cx.clock.now());
        let data = zone::DATA_VERSION;
        let some = db::appointment::of_other_zone_data(read, data, after, now.into()).await?;
        let Some(last) = some.last() else {
            return Ok(());
        };
        after = *last;
        let (engine, bus) = (app.cx.db.engine(), app.cx.bus.clone());
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move {
                let hands = Hands {
                    engine,
                    bus: &bus,
                    now,
                };
                for id in some {
                    replan::rezone(tx, &hands, id).await?;
                }
                Ok(())
            })
        });
        write.await?;
    }
}

async fn every_journey(app: &Arc<App>) -> anyhow::Result<()> {
    let now = app.cx.clock.millis();
    for owner in timers::owners(app.cx.db.read(), slots::KIND).await? {
        let (id, of) = (JourneyId::from_uuid(owner), app.clone());
        let write = app
            .cx
            .db
            .write(move |tx| Box::pin(async move { slots::rezone(tx, &of, id, now).await }));
        if write.await? {
            tracing::info!(
                zone_data = zone::DATA_VERSION,
                journey = %id,
                "a schedule has another instant"
            );
        }
    }
    app.timers.wake(now);
    Ok(())
}

async fn every_schedule(app: &App) -> anyhow::Result<()> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    for campaign in db::campaign::planned(app.cx.db.read()).await? {
        let moved = match campaign.schedule.clone() {
            Some(Planned::Local {
                local,
                timezone,
                zone_data,
            }) if zone_data != zone::DATA_VERSION => {
                let at = zone::instant(local, zone::parse(&timezone)?).into();
                let planned = Planned::Local {
                    local,
                    timezone,
                    zone_data: zone::DATA_VERSION.to_string(),
                };
                let before = campaign.schedule_at;
                app.cx
                    .db
                    .write(move |tx| {
                        Box::pin(async move {
                            db::campaign::reschedule(tx, campaign.id, at, &planned).await
                        })
                    })
                    .await?;
                before != Some(at)
            }
            Some(Planned::Recurring(_)) => {
                app.cx
                    .db
                    .write(move |tx| {
                        Box::pin(async move { recurring::rezone(tx, engine, &campaign, now).await })
                    })
                    .await?
            }
            _ => false,
        };
        if moved {
            tracing::info!(
                zone_data = zone::DATA_VERSION,
                "a schedule has another instant"
            );
        }
    }
    app.timers.wake(now);
    Ok(())
}

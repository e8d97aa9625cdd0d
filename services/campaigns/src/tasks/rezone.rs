//! Once at the start: instants that were computed with the zone data of another release are computed anew, because what
//! people wrote is the local time.

use std::sync::Arc;

use crate::app::App;
use crate::db;
use crate::recurring;
use crate::schedule::{Planned, zone};

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    if let Err(error) = every_schedule(&app).await {
        tracing::warn!(
            error = format!("{error:#}"),
            "schedules keep the instants of the zone data before"
        );
    }
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

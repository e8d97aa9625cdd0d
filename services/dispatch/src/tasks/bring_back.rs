//! Brings texts back that were held until later: when an operator's pause has ended, and when a lane has room.
//!
//! Said past the outbox: the instants that the texts were given stand in any case.

use std::sync::Arc;
use std::time::Duration;

use contract::campaigns::BringBack;
use contract::{Mode, Reason, TenantId};

use crate::app::{App, EVERYONE};
use crate::db::api_message;
use crate::sends::NO_CAMPAIGN;
use crate::traffic::away::Want;
use crate::traffic::{Control, Level};

/// Texts that were just being held when the pause ended are on record by then.
const ONCE_MORE_AFTER: Duration = Duration::from_millis(400);

/// These pauses have ended here. Nobody waits.
pub fn resumed(app: &Arc<App>, ended: Vec<Control>) {
    if ended.is_empty() {
        return;
    }
    let app = app.clone();
    tokio::spawn(async move {
        let stopping = app.cx.stopping();
        for wait in [Duration::ZERO, ONCE_MORE_AFTER] {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stopping.cancelled() => return,
            }
            for control in &ended {
                let (tenant, command) = of_control(control);
                bring(&app, tenant, command).await;
            }
        }
    });
}

/// Lanes have room for texts that were given back.
pub async fn room(app: &App, wants: Vec<Want>) {
    for want in wants {
        let command = BringBack {
            reason: Reason::PACE_QUEUE,
            mode: Some(want.mode),
            campaign: Some(want.campaign),
            at_most: Some(want.texts),
        };
        bring(app, want.tenant, command).await;
    }
}

fn of_control(control: &Control) -> (TenantId, BringBack) {
    let name = &control.name;
    let campaign = (name.level == Level::Campaign).then(|| name.name.parse().ok());
    let command = BringBack {
        reason: Reason::OPERATOR_PAUSED,
        mode: Mode::parse(name.mode).filter(|_| !name.level.is_shared()),
        campaign: campaign.flatten(),
        at_most: None,
    };
    let tenant = if name.level.is_shared() {
        EVERYONE
    } else {
        name.tenant
    };
    (tenant, command)
}

async fn bring(app: &App, tenant: TenantId, command: BringBack) {
    let brought = async {
        if command
            .campaign
            .is_none_or(|campaign| campaign == NO_CAMPAIGN)
        {
            let (now, wish) = (app.cx.clock.millis(), command.clone());
            api_message::bring_back(&app.cx.db, tenant, wish, now).await?;
            app.sends.due.notify_one();
        }
        if command.campaign != Some(NO_CAMPAIGN) {
            app.cx.bus.publish(tenant, &command).await?;
        }
        anyhow::Ok(())
    };
    if let Err(error) = brought.await {
        let error = format!("{error:#}");
        tracing::warn!(
            error,
            "held texts were not brought back; they come when their time is up"
        );
    }
}

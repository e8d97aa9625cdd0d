//! Fires the timers of this service.

use std::sync::Arc;

use contract::RunId;

use crate::app::App;
use crate::appointment::look::Look;
use crate::journeys;
use crate::recurring::Campaigns;
use crate::timers::{Scheduler, Slots};

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let campaigns = Slots(Campaigns { app: app.clone() });
    let appointments = Look { app: app.clone() };
    let journeys = Slots(journeys::slots::Journeys { app: app.clone() });
    // Fresh in every process, so that none acts under the lease of another.
    let me = RunId::begin(app.cx.clock.now()).to_string();
    let scheduler = Scheduler::new(
        app.cx.db.clone(),
        app.cx.clock.clone(),
        app.timers.clone(),
        vec![
            Arc::new(campaigns),
            Arc::new(appointments),
            Arc::new(journeys),
        ],
        app.config.timers(),
        me,
    );
    scheduler.run(app.cx.stopping()).await;
    Ok(())
}

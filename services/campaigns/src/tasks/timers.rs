//! Fires the timers of this service.

use std::sync::Arc;

use contract::RunId;

use crate::app::App;
use crate::appointment::look::Look;
use crate::journeys;
use crate::recurring::Slots;
use crate::timers::Scheduler;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let slots = Slots { app: app.clone() };
    let appointments = Look { app: app.clone() };
    let journeys = journeys::slots::Slots { app: app.clone() };
    // Fresh in every process, so that none acts under the lease of another.
    let me = RunId::begin(app.cx.clock.now()).to_string();
    let scheduler = Scheduler::new(
        app.cx.db.clone(),
        app.cx.clock.clone(),
        app.timers.clone(),
        vec![Arc::new(slots), Arc::new(appointments), Arc::new(journeys)],
        app.config.timers(),
        me,
    );
    scheduler.run(app.cx.stopping()).await;
    Ok(())
}

//! What held texts has ended, or there is room for them: they need not wait out the time they were given.

use std::sync::Arc;

use chassis::Failure;
use contract::campaigns::BringBack;
use contract::{Envelope, RunId};

use crate::app::App;
use crate::db;
use crate::db::run::{Run, RunState};

/// Chunks looked at in one transaction.
const PAGE: usize = 256;

/// Runs twice without harm: who came back too early is held again.
pub async fn handle(app: Arc<App>, command: Envelope<BringBack>) -> Result<(), Failure> {
    let mut left = match command.body.at_most {
        Some(most) => most as usize,
        None => usize::MAX,
    };
    for id in db::run::open(app.cx.db.read()).await? {
        let Some(run) = db::run::by_id(app.cx.db.read(), id).await? else {
            continue;
        };
        if left == 0 || run.state != RunState::Running || !concerns(&command, &run) {
            continue;
        }
        let came = come_back(&app, id, &command.body, left).await?;
        left -= came;
        if came > 0 {
            app.runs.wake(id);
        }
    }
    Ok(())
}

fn concerns(command: &Envelope<BringBack>, run: &Run) -> bool {
    let BringBack { mode, campaign, .. } = command.body;
    // What all tenants share is of none.
    (command.tenant.raw() == 0 || command.tenant == run.tenant)
        && mode.is_none_or(|mode| mode == run.mode)
        && campaign.is_none_or(|campaign| campaign == run.campaign)
}

/// Lets at most `left` texts come back now, the first ones first; says how many there were.
async fn come_back(
    app: &App,
    run: RunId,
    command: &BringBack,
    left: usize,
) -> anyhow::Result<usize> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let (mut after, mut came) = (None, 0);
    while came < left {
        let (reason, most) = (command.reason.clone(), left - came);
        let write = app.cx.db.write(move |tx| {
            Box::pin(async move {
                let page = db::chunk::held_after(tx, engine, run, (after, now), PAGE).await?;
                let last = page.last().map(|chunk| chunk.number);
                let full = page.len() == PAGE;
                let (mut changed, mut came) = (Vec::new(), 0);
                for mut chunk in page {
                    let back = chunk.marks.come_back(&reason, now, most - came);
                    if back > 0 {
                        came += back;
                        changed.push(chunk);
                    }
                }
                db::chunk::save(tx, &changed).await?;
                Ok((last.filter(|_| full), came))
            })
        });
        let (last, back) = write.await?;
        came += back;
        match last {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    Ok(came)
}

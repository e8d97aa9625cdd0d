//! Closes permits whose outcome is durable, so that opt-outs need not wait for them.

use std::sync::Arc;
use std::time::Duration;

use contract::chunk::SlotRef;
use contract::consent::ClosePermits;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::app::{App, EVERYONE};

/// How long the closing is still tried once the service stops; the next start does it otherwise.
const PATIENCE: Duration = Duration::from_secs(5);
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Slots whose outcome is durable.
#[derive(Debug, Default)]
pub struct Closing {
    pub slots: Vec<SlotRef>,
    /// Told once the permits are closed.
    pub dones: Vec<oneshot::Sender<()>>,
}

/// Ends when the recorder, which feeds it, has ended.
pub async fn run(app: Arc<App>, mut queue: mpsc::Receiver<Closing>) -> anyhow::Result<()> {
    while let Some(mut closing) = queue.recv().await {
        while let Ok(more) = queue.try_recv() {
            closing.slots.extend(more.slots);
            closing.dones.extend(more.dones);
        }
        if close(&app, closing.slots).await {
            for done in closing.dones {
                let _gone = done.send(());
            }
        }
    }
    Ok(())
}

async fn close(app: &App, slots: Vec<SlotRef>) -> bool {
    let question = ClosePermits {
        dispatcher: app.config.name.clone(),
        epoch: app.epoch(),
        slots,
        returned: Vec::new(),
    };
    let (mut wait, mut give_up) = (FIRST_WAIT, None);
    loop {
        let Err(error) = app.cx.bus.ask(EVERYONE, &question).await else {
            return true;
        };
        let stopping = app.cx.stopping().is_cancelled();
        if stopping && *give_up.get_or_insert_with(|| Instant::now() + PATIENCE) <= Instant::now() {
            tracing::warn!(%error, slots = question.slots.len(), "permits stay open until the next start");
            return false;
        }
        tracing::warn!(%error, slots = question.slots.len(), "permits could not be closed; trying again");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

//! Closes permits whose outcome is durable, so that opt-outs need not wait for them, and returns those whose
//! texts surely did not leave, so that they may be permitted again.

use std::sync::Arc;
use std::time::Duration;

use contract::chunk::SlotRef;
use contract::consent::{ClosePermits, ReturnedPermit};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::app::{App, EVERYONE};
use crate::db::attempt;

/// How long the closing is still tried once the service stops; the next start does it otherwise.
const PATIENCE: Duration = Duration::from_secs(5);
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Slots whose outcome is durable.
#[derive(Debug, Default)]
pub struct Closing {
    pub slots: Vec<SlotRef>,
    /// Permits of theirs that were not used.
    pub returned: Vec<ReturnedPermit>,
    /// Told once the permits are closed.
    pub dones: Vec<oneshot::Sender<()>>,
}

/// Ends when the recorder, which feeds it, has ended.
pub async fn run(app: Arc<App>, mut queue: mpsc::Receiver<Closing>) -> anyhow::Result<()> {
    while let Some(mut closing) = queue.recv().await {
        while let Ok(more) = queue.try_recv() {
            closing.slots.extend(more.slots);
            closing.returned.extend(more.returned);
            closing.dones.extend(more.dones);
        }
        if close(&app, closing.slots, closing.returned).await {
            for done in closing.dones {
                let _gone = done.send(());
            }
        }
    }
    Ok(())
}

async fn close(app: &App, slots: Vec<SlotRef>, returned: Vec<ReturnedPermit>) -> bool {
    let question = ClosePermits {
        dispatcher: app.config.name.clone(),
        epoch: app.epoch(),
        slots,
        returned,
    };
    let (mut wait, mut give_up) = (FIRST_WAIT, None);
    loop {
        let Err(error) = close_once(app, &question).await else {
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

/// Nobody who waits goes on before it is written down that the permits are back: until then consent's
/// "permitted before" would not be told from a text that has left. Both may be said again without harm.
async fn close_once(app: &App, question: &ClosePermits) -> anyhow::Result<()> {
    app.cx.bus.ask(EVERYONE, question).await?;
    if question.returned.is_empty() {
        return Ok(());
    }
    let (engine, returned) = (app.cx.db.engine(), question.returned.clone());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { attempt::mark_returned(engine, tx, &returned).await })
    });
    write.await
}

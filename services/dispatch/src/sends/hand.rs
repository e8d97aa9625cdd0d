//! Takes accepted texts through the gate, each by itself and at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chassis::Failure;
use contract::dispatch::SendChunk;
use contract::ids::MessageId;
use contract::{Envelope, EventId, TenantId};
use tokio::sync::{Notify, watch};

use super::accept::LEASE_MS;
use crate::app::App;
use crate::consumers::send_chunk;

const NOT_REGISTERED_YET: Duration = Duration::from_millis(20);
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(4);
const LEASE: Duration = Duration::from_millis(LEASE_MS.unsigned_abs());

/// Texts of the API that this process works on.
#[derive(Debug, Default)]
pub struct InWork {
    texts: Mutex<HashMap<MessageId, watch::Receiver<bool>>>,
    /// Rings when texts that were held may be due earlier than they were to be.
    pub due: Notify,
}

impl InWork {
    /// `None` if it is worked on already.
    fn begin(&self, id: MessageId) -> Option<watch::Sender<bool>> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if texts.contains_key(&id) {
            return None;
        }
        let (done, wait) = watch::channel(false);
        texts.insert(id, wait);
        Some(done)
    }

    fn end(&self, id: MessageId) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.remove(&id);
    }

    pub fn holds(&self, id: MessageId) -> bool {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.contains_key(&id)
    }

    /// Resolves when the work on a text has ended, or nobody works on it.
    pub async fn ended(&self, id: MessageId) {
        let wait = {
            let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
            texts.get(&id).cloned()
        };
        if let Some(mut wait) = wait {
            // A sender that is gone has ended too.
            let _ended = wait.wait_for(|done| *done).await;
        }
    }
}

/// Works on a text in a task of its own, unless somebody does. What cannot be finished comes back when it is due.
pub fn start(app: &Arc<App>, tenant: TenantId, chunk: SendChunk) {
    let id = MessageId::of(chunk.head.run, chunk.head.chunk, 0);
    let Some(done) = app.sends.begin(id) else {
        return;
    };
    let app = app.clone();
    tokio::spawn(async move {
        // Before consent has given an epoch, a question would only fence us.
        while app.epoch() == 0 && !app.cx.stopping().is_cancelled() {
            tokio::time::sleep(NOT_REGISTERED_YET).await;
        }
        work(&app, id, tenant, &chunk).await;
        app.sends.end(id);
        done.send_replace(true);
    });
}

/// Tries until it is done, or for as long as nobody else may take the text up: what breaks off, such as a connection
/// to the database, is mostly there again at once, and the next who looks comes when the lease is over.
async fn work(app: &Arc<App>, id: MessageId, tenant: TenantId, chunk: &SendChunk) {
    let (begun, stopping) = (Instant::now(), app.cx.stopping());
    let mut wait = FIRST_WAIT;
    loop {
        let envelope = Envelope {
            id: EventId::at(app.cx.clock.now()),
            tenant,
            at: app.cx.clock.now(),
            trace: None,
            body: chunk.clone(),
        };
        let Err(Failure::Retry(error)) = send_chunk::handle(app.clone(), envelope).await else {
            return;
        };
        if stopping.is_cancelled() {
            return;
        }
        let error = format!("{error:#}");
        tracing::warn!(%id, error, "a text of the API is tried again");
        if begun.elapsed() + wait >= LEASE {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stopping.cancelled() => return,
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

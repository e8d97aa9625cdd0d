//! The simulated carrier: a listener, its connections, and a handle to them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use contract::Phone;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::core::Core;
use super::log::Log;
use super::options::SmscOptions;
use super::session;

pub(super) struct Shared {
    core: Mutex<Core>,
    pub(super) log: Log,
    /// There is something new to bring.
    pub(super) wake: Notify,
    pub(super) stop: CancellationToken,
}

impl Shared {
    pub(super) fn new(options: SmscOptions) -> anyhow::Result<Self> {
        let log = Log::open(options.log.as_deref())?;
        // ids of two starts must not meet, or a receipt would find somebody else's text
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs());
        Ok(Self {
            core: Mutex::new(Core::new(options, seconds << 28)),
            log,
            wake: Notify::new(),
            stop: CancellationToken::new(),
        })
    }

    /// Writes the log to its end, once nobody else has a hand on it.
    pub(super) async fn close(shared: Arc<Self>) {
        if let Some(shared) = Arc::into_inner(shared) {
            let _ = tokio::task::spawn_blocking(move || shared.log.close()).await;
        }
    }

    pub(super) fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SmscStats {
    /// PDUs, so a long text counts once for each of its parts.
    pub submits: u64,
    pub rejected: u64,
    pub receipts_sent: u64,
    pub receipts_answered: u64,
    pub replies_sent: u64,
    pub replies_answered: u64,
    /// Receipts and replies still to be brought.
    pub waiting: usize,
    /// Bound sessions.
    pub bound: usize,
}

impl SmscStats {
    pub(super) fn of(core: &Core) -> Self {
        Self {
            submits: core.submits,
            rejected: core.rejected,
            receipts_sent: core.receipts_sent,
            receipts_answered: core.receipts_answered,
            replies_sent: core.replies_sent,
            replies_answered: core.replies_answered,
            waiting: core.waiting(),
            bound: core.bound,
        }
    }
}

/// A running simulated carrier. Runs until [`Smsc::stop`].
pub struct Smsc {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

impl Smsc {
    /// Listens at once (port 0 takes a free one); must be called within a tokio runtime.
    pub fn start(listen: SocketAddr, options: SmscOptions) -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind(listen)
            .with_context(|| format!("the simulated SMSC cannot listen on {listen}"))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        let shared = Arc::new(Shared::new(options)?);
        let tasks = TaskTracker::new();
        tasks.spawn(accept(listener, Arc::clone(&shared), tasks.clone()));
        Ok(Self {
            address,
            shared,
            tasks,
        })
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Somebody texts `to` (a sender we used). Brought over any bound session, now or once there is
    /// one, and again until it is answered with OK.
    pub fn send_reply(&self, from: Phone, to: &str, text: &str) {
        self.shared.core().reply(from.digits(), to, text);
        self.shared.wake.notify_one();
    }

    /// Changes how it behaves from now on; the log stays where it is.
    pub fn change(&self, change: impl FnOnce(&mut SmscOptions)) {
        change(&mut self.shared.core().options);
    }

    pub fn stats(&self) -> SmscStats {
        SmscStats::of(&self.shared.core())
    }

    /// Breaks all connections and writes the log to its end.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        Shared::close(self.shared).await;
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, tasks: TaskTracker) {
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tasks.spawn(session::serve(stream, Arc::clone(&shared)));
                }
                Err(error) => {
                    // out of file handles, most likely: they come back
                    tracing::warn!(%error, "the simulated SMSC cannot accept");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
        }
    }
}

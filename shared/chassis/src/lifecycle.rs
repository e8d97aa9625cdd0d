//! Stop in stages: first the work (no new intake, what is in flight finishes), then what the work stands on,
//! and the database writers when nobody is left who writes.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tracks everything spawned in a process and stops it in order.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    inner: Arc<Inner>,
    /// Where tasks run; the caller's runtime unless set.
    on: Option<Handle>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Cancelled first: consumers, timers and listeners take nothing new.
    stopping: CancellationToken,
    /// Cancelled when the work is done: relays and answerers end.
    closing: CancellationToken,
    /// Cancelled when the footing is gone too.
    ending: CancellationToken,
    work: TaskTracker,
    footing: TaskTracker,
    writers: TaskTracker,
    failure: Mutex<Option<anyhow::Error>>,
}

impl Lifecycle {
    /// The same, with its tasks on another runtime.
    pub(crate) fn on(&self, runtime: &Handle) -> Self {
        Self {
            inner: self.inner.clone(),
            on: Some(runtime.clone()),
        }
    }

    fn track(&self, tracker: &TaskTracker, task: impl Future<Output = ()> + Send + 'static) {
        match &self.on {
            Some(runtime) => tracker.spawn_on(task, runtime),
            None => tracker.spawn(task),
        };
    }

    pub fn stopping(&self) -> CancellationToken {
        self.inner.stopping.clone()
    }

    pub fn closing(&self) -> CancellationToken {
        self.inner.closing.clone()
    }

    pub fn ending(&self) -> CancellationToken {
        self.inner.ending.clone()
    }

    /// Work: ends itself once `stopping` is cancelled. An error, or a panic, stops the process.
    pub fn spawn_work(
        &self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let lifecycle = self.clone();
        self.track(&self.inner.work, async move {
            lifecycle.watch(name, task).await;
        });
    }

    /// What work stands on: ends itself once `closing` is cancelled.
    pub fn spawn_footing(
        &self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let lifecycle = self.clone();
        self.track(&self.inner.footing, async move {
            lifecycle.watch(name, task).await;
        });
    }

    /// A database writer: ends itself once `ending` is cancelled and its queue is empty.
    pub fn spawn_writer(
        &self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let lifecycle = self.clone();
        self.track(&self.inner.writers, async move {
            lifecycle.watch(name, task).await;
        });
    }

    async fn watch(&self, name: &'static str, task: impl Future<Output = anyhow::Result<()>>) {
        let outcome = std::panic::AssertUnwindSafe(task).catch_unwind().await;
        let failure = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.context(format!("{name} ended with an error")),
            Err(_) => anyhow::anyhow!("{name} panicked"),
        };
        self.fail(failure);
    }

    /// Records why the process must end, and starts the stop. The first reason is kept.
    pub fn fail(&self, error: anyhow::Error) {
        tracing::error!(error = format!("{error:#}"), "the process cannot go on");
        let mut failure = self
            .inner
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(error);
        self.inner.stopping.cancel();
    }

    /// Why the process had to end, if it had to. Can be taken once.
    pub fn take_failure(&self) -> Option<anyhow::Error> {
        self.inner
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Stops everything in order. True if all of it ended within `grace`.
    pub async fn stop(&self, grace: Duration) -> bool {
        self.inner.stopping.cancel();
        self.inner.work.close();
        let work_done = tokio::time::timeout(grace, self.inner.work.wait())
            .await
            .is_ok();
        self.inner.closing.cancel();
        self.inner.footing.close();
        let footing_done = tokio::time::timeout(Duration::from_secs(5), self.inner.footing.wait())
            .await
            .is_ok();
        self.inner.ending.cancel();
        self.inner.writers.close();
        let written = tokio::time::timeout(Duration::from_secs(5), self.inner.writers.wait())
            .await
            .is_ok();
        work_done && footing_done && written
    }
}

/// Resolves at SIGTERM or Ctrl-C.
pub async fn signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_ends_before_what_it_stands_on() {
        let lifecycle = Lifecycle::default();
        let (stopping, closing, ending) = (
            lifecycle.stopping(),
            lifecycle.closing(),
            lifecycle.ending(),
        );
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (first, second, third) = (seen.clone(), seen.clone(), seen.clone());
        lifecycle.spawn_writer("writer", async move {
            ending.cancelled().await;
            third.lock().unwrap().push("writer");
            Ok(())
        });
        lifecycle.spawn_footing("footing", async move {
            closing.cancelled().await;
            first.lock().unwrap().push("footing");
            Ok(())
        });
        lifecycle.spawn_work("work", async move {
            stopping.cancelled().await;
            tokio::time::sleep(Duration::from_millis(30)).await;
            second.lock().unwrap().push("work");
            Ok(())
        });
        assert!(lifecycle.stop(Duration::from_secs(5)).await);
        assert_eq!(*seen.lock().unwrap(), ["work", "footing", "writer"]);
    }

    #[tokio::test]
    async fn a_failing_task_stops_the_process_and_keeps_its_reason() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn_work("writer", async { anyhow::bail!("disk full") });
        lifecycle.stopping().cancelled().await;
        let reason = format!("{:#}", lifecycle.take_failure().unwrap());
        assert!(
            reason.contains("writer") && reason.contains("disk full"),
            "{reason}"
        );
    }
}

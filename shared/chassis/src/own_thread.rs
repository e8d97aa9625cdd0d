//! A thread with a runtime of its own, for work that must not queue behind the mass path.
//!
//! On saturated cores a task waits for its turn behind hundreds of others of the same runtime, at every
//! `await`. The kernel gives a thread that has slept its turn at once, so what runs here does not wait.

use std::thread;

use anyhow::Context;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The thread; it ends when this is dropped.
#[derive(Debug)]
pub struct OwnThread {
    handle: Handle,
    _until_dropped: oneshot::Sender<()>,
}

impl OwnThread {
    /// `name`: at most 15 bytes are shown by the kernel.
    pub fn start(name: &str) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("a runtime of its own cannot start")?;
        let handle = runtime.handle().clone();
        let (until_dropped, dropped) = oneshot::channel::<()>();
        thread::Builder::new()
            .name(name.to_string())
            .spawn(move || {
                let _ended = runtime.block_on(dropped);
                runtime.shutdown_background();
            })
            .context("a thread cannot start")?;
        Ok(Self {
            handle,
            _until_dropped: until_dropped,
        })
    }

    pub const fn handle(&self) -> &Handle {
        &self.handle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_runs_there_runs_on_its_thread() {
        let own = OwnThread::start("own").unwrap();
        let name = own
            .handle()
            .spawn(async { thread::current().name().map(str::to_string) })
            .await
            .unwrap();
        assert_eq!(name.as_deref(), Some("own"));
    }
}

//! A thread of its own for the little work that a person or the law waits for: a STOP, its confirmation.
//!
//! On saturated cores a task waits for its turn behind hundreds of others of the same runtime, at every
//! `await`. The kernel gives a thread that has slept its turn at once, so what runs here does not. Only work
//! that is short between two `await`s belongs here.

use std::thread;

use anyhow::Context;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The thread; it ends when this is dropped.
#[derive(Debug)]
pub struct Urgent {
    handle: Handle,
    _until_dropped: oneshot::Sender<()>,
}

impl Urgent {
    pub fn start() -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("a second runtime cannot start")?;
        let handle = runtime.handle().clone();
        let (until_dropped, dropped) = oneshot::channel::<()>();
        thread::Builder::new()
            .name("urgent".to_string())
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

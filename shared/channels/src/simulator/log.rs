//! The log file: lines gather in memory and are written every few milliseconds by a thread.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;

use super::entry::Entry;

const FLUSH_EVERY: Duration = Duration::from_millis(25);

#[derive(Default)]
struct Shared {
    lines: Mutex<Vec<u8>>,
    stop: AtomicBool,
}

/// Appends to a file; nothing at all where no file is wanted.
#[derive(Default)]
pub(super) struct Log {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Log {
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let file = File::options()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot open the SMSC's log {}", path.display()))?;
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("smsc-log".into())
            .spawn(move || write(&theirs, file))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    pub(super) fn add(&self, entry: &Entry<'_>) {
        if self.thread.is_none() {
            return;
        }
        let mut lines = self
            .shared
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if serde_json::to_writer(&mut *lines, entry).is_ok() {
            lines.push(b'\n');
        }
    }

    /// Writes what is left and closes the file. Blocks for a moment.
    pub(super) fn close(mut self) {
        self.finish();
    }

    fn finish(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.finish();
    }
}

fn write(shared: &Shared, mut file: File) {
    loop {
        // read before the lines are taken, so that nothing added before the stop is left behind
        let last = shared.stop.load(Ordering::Acquire);
        let lines =
            std::mem::take(&mut *shared.lines.lock().unwrap_or_else(PoisonError::into_inner));
        if let Err(error) = file.write_all(&lines) {
            tracing::error!(%error, "the SMSC's log cannot be written");
            return;
        }
        if last {
            return;
        }
        std::thread::park_timeout(FLUSH_EVERY);
    }
}

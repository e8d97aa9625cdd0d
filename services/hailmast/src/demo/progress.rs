//! A progress bar on terminals; nothing elsewhere.

use std::io::{IsTerminal, Write};

pub struct Progress {
    shown: bool,
}

impl Progress {
    pub fn new(json: bool) -> Self {
        Self {
            shown: !json && std::io::stderr().is_terminal(),
        }
    }

    /// `label [#####.....] 512/1000`
    pub fn show(&self, label: &str, done: u64, total: u64) {
        if !self.shown || total == 0 {
            return;
        }
        let filled = usize::try_from(done.min(total) * 30 / total).unwrap_or(0);
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(30 - filled));
        eprint!("\r{label:<12} [{bar}] {done}/{total}   ");
        let _flushed = std::io::stderr().flush();
    }

    /// A finished step.
    pub fn done(&self, text: &str) {
        if self.shown {
            eprint!("\r{}\r", " ".repeat(78));
        }
        eprintln!("{text}");
    }
}

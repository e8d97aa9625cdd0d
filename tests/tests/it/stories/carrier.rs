//! The carrier of a story: `hailmast smsc`, a process of its own.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use channels::simulator::{Verdict, judge};
use serde_json::Value;
use testkit::binary;

/// By which the judge knows the confirmation of an opt-out.
pub const CONFIRMATION: &str = "You are unsubscribed";

pub struct Carrier {
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
    pub address: String,
}

impl Carrier {
    pub fn start(log: &Path, ways: &[&str]) -> Self {
        let mut child = Command::new(binary())
            .args(["smsc", "--listen", "127.0.0.1:0", "--log"])
            .arg(log)
            .args(ways)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        let address = first["listening"].as_str().unwrap().to_string();
        Self {
            child,
            commands,
            answers,
            log: log.to_path_buf(),
            address,
        }
    }

    pub fn command(&mut self, line: &str) -> Value {
        writeln!(self.commands, "{line}").unwrap();
        self.commands.flush().unwrap();
        serde_json::from_str(&self.answers.next().unwrap().unwrap()).unwrap()
    }

    /// Ends it and judges its log.
    pub fn verdict(&mut self) -> Verdict {
        let _said = writeln!(self.commands, "stop");
        let _flushed = self.commands.flush();
        let _ended = self.child.wait();
        judge(&self.log, CONFIRMATION).unwrap()
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

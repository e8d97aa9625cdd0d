//! Foreign programs: where they are, and how they are talked to.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Where `install.sh` has put things.
pub fn folder() -> PathBuf {
    match std::env::var_os("HAILMAST_CONFORMANCE") {
        Some(folder) => folder.into(),
        None => root().join("target/conformance"),
    }
}

pub fn script(name: &str) -> PathBuf {
    root().join("tests/conformance").join(name)
}

/// Twilio's published description of its API.
pub fn openapi() -> PathBuf {
    match std::env::var_os("HAILMAST_TWILIO_OPENAPI") {
        Some(file) => file.into(),
        None => root().join("../shared/data/twilio-messages-openapi.json"),
    }
}

/// True where all of these exist; else says what is skipped and why.
pub fn is_there(test: &str, needed: &[PathBuf]) -> bool {
    let missing = needed.iter().find(|path| !path.exists());
    if let Some(missing) = missing {
        println!("skipped: {test}: {} is not there", missing.display());
    }
    missing.is_none()
}

/// A script that needs this package, and where that must lie.
pub fn python(name: &str, package: &str) -> (Command, Vec<PathBuf>) {
    let mut command = Command::new(folder().join("python/bin/python"));
    command.arg(script(name));
    let lib = folder().join("python/lib");
    let versions = std::fs::read_dir(&lib).into_iter().flatten().flatten();
    let installed = versions
        .map(|version| version.path().join("site-packages").join(package))
        .find(|path| path.exists());
    (
        command,
        vec![installed.unwrap_or_else(|| lib.join(package))],
    )
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A program that says JSON lines, ended with the test.
pub struct Foreign {
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    pub said: Vec<Value>,
}

impl Foreign {
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            input: child.stdin.take(),
            child,
            lines,
            said: Vec::new(),
        }
    }

    pub fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
        input.flush().unwrap();
    }

    /// No more input.
    pub fn hush(&mut self) {
        self.input = None;
    }

    /// The next line; blocks until there is one.
    pub fn line(&mut self) -> Value {
        let line = self.lines.next().expect("the program ended").unwrap();
        let value: Value = serde_json::from_str(&line).unwrap_or(Value::String(line));
        self.said.push(value.clone());
        value
    }

    /// Reads until a line of this event.
    pub fn until(&mut self, event: &str) -> Value {
        loop {
            let line = self.line();
            if line["event"] == event {
                return line;
            }
        }
    }

    pub fn count(&self, event: &str) -> usize {
        self.said
            .iter()
            .filter(|line| line["event"] == event)
            .count()
    }

    /// Waits for its end; true if it went well.
    pub fn ended_well(&mut self, within: Duration) -> bool {
        let limit = Instant::now() + within;
        while Instant::now() < limit {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.input = None;
        if !self.ended_well(Duration::from_secs(3)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

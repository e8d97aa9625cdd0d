//! A program under test, seen from outside: its output, its end, its signals.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const LAST_WORDS: Duration = Duration::from_secs(1);

/// Killed when dropped.
pub struct Process {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: [JoinHandle<()>; 2],
}

impl Process {
    /// Starts it and collects what it writes to both outputs.
    pub fn spawn(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().expect("the program can be started");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let readers = [
            collect(child.stdout.take().unwrap(), &lines),
            collect(child.stderr.take().unwrap(), &lines),
        ];
        Self {
            child,
            lines,
            readers,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has written so far.
    pub fn output(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// The first line with `text` in it; fails the test when there is none in time, or the program ended.
    pub fn wait_for_line(&mut self, text: &str, patience: Duration) -> String {
        let since = Instant::now();
        loop {
            let ended = self.ended();
            let found = self
                .lines
                .lock()
                .unwrap()
                .iter()
                .find(|line| line.contains(text))
                .cloned();
            if let Some(line) = found {
                return line;
            }
            if let Some(status) = ended {
                panic!("it ended ({status}) without {text:?}:\n{}", self.output());
            }
            assert!(
                since.elapsed() < patience,
                "no {text:?} within {patience:?}:\n{}",
                self.output()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Once it has ended and everything it wrote has been read.
    fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().unwrap()?;
        let since = Instant::now();
        // A child of its own that holds the pipe open is not waited for.
        while self.readers.iter().any(|reader| !reader.is_finished())
            && since.elapsed() < LAST_WORDS
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        Some(status)
    }

    /// Its end; fails the test when it does not come in time.
    pub fn wait(&mut self, patience: Duration) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(
                since.elapsed() < patience,
                "it runs on after {patience:?}:\n{}",
                self.output()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// As a service manager would end it.
    pub fn terminate(&mut self, patience: Duration) -> ExitStatus {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let _ = kill_process(pid.expect("a process number"), Signal::TERM);
        self.wait(patience)
    }

    /// As a crash would: nothing of it runs on.
    pub fn kill9(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill9();
    }
}

fn collect(
    output: impl std::io::Read + Send + 'static,
    lines: &Arc<Mutex<Vec<String>>>,
) -> JoinHandle<()> {
    let lines = lines.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            lines.lock().unwrap().push(line);
        }
    })
}

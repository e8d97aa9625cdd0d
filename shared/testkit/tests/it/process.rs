use std::process::Command;
use std::time::Duration;

use testkit::Process;

const SOON: Duration = Duration::from_secs(10);

fn shell(script: &str) -> Process {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    Process::spawn(command)
}

#[test]
fn both_outputs_are_read_and_the_end_is_seen() {
    let mut process = shell("echo ready >&2; echo done; exit 3");
    assert_eq!(process.wait_for_line("ready", SOON), "ready");
    assert_eq!(process.wait(SOON).code(), Some(3));
    process.wait_for_line("done", SOON);
}

#[test]
fn a_program_is_asked_to_end_before_it_is_killed() {
    let mut process = shell("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done");
    process.wait_for_line("up", SOON);
    assert!(process.terminate(SOON).success());
    assert!(process.output().contains("bye"));
}

//! What the built binary tells whoever calls it without a server.
//!
//! That it has an integration test is also why `cargo test --workspace` builds it, with the features of the
//! workspace: the stories in `tests/` take that very file (`testkit::binary`).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn hailmast(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hailmast"));
    command.args(args).output().unwrap()
}

#[test]
fn the_help_names_the_way_in_and_the_version_is_the_workspaces() {
    let help = hailmast(&["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success());
    for command in ["demo", "up", "run", "doctor", "explain"] {
        assert!(
            text.contains(&format!("\n  {command} ")),
            "{command} is not named:\n{text}"
        );
    }
    let version = String::from_utf8(hailmast(&["--version"]).stdout).unwrap();
    assert_eq!(
        version.trim(),
        concat!("hailmast ", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_command_that_does_not_exist_is_refused_with_the_way_to_the_help() {
    let refused = hailmast(&["dmeo"]);
    let text = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text.contains("'dmeo'") && text.contains("--help"), "{text}");
}

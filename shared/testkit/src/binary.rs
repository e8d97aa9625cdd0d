//! The built `hailmast`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Builds `hailmast` once a process (cargo makes it a no-op when nothing changed) and names it.
pub fn binary() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(build)
}

/// In the profile the tests themselves were built in, so that nothing is built twice.
fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let release = !cfg!(debug_assertions);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&root)
        .args([
            "build",
            "--quiet",
            "--package",
            "hailmast",
            "--bin",
            "hailmast",
        ])
        .args(release.then_some("--release"));
    let status = command.status().expect("cargo can be run");
    assert!(status.success(), "hailmast does not build");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let profile = if release { "release" } else { "debug" };
    let binary = root.join(target).join(profile).join("hailmast");
    binary.canonicalize().expect("cargo has built it")
}

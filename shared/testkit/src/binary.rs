//! The built `hailmast`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Beginnings of the variables that cargo sets for what it runs.
const OF_A_PACKAGE: [&str; 5] = [
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_CRATE_NAME",
    "CARGO_BIN_",
    "CARGO_PRIMARY_PACKAGE",
];

/// Builds `hailmast` once a process (cargo makes it a no-op when nothing changed) and names it.
pub fn binary() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(build)
}

/// In the profile the tests themselves were built in and with the features of the whole workspace, as
/// `cargo test --workspace` does, so that nothing is built twice: `cargo build --package hailmast` would build
/// half of the dependencies anew, with fewer features. The test named is one of hailmast's own.
fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let release = !cfg!(debug_assertions);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(&root)
        .args([
            "test",
            "--quiet",
            "--no-run",
            "--workspace",
            "--test",
            "binary",
        ])
        .args(release.then_some("--release"));
    // What cargo told this test about its package would change what build scripts see, and build all anew.
    for (name, _) in std::env::vars_os() {
        let of_a_package = name
            .to_str()
            .is_some_and(|name| OF_A_PACKAGE.iter().any(|prefix| name.starts_with(prefix)));
        if of_a_package {
            command.env_remove(name);
        }
    }
    let status = command.status().expect("cargo can be run");
    assert!(status.success(), "hailmast does not build");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let profile = if release { "release" } else { "debug" };
    let binary = root.join(target).join(profile).join("hailmast");
    binary.canonicalize().expect("cargo has built it")
}

//! The workspace as cargo sees it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
}

#[derive(Deserialize)]
pub struct Package {
    pub name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<PathBuf>,
}

pub fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().unwrap()
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

pub fn metadata() -> Metadata {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

impl Package {
    /// Lies in this top folder: `services` or `shared`.
    pub fn lies_in(&self, folder: &str) -> bool {
        self.manifest_path
            .strip_prefix(root())
            .unwrap()
            .starts_with(folder)
    }

    pub fn manifest(&self) -> String {
        std::fs::read_to_string(&self.manifest_path).unwrap()
    }

    /// Our own crates that it needs to be built, not those of its tests.
    pub fn own(&self) -> BTreeSet<&str> {
        let shipped = self
            .dependencies
            .iter()
            .filter(|one| one.kind.is_none() && one.path.is_some());
        shipped.map(|one| one.name.as_str()).collect()
    }

    /// Our own crates that only its tests need.
    pub fn own_for_tests(&self) -> BTreeSet<&str> {
        let tests = self
            .dependencies
            .iter()
            .filter(|one| one.kind.as_deref() == Some("dev") && one.path.is_some());
        tests.map(|one| one.name.as_str()).collect()
    }

    /// Whether it names this crate outside its tests.
    pub fn ships(&self, name: &str) -> bool {
        self.dependencies
            .iter()
            .any(|one| one.name == name && one.kind.is_none())
    }
}

//! The source files themselves.

use std::path::{Path, PathBuf};

use crate::workspace::root;

const LONGEST: usize = 600;

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["services", "shared", "tests"] {
        gather(&root().join(folder), &mut found);
    }
    assert!(
        found.len() > 100,
        "only {} source files were found",
        found.len()
    );
    found
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn a_file_can_be_read_in_one_sitting() {
    for path in sources() {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines", path.display());
    }
}

#[test]
fn a_file_is_named_after_what_it_is_about() {
    let vague = [
        "util", "utils", "common", "helper", "helpers", "manager", "misc",
    ];
    for path in sources() {
        let parts = path.strip_prefix(root()).unwrap().with_extension("");
        let named = parts
            .iter()
            .find(|part| part.to_str().is_some_and(|name| vague.contains(&name)));
        assert!(named.is_none(), "{}", path.display());
    }
}

#[test]
fn nothing_is_left_to_be_written() {
    // Put together here, so that this file does not find itself.
    let placeholders = ["todo", "unimplemented"].map(|word| format!("{word}!("));
    for path in sources() {
        let text = std::fs::read_to_string(&path).unwrap();
        let found = placeholders
            .iter()
            .find(|word| text.contains(word.as_str()));
        assert!(found.is_none(), "{} in {}", found.unwrap(), path.display());
    }
}

/// Everything that ships, without tests.
pub fn production_text() -> String {
    let shipped = sources().into_iter().filter(|path| {
        let text = path.to_string_lossy();
        text.contains("/src/") && !text.contains("/testkit/") && !text.ends_with("tests.rs")
    });
    shipped
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

pub fn all_text() -> String {
    sources()
        .into_iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

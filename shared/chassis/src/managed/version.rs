//! Versions of nats-server.

use std::fmt;
use std::path::Path;

use anyhow::Context;

/// Atomic batches, message schedules and pinned consumers are all there from this version on.
pub const OLDEST: Version = Version {
    major: 2,
    minor: 14,
    patch: 0,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    /// Reads `nats-server: v2.15.1`, `v2.15.1` or `2.15.1-beta.2`.
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.split_whitespace().last()?.trim_start_matches('v');
        let plain = word.split(['-', '+']).next()?;
        let mut parts = plain.split('.').map(|part| part.parse::<u32>().ok());
        let version = Self {
            major: parts.next()??,
            minor: parts.next()??,
            patch: parts.next().unwrap_or(Some(0))?,
        };
        parts.next().is_none().then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Asks the binary.
pub(super) async fn of_binary(binary: &Path) -> anyhow::Result<Version> {
    let output = tokio::process::Command::new(binary)
        .arg("--version")
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("{} cannot be run", binary.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Version::parse(&text).with_context(|| {
        format!(
            "{} does not answer --version like a nats-server",
            binary.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_binarys_own_words() {
        let expected = Some(Version {
            major: 2,
            minor: 15,
            patch: 1,
        });
        assert_eq!(Version::parse("nats-server: v2.15.1\n"), expected);
        assert_eq!(Version::parse("2.15.1-beta.3"), expected);
    }

    #[test]
    fn nonsense_is_no_version() {
        for text in ["", "nats-server", "v2", "2.x.1", "2.15.1.4"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        assert!(Version::parse("2.9.25") < Version::parse("2.14.0"));
        assert!(Version::parse("2.15.1") > Some(OLDEST));
    }
}

//! The JetStream streams. Created or widened by code at start, never deleted by code.

use std::time::Duration;

use crate::payload::{Owner, PayloadKind};

/// One stream: limits retention, file storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSpec {
    pub name: String,
    pub subjects: Vec<String>,
    /// Commands carry numbers and texts, so they stay at most 72 hours.
    pub max_age: Duration,
    pub description: String,
}

const HOUR: Duration = Duration::from_secs(3600);

/// Where what could not be processed goes: `dlq.<durable>`.
pub const DEAD_LETTERS: &str = "DLQ";

pub fn name(kind: PayloadKind, owner: Owner) -> String {
    format!("{}_{}", kind.token(), owner.as_str()).to_ascii_uppercase()
}

/// Every stream of the platform.
pub fn all() -> Vec<StreamSpec> {
    let mut specs = Vec::new();
    for owner in Owner::ALL {
        for (kind, max_age, what) in [
            (PayloadKind::Event, HOUR * 24 * 7, "said by"),
            (PayloadKind::Command, HOUR * 72, "asked of"),
        ] {
            specs.push(StreamSpec {
                name: name(kind, owner),
                subjects: vec![format!("{}.{}.>", kind.token(), owner.as_str())],
                max_age,
                description: format!("{what} {}", owner.as_str()),
            });
        }
    }
    specs.push(StreamSpec {
        name: DEAD_LETTERS.to_string(),
        subjects: vec!["dlq.>".to_string()],
        max_age: HOUR * 24 * 30,
        description: "what could not be processed, until it is replayed".to_string(),
    });
    specs
}

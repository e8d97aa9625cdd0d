//! Where the link to a carrier stands.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    Connecting,
    /// Texts can be handed over.
    Bound,
    /// The carrier refuses our credentials, with this status; we keep trying.
    Refused {
        status: String,
    },
    /// No connection; we keep trying.
    Down {
        why: String,
    },
    Closed,
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting => f.write_str("connecting"),
            Self::Bound => f.write_str("bound"),
            Self::Refused { status } => write!(f, "refused ({status})"),
            Self::Down { why } => write!(f, "down ({why})"),
            Self::Closed => f.write_str("closed"),
        }
    }
}

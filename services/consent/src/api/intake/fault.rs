//! Why an entry is not taken, and how a caller is told.

use axum::http::StatusCode;
use chassis::http::Problem;

use crate::record::Recorded;
use crate::standing::Refused;

/// Why an entry is not taken, with its stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub pointer: &'static str,
    pub detail: String,
}

impl Fault {
    pub fn new(code: &'static str, pointer: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            pointer,
            detail: detail.into(),
        }
    }

    pub fn problem(&self) -> Problem {
        let status = match self.code {
            "consent.newer_revocation" | "consent.erased" | "consent.nothing_pending" => {
                StatusCode::CONFLICT
            }
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Problem::new(status, self.code, self.detail.clone()).error(
            self.pointer,
            self.code,
            self.detail.clone(),
        )
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NewerRevocation => {
                Self::new("consent.newer_revocation", "/at", refused.to_string())
            }
            Refused::Erased => Self::new("consent.erased", "/phone", refused.to_string()),
            Refused::NothingPending => {
                Self::new("consent.nothing_pending", "/programme", refused.to_string())
            }
        }
    }
}

/// What recording said, for the caller.
pub fn told(recorded: Recorded) -> Result<contract::ConsentId, Fault> {
    match recorded {
        Recorded::Added(id) | Recorded::Already(id) => Ok(id),
        Recorded::Refused(refused) => Err(refused.into()),
    }
}

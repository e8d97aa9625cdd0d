//! An import and how far it has come.

use contract::{ImportId, ListId, TenantId};
use serde::{Deserialize, Serialize};

use crate::layout::Layout;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Queued,
    Running,
    Succeeded,
    /// Some rows were rejected; the others were taken.
    SucceededWithErrors,
    Failed,
    Cancelled,
}

impl State {
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::SucceededWithErrors,
        Self::Failed,
        Self::Cancelled,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::SucceededWithErrors => "succeeded_with_errors",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// How to read the file; fixed when the import is accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileSettings {
    pub delimiter: u8,
    pub layout: Layout,
    pub default_region: Option<String>,
    /// Where the first row after the header begins.
    pub first_offset: u64,
    pub first_line: u64,
}

/// Rows read so far; `rows = created + updated + duplicates + rejected`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub rows: u64,
    pub created: u64,
    pub updated: u64,
    pub duplicates: u64,
    pub rejected: u64,
}

/// Where reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub offset: u64,
    pub line: u64,
    /// Length of the errors file that belongs to the rows read so far.
    pub errors_bytes: u64,
    pub counts: Counts,
}

#[derive(Debug, Clone)]
pub struct Job {
    pub id: ImportId,
    pub tenant: TenantId,
    pub state: State,
    pub list: Option<ListId>,
    pub dry_run: bool,
    pub settings: FileSettings,
    pub file_bytes: u64,
    pub progress: Progress,
    /// Why it failed: a code.
    pub failure: Option<String>,
    pub created_at: i64,
    pub finished_at: Option<i64>,
}

/// How an import whose rows have all been read ends.
pub const fn outcome(counts: &Counts) -> (State, Option<&'static str>) {
    if counts.rows == counts.rejected {
        (State::Failed, Some("import.no_valid_rows"))
    } else if counts.rejected > 0 {
        (State::SucceededWithErrors, None)
    } else {
        (State::Succeeded, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_follows_from_the_counts() {
        let counts = |rows, rejected| Counts {
            rows,
            rejected,
            ..Counts::default()
        };
        assert_eq!(
            outcome(&counts(0, 0)),
            (State::Failed, Some("import.no_valid_rows"))
        );
        assert_eq!(
            outcome(&counts(2, 2)),
            (State::Failed, Some("import.no_valid_rows"))
        );
        assert_eq!(outcome(&counts(2, 1)), (State::SucceededWithErrors, None));
        assert_eq!(outcome(&counts(2, 0)), (State::Succeeded, None));
    }
}

//! A ledger entry, as the fold sees it.

use serde::{Deserialize, Serialize};

use super::{Action, Purpose, SMS, Scope};
use crate::law::Level;

/// Everything of a ledger entry that the fold looks at; names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub action: Action,
    pub programme: Option<String>,
    pub channel: String,
    /// For opt-outs: how far it reaches. For opt-ins nothing.
    pub scope: Option<Scope>,
    pub level: Level,
    pub purpose: Purpose,
    pub pending: bool,
    pub proven: bool,
    pub expires_at: Option<i64>,
    /// `keyword`, `web`, `list`, …: who or what said so.
    pub by: String,
    /// For blocks: the sender.
    pub sender: Option<String>,
    /// For opt-outs: the confirmation asks which programmes were meant.
    #[serde(default, skip_serializing_if = "is_false")]
    pub clarify: bool,
    /// Given by the person's own text or double opt-in: lifts what an erasure left behind.
    pub fresh: bool,
    /// When the person acted.
    pub at: i64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it like this"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Change {
    pub fn new(action: Action, at: i64) -> Self {
        Self {
            action,
            programme: None,
            channel: SMS.to_string(),
            scope: None,
            level: Level::None,
            purpose: Purpose::All,
            pending: false,
            proven: true,
            expires_at: None,
            by: String::new(),
            sender: None,
            clarify: false,
            fresh: false,
            at,
        }
    }

    pub fn opt_in(programme: Option<&str>, level: Level, at: i64) -> Self {
        Self {
            programme: programme.map(str::to_string),
            level,
            ..Self::new(Action::OptIn, at)
        }
    }

    pub fn opt_out(scope: Scope, at: i64) -> Self {
        Self {
            scope: Some(scope),
            ..Self::new(Action::OptOut, at)
        }
    }
}

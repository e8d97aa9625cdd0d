//! The kinds of ledger entries.

use serde::{Deserialize, Serialize};

/// What one ledger entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    OptIn,
    /// A double opt-in was confirmed.
    DoiConfirm,
    OptOut,
    /// START: back to what was there before an opt-out.
    Restore,
    /// A consent ran out, or a double opt-in was never confirmed.
    Expire,
    /// An opt-in taken over from another system.
    Import,
    /// A reply that may be an opt-out: held until a human has looked.
    Hold,
    /// A human looked: it was none.
    Release,
    /// The carrier blocks this person for a sender.
    Block,
    /// A suppression list's entry was taken off; lifts only what a list put there.
    Unsuppress,
    /// The number has a new holder.
    Reassign,
    /// GDPR art 18 and its end, art 21(2), art 17.
    Restrict,
    Unrestrict,
    Object,
    Erase,
}

impl Action {
    pub const ALL: [Self; 15] = [
        Self::OptIn,
        Self::DoiConfirm,
        Self::OptOut,
        Self::Restore,
        Self::Expire,
        Self::Import,
        Self::Hold,
        Self::Release,
        Self::Block,
        Self::Unsuppress,
        Self::Reassign,
        Self::Restrict,
        Self::Unrestrict,
        Self::Object,
        Self::Erase,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptIn => "opt_in",
            Self::DoiConfirm => "doi_confirm",
            Self::OptOut => "opt_out",
            Self::Restore => "restore",
            Self::Expire => "expire",
            Self::Import => "import",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Block => "block",
            Self::Unsuppress => "unsuppress",
            Self::Reassign => "reassign",
            Self::Restrict => "restrict",
            Self::Unrestrict => "unrestrict",
            Self::Object => "object",
            Self::Erase => "erase",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }

    /// Fewer texts may leave from then on: it counts at once, and is confirmed when nothing is under way.
    pub const fn ends_texts(self) -> bool {
        matches!(
            self,
            Self::OptOut
                | Self::Block
                | Self::Object
                | Self::Restrict
                | Self::Erase
                | Self::Reassign
        )
    }

    pub const fn brings_texts(self) -> bool {
        matches!(
            self,
            Self::OptIn | Self::Import | Self::DoiConfirm | Self::Restore
        )
    }
}

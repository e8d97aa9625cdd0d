//! How far a segment is: whether everybody was looked at.

use contract::{ContactId, SegmentId};

/// Why all contacts are walked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// The condition is new: who is in the segment is not known before the end.
    Define,
    /// Time went by, or a list is gone: who came in or left is found.
    Again,
}

impl Walk {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Define => "define",
            Self::Again => "again",
        }
    }

    pub fn read(text: &str) -> anyhow::Result<Self> {
        match text {
            "define" => Ok(Self::Define),
            "again" => Ok(Self::Again),
            other => anyhow::bail!("`{other}` is no kind of a walk"),
        }
    }
}

/// A segment, as far as a change of a contact is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub id: SegmentId,
    pub expression: String,
    pub revision: i64,
    pub by_lists: bool,
    pub by_time: bool,
    pub walk: Option<Walk>,
    /// The last contact that the walk has looked at.
    pub cursor: Option<ContactId>,
}

impl Standing {
    /// Everybody was looked at since the condition is what it is.
    pub fn is_complete(&self) -> bool {
        self.walk != Some(Walk::Define)
    }

    /// Whether a move of this contact is one: it was looked at since the condition is what it is. Who is found to be
    /// in a segment when that is defined did not come in.
    pub fn tells_of(&self, contact: ContactId) -> bool {
        self.is_complete() || self.cursor.is_some_and(|cursor| contact <= cursor)
    }
}

//! What is wrong with a journey, where, and how to mend it.

use serde::Serialize;
use utoipa::ToSchema;

use super::source::Position;

/// One fault. All faults of a journey are told at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON pointer (RFC 6901) into the journey.
    pub pointer: String,
    /// From 1, in the text as it was given.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// Stable; its page is in docs/errors.md.
    pub code: &'static str,
    pub message: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Fault {
    pub fn new(
        pointer: &str,
        at: Position,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            pointer: pointer.to_string(),
            line: at.line,
            column: at.column,
            code,
            message: message.into(),
            hint: None,
        }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Message and hint in one line.
    pub fn detail(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{} {hint}", self.message),
            None => self.message.clone(),
        }
    }
}

/// Puts faults into the order of the text and takes repetitions away.
pub fn sorted(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by(|a, b| {
        (a.line, a.column, &a.pointer, a.code).cmp(&(b.line, b.column, &b.pointer, b.code))
    });
    faults.dedup();
    faults
}

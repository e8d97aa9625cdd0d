//! What a journey does with what arrives.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Never published.
    Draft,
    /// Events start runs, and runs go on.
    Running,
    /// Nothing starts and nothing goes on; what arrives waits.
    Paused,
    /// Nothing starts; runs that are there go on to their end.
    Draining,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Draft, Self::Running, Self::Paused, Self::Draining];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Draining => "draining",
        }
    }

    /// The states that somebody may bring a journey to this one from. A version is what makes one of a draft.
    pub const fn reached_from(self) -> &'static [Self] {
        match self {
            Self::Draft => &[],
            Self::Running => &[Self::Paused, Self::Draining],
            Self::Paused => &[Self::Running, Self::Draining],
            Self::Draining => &[Self::Running, Self::Paused],
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

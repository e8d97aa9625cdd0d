//! The states of a campaign and what may be asked of it in each.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Draft,
    /// Launched, and waits for its time.
    Scheduled,
    /// The audience is being frozen; first chunks may already be on their way.
    Preparing,
    Running,
    Paused,
    Completed,
    Cancelled,
    /// Its validity ended before anything was handed over.
    Expired,
    /// It could not start; the reason says why.
    Failed,
}

impl State {
    pub const ALL: [Self; 9] = [
        Self::Draft,
        Self::Scheduled,
        Self::Preparing,
        Self::Running,
        Self::Paused,
        Self::Completed,
        Self::Cancelled,
        Self::Expired,
        Self::Failed,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Preparing => "preparing",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub fn allows(self, action: Action) -> bool {
        action.from().contains(&self)
    }

    /// What may be asked of a campaign in this state.
    pub fn allowed(self) -> Vec<Action> {
        Action::ALL
            .into_iter()
            .filter(|action| self.allows(*action))
            .collect()
    }
}

/// What a caller may ask of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Edit,
    Delete,
    Launch,
    Pause,
    Resume,
    Cancel,
    Retry,
}

impl Action {
    pub const ALL: [Self; 7] = [
        Self::Edit,
        Self::Delete,
        Self::Launch,
        Self::Pause,
        Self::Resume,
        Self::Cancel,
        Self::Retry,
    ];

    /// The states in which it may be asked.
    pub const fn from(self) -> &'static [State] {
        match self {
            Self::Edit | Self::Delete | Self::Launch => &[State::Draft],
            Self::Pause => &[State::Scheduled, State::Running],
            Self::Resume => &[State::Paused],
            Self::Retry => &[State::Completed, State::Cancelled],
            Self::Cancel => &[
                State::Scheduled,
                State::Preparing,
                State::Running,
                State::Paused,
            ],
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Launch => "launch",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Retry => "retry",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The sentence that refuses an action.
pub fn refusal(state: State, action: Action) -> String {
    let allowed: Vec<&str> = state.allowed().into_iter().map(Action::as_str).collect();
    let allowed = if allowed.is_empty() {
        "nothing".to_string()
    } else {
        allowed.join(", ")
    };
    format!(
        "A campaign that is {} cannot be asked to {action}; allowed now: {allowed}.",
        state.as_str()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_states_are_read_back() {
        assert!(
            State::ALL
                .into_iter()
                .all(|state| State::parse(state.as_str()) == Some(state))
        );
    }

    #[test]
    fn finished_campaigns_allow_at_most_a_retry() {
        for state in [State::Completed, State::Cancelled] {
            assert_eq!(state.allowed(), [Action::Retry], "{state:?}");
        }
        for state in [State::Expired, State::Failed] {
            assert!(state.allowed().is_empty(), "{state:?}");
        }
    }

    #[test]
    fn a_refusal_lists_what_is_allowed() {
        assert_eq!(
            refusal(State::Paused, Action::Pause),
            "A campaign that is paused cannot be asked to pause; allowed now: resume, cancel."
        );
    }
}

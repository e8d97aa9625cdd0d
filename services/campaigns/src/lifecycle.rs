//! The states of a campaign and what may be asked of it in each.

use std::fmt;

use contract::KeyId;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Draft,
    /// Somebody else is to look at it before it is launched.
    PendingApproval,
    /// Somebody else did, and it may be launched as it was then.
    Approved,
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
    pub const ALL: [Self; 11] = [
        Self::Draft,
        Self::PendingApproval,
        Self::Approved,
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
            Self::PendingApproval => "pending_approval",
            Self::Approved => "approved",
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
    /// Ask somebody else for an approval.
    Submit,
    Approve,
    /// Refuse an approval, or take one back.
    Reject,
}

impl Action {
    pub const ALL: [Self; 10] = [
        Self::Edit,
        Self::Delete,
        Self::Launch,
        Self::Pause,
        Self::Resume,
        Self::Cancel,
        Self::Retry,
        Self::Submit,
        Self::Approve,
        Self::Reject,
    ];

    /// The states in which it may be asked.
    pub const fn from(self) -> &'static [State] {
        match self {
            // An approval is bound to what stood there: an edit voids it, it does not undo it.
            Self::Edit | Self::Submit => &[State::Draft, State::PendingApproval, State::Approved],
            Self::Delete => &[State::Draft],
            Self::Launch => &[State::Draft, State::Approved],
            Self::Approve => &[State::PendingApproval],
            Self::Reject => &[State::PendingApproval, State::Approved],
            Self::Pause => &[State::Scheduled, State::Preparing, State::Running],
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
            Self::Submit => "submit",
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

/// Where a campaign goes, who moves it and why: what its history keeps of a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub to: State,
    /// What was asked for, or what the service did by itself.
    pub action: &'static str,
    /// `None`: the service itself.
    pub key: Option<KeyId>,
    /// A code of docs/reasons.md. Campaigns that fail or expire have one.
    pub reason: Option<&'static str>,
    /// What somebody wrote about it, or what has moved since an approval. Never said on the bus.
    pub note: Option<String>,
}

impl Step {
    /// A caller asks for it.
    pub const fn asked(action: Action, key: KeyId, to: State) -> Self {
        Self {
            to,
            action: action.as_str(),
            key: Some(key),
            reason: None,
            note: None,
        }
    }

    /// The service does it by itself.
    pub const fn own(action: &'static str, to: State) -> Self {
        Self {
            to,
            action,
            key: None,
            reason: None,
            note: None,
        }
    }

    pub const fn because(mut self, reason: Option<&'static str>) -> Self {
        self.reason = reason;
        self
    }

    pub fn noting(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    /// Whoever asks why a campaign failed or expired gets an answer.
    pub const fn is_explained(&self) -> bool {
        self.reason.is_some() || !matches!(self.to, State::Failed | State::Expired)
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
    fn nothing_but_a_draft_or_an_approved_campaign_is_launched() {
        let may = |action| {
            let states = State::ALL.into_iter();
            states
                .filter(|state| state.allows(action))
                .collect::<Vec<_>>()
        };
        assert_eq!(may(Action::Launch), [State::Draft, State::Approved]);
        assert_eq!(may(Action::Approve), [State::PendingApproval]);
        assert!(!State::PendingApproval.allows(Action::Delete));
    }

    #[test]
    fn a_campaign_does_not_fail_or_expire_without_a_reason() {
        for state in State::ALL {
            let silent = Step::own("close", state);
            let ends_badly = matches!(state, State::Failed | State::Expired);
            assert_eq!(silent.is_explained(), !ends_badly, "{state:?}");
            assert!(silent.because(Some("validity.ended")).is_explained());
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

//! The operator's hand on the traffic: pause, drain, purge, move.

use std::collections::HashMap;

use contract::{CampaignId, Mode, TenantId, UnixMillis};

use super::level::{Ask, Level, Name};

/// What texts held by a pause wait before they are looked at again: as long as the pause has lasted, between these.
const SOONEST_MS: i64 = 2_000;
const LATEST_MS: i64 = 60_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing more leaves; what waits is held.
    Pause,
    /// Nothing new is taken; what is in hand may leave.
    Drain,
    /// What waits, and what comes, is cancelled.
    Purge,
    /// Goes to another sender, or of a provider to another provider.
    Move,
}

impl Action {
    pub const ALL: [Self; 4] = [Self::Pause, Self::Drain, Self::Purge, Self::Move];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Drain => "drain",
            Self::Purge => "purge",
            Self::Move => "move",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// In force until somebody resumes, or `until`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    pub name: Name,
    pub action: Action,
    /// Where to, of a move.
    pub target: Option<String>,
    pub reason: String,
    pub set_at: UnixMillis,
    pub until: Option<UnixMillis>,
}

impl Control {
    pub fn is_over(&self, now: UnixMillis) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// When what it holds is looked at again.
    fn look_again(&self, now: UnixMillis) -> UnixMillis {
        let lasted = now.0.saturating_sub(self.set_at.0);
        let again = UnixMillis(now.0 + lasted.clamp(SOONEST_MS, LATEST_MS));
        self.until.map_or(again, |until| until.min(again))
    }
}

/// What is to become of texts that have no permit yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Go,
    Hold { until: UnixMillis },
    Cancel,
}

#[derive(Debug, Default)]
pub struct Controls {
    by_name: HashMap<Name, Control>,
}

impl Controls {
    pub fn new(controls: Vec<Control>) -> Self {
        let by_name = controls
            .into_iter()
            .map(|control| (control.name.clone(), control));
        Self {
            by_name: by_name.collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// What is in force on one thing.
    pub fn on(&self, name: &Name, now: UnixMillis) -> Option<&Control> {
        self.by_name
            .get(name)
            .filter(|control| !control.is_over(now))
    }

    /// `arriving`: it is not in hand yet, so a drain stops it. Purge beats pause.
    pub fn verdict(&self, ask: &Ask, now: UnixMillis, arriving: bool) -> Verdict {
        if self.by_name.is_empty() {
            return Verdict::Go;
        }
        let mut verdict = Verdict::Go;
        for control in Level::ALL
            .into_iter()
            .filter_map(|level| self.on(&ask.name(level)?, now))
        {
            match control.action {
                Action::Purge => return Verdict::Cancel,
                Action::Drain if !arriving => {}
                Action::Pause | Action::Drain => {
                    let again = control.look_again(now);
                    let until = match verdict {
                        Verdict::Hold { until } => until.max(again),
                        _ => again,
                    };
                    verdict = Verdict::Hold { until };
                }
                Action::Move => {}
            }
        }
        verdict
    }

    /// The sender that texts of `sender` leave from instead; the narrowest move counts, and only one.
    pub fn sender_for(
        &self,
        (tenant, mode): (TenantId, Mode),
        campaign: CampaignId,
        sender: &str,
        now: UnixMillis,
    ) -> Option<&str> {
        if self.by_name.is_empty() {
            return None;
        }
        let names = [
            (Level::Lane, sender.to_string()),
            (Level::Campaign, campaign.to_string()),
            (Level::Tenant, tenant.to_string()),
        ];
        names
            .into_iter()
            .find_map(|(level, name)| self.moved(&Name::new(level, tenant, mode, &name), now))
    }

    /// The provider that takes what another would have got.
    pub fn provider_for(&self, provider: &str, now: UnixMillis) -> Option<&str> {
        if self.by_name.is_empty() {
            return None;
        }
        let name = Name::new(Level::Provider, crate::app::EVERYONE, Mode::Live, provider);
        self.moved(&name, now)
    }

    fn moved(&self, name: &Name, now: UnixMillis) -> Option<&str> {
        self.on(name, now)
            .filter(|control| control.action == Action::Move)
            .and_then(|control| control.target.as_deref())
    }
}

#[cfg(test)]
#[path = "control_tests.rs"]
mod tests;

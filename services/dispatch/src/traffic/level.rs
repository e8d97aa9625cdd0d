//! The levels on which traffic is limited and controlled, and what a text is on each.

use std::sync::Arc;

use contract::{CampaignId, Class, Mode, TenantId};

/// From the narrowest to the widest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// One sender of a tenant, in one mode.
    Lane,
    /// A registration with the carriers (10DLC campaign) that several senders share.
    Registration,
    Campaign,
    Tenant,
    Provider,
    /// Everything that leaves.
    Global,
}

impl Level {
    pub const ALL: [Self; 6] = [
        Self::Lane,
        Self::Registration,
        Self::Campaign,
        Self::Tenant,
        Self::Provider,
        Self::Global,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lane => "lane",
            Self::Registration => "registration",
            Self::Campaign => "campaign",
            Self::Tenant => "tenant",
            Self::Provider => "provider",
            Self::Global => "global",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// It concerns texts of every tenant.
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::Provider | Self::Global)
    }
}

/// One thing on a level. Of things that all tenants share, `tenant` is [`crate::app::EVERYONE`] and `mode` live.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    pub level: Level,
    pub tenant: TenantId,
    pub mode: &'static str,
    /// Sender, registration, `cmp_…`, `ten_…` or provider; `all` for the global level.
    pub name: String,
}

impl Name {
    pub fn new(level: Level, tenant: TenantId, mode: Mode, name: &str) -> Self {
        let (tenant, mode) = if level.is_shared() {
            (crate::app::EVERYONE, Mode::Live)
        } else {
            (tenant, mode)
        };
        Self {
            level,
            tenant,
            mode: mode.as_str(),
            name: name.to_string(),
        }
    }
}

/// Name of the only thing on the global level.
pub const ALL: &str = "all";

/// Texts that want to leave together: same sender, same carrier.
#[derive(Debug, Clone)]
pub struct Ask {
    pub tenant: TenantId,
    pub mode: Mode,
    pub class: Class,
    pub campaign: CampaignId,
    pub sender: String,
    pub provider: Arc<str>,
    /// Index of the carrier's link.
    pub link: usize,
    pub segments: u32,
}

impl Ask {
    /// What it is on a level; registrations are found by their senders.
    pub fn name(&self, level: Level) -> Option<Name> {
        let name = match level {
            Level::Lane => self.sender.clone(),
            Level::Registration => return None,
            Level::Campaign => self.campaign.to_string(),
            Level::Tenant => self.tenant.to_string(),
            Level::Provider => self.provider.to_string(),
            Level::Global => ALL.to_string(),
        };
        Some(Name::new(level, self.tenant, self.mode, &name))
    }

    /// Somebody waits for it.
    pub const fn is_urgent(&self) -> bool {
        self.class.is_urgent()
    }
}

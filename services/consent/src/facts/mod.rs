//! What a decision is made from. Small, flat and hashable: it is the key of the memo and, written down,
//! the evidence of why somebody was or was not texted.

mod flags;
mod gather;
mod refresh;
mod written;

use contract::{Class, DecisionId};
use sha2::{Digest, Sha256};

pub use flags::Flags;
pub use gather::{Message, Person, ReplyFacts, binding_caps, gather, tenant_caps};
pub use refresh::{Occasion, refresh};
pub use written::Written;

use crate::law::Level;
use crate::places::{PlaceId, Places};
use crate::window::Window;

/// The facts of one person and one text at one minute. Facts that cannot matter for a class are left at
/// their zero, so that equal situations share one decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Facts {
    pub class: Class,
    pub place: PlaceId,
    /// Which stretch of the policies' own dates it is; see [`crate::rules::Rules::era`].
    pub era: u16,
    pub flags: Flags,
    pub level: Level,
    /// The level that the strictest law asks for.
    pub required: Level,
    /// Earliest and latest minute of the local day over all zones.
    pub min_minute: u16,
    pub max_minute: u16,
    /// Hours in which law, and courtesy, allow it today.
    pub law: Option<Window>,
    pub courtesy: Option<Window>,
    /// Texts of the topic in the span of the cap that is nearest; 0 for no cap.
    pub sent_topic: u8,
    pub law_cap: u8,
    /// Marketing texts in the span of the tenant's cap that is nearest; 0 for no cap.
    pub sent_marketing: u8,
    pub tenant_cap: u8,
    /// Seconds since the opt-out that is confirmed; capped.
    pub opt_out_seconds: u16,
}

impl Facts {
    /// Nothing known: what every class is denied on.
    pub fn nothing(class: Class, era: u16) -> Self {
        Self {
            class,
            place: PlaceId::NOWHERE,
            era,
            flags: Flags::default(),
            level: Level::None,
            required: Level::None,
            min_minute: 0,
            max_minute: 0,
            law: None,
            courtesy: None,
            sent_topic: 0,
            law_cap: 0,
            sent_marketing: 0,
            tenant_cap: 0,
            opt_out_seconds: 0,
        }
    }

    /// The one way these facts are written.
    pub fn canonical(&self, places: &Places) -> String {
        serde_json::to_string(&Written::of(self, places)).unwrap_or_default()
    }

    /// Equal facts judged by equal policies are one decision.
    pub fn decision_id(canonical: &str, policy_set: &[u8; 32]) -> DecisionId {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(policy_set)
            .chain_update(canonical)
            .finalize()
            .into();
        let mut first = [0; 16];
        first.copy_from_slice(&hash[..16]);
        DecisionId::from_bytes(first)
    }
}

//! Facts that hold or do not, by name. One list serves the bits, the evidence and the policies' schema.

/// A set of facts that hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u64);

macro_rules! flags {
    ($($(#[$doc:meta])* $constant:ident = $bit:literal $name:literal;)*) => {
        impl Flags {
            $($(#[$doc])* pub const $constant: Self = Self(1 << $bit);)*

            /// Every fact with its name in policies and evidence.
            pub const NAMED: &'static [(&'static str, Self)] = &[$(($name, Self::$constant),)*];
        }
    };
}

flags! {
    /// The number is one that can exist.
    NUMBER_VALID = 0 "number_valid";
    OPTED_OUT_GLOBAL = 1 "opted_out_global";
    OPTED_OUT_CLASS = 2 "opted_out_class";
    OPTED_OUT_PROGRAMME = 3 "opted_out_programme";
    OPTED_OUT_CHANNEL = 4 "opted_out_channel";
    /// Asked which programmes an opt-out meant, and not answered.
    CLARIFICATION_PENDING = 5 "clarification_pending";
    /// A reply that may be an opt-out waits for a human.
    UNDER_REVIEW = 6 "under_review";
    /// The carrier blocks this person for this sender.
    PROVIDER_BLOCKED = 7 "provider_blocked";
    ERASED = 8 "erased";
    RESTRICTED = 9 "restricted";
    OBJECTED = 10 "objected";
    REASSIGNED = 11 "reassigned";
    REASSIGNMENT_STALE = 12 "reassignment_stale";
    /// Known to be too young, or unknown where an age is asked for.
    AGE_RESTRICTED = 13 "age_restricted";
    /// Some consent was given, for whatever.
    CONSENT_ANY = 14 "consent_any";
    /// Consent was given, but to another programme or for another purpose.
    CONSENT_ELSEWHERE = 15 "consent_elsewhere";
    CONSENT_PENDING = 16 "consent_pending";
    CONSENT_EXPIRED = 17 "consent_expired";
    /// The proof that the consent's level demands is there.
    CONSENT_PROVEN = 18 "consent_proven";
    DNC_NATIONAL = 19 "dnc_national";
    DNC_STATE = 20 "dnc_state";
    /// A list that binds was not loaded lately enough to prove anything.
    DNC_STALE = 21 "dnc_stale";
    /// An established business relationship.
    EBR = 22 "ebr";
    CAMPAIGN_UNREGISTERED = 23 "campaign_unregistered";
    TEMPLATE_UNREGISTERED = 24 "template_unregistered";
    CONTENT_PROMOTIONAL = 25 "content_promotional";
    CONTENT_PROHIBITED = 26 "content_prohibited";
    OPT_OUT_TEXT_MISSING = 27 "opt_out_text_missing";
    /// Somebody vouches for an emergency.
    ATTESTED = 28 "attested";
    /// The person asked for this password, answer or conversation.
    REQUESTED = 29 "requested";
    CONFIRMATION_SENT = 30 "confirmation_sent";
    CONFIRMATION_BY_CARRIER = 31 "confirmation_by_carrier";
    REPLIES_EXHAUSTED = 32 "replies_exhausted";
    /// Its time is over.
    EXPIRED = 33 "expired";
    ZONE_KNOWN = 34 "zone_known";
    /// Law allows texts today, wherever the person may be.
    SEND_DAY = 35 "send_day";
    COURTESY_DAY = 36 "courtesy_day";
    ANY_SUNDAY = 37 "any_sunday";
    ANY_HOLIDAY = 38 "any_holiday";
    URGENT = 39 "urgent";
    /// An exemption of 47 CFR 64.1200(a)(9) is relied on.
    EXEMPT = 40 "exempt";
    EXEMPTION_EXHAUSTED = 41 "exemption_exhausted";
    CARRIER_CAP_REACHED = 42 "carrier_cap_reached";
    /// Something that had to be known could not be read.
    UNAVAILABLE = 43 "unavailable";
    /// The number belongs to a country we know.
    REGION_KNOWN = 44 "region_known";
}

impl Flags {
    pub const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    pub const fn set(&mut self, flag: Self, holds: bool) {
        if holds {
            self.0 |= flag.0;
        } else {
            self.0 &= !flag.0;
        }
    }

    #[must_use]
    pub const fn with(mut self, flag: Self, holds: bool) -> Self {
        self.set(flag, holds);
        self
    }

    /// Names of those that hold.
    pub fn names(self) -> Vec<&'static str> {
        let held = Self::NAMED.iter().filter(|(_, flag)| self.has(*flag));
        held.map(|(name, _)| *name).collect()
    }

    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, flag)| *flag)
    }
}

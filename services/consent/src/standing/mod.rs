//! Where a person stands with one tenant: a fold over the ledger. Pure; the `standing` table keeps its result.

mod action;
mod change;
mod fold;
mod opt_in;
mod restore;
mod scope;
mod stored;

use contract::Class;
use serde::{Deserialize, Serialize};

pub use action::Action;
pub use change::Change;
pub use fold::Refused;
pub use scope::Scope;

use crate::law::Level;

/// The programme an opt-in is for when none is named. An opt-in to it covers every programme.
pub const DEFAULT_PROGRAMME: &str = "default";
/// The one channel there is so far.
pub const SMS: &str = "sms";

/// What a consent is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    #[default]
    All,
    Marketing,
    Informational,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Marketing => "marketing",
            Self::Informational => "informational",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::All, Self::Marketing, Self::Informational]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }

    const fn covers(self, class: Class) -> bool {
        match self {
            Self::All => true,
            Self::Marketing => matches!(class, Class::Marketing),
            Self::Informational => !matches!(class, Class::Marketing),
        }
    }
}

/// Consent to one programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub programme: String,
    pub channel: String,
    pub level: Level,
    pub purpose: Purpose,
    /// Asked to confirm (double opt-in) and not confirmed yet.
    pub pending: bool,
    /// Taken back or run out; kept, because START restores what there was.
    pub ended: bool,
    /// The proof that its level demands is there.
    pub proven: bool,
    pub at: i64,
    pub expires_at: Option<i64>,
}

/// Something that stands against texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    pub scope: Scope,
    pub at: i64,
    /// `keyword`, `free_text`, `carrier`, `web`, `voice`, `email`, `list`, …
    pub by: String,
}

/// Consent of one person towards one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standing {
    pub grants: Vec<Grant>,
    pub revocations: Vec<Revocation>,
    /// A reply that may be an opt-out waits for a human since.
    pub review_since: Option<i64>,
    /// Asked which programmes an opt-out meant, and not answered.
    pub clarification_since: Option<i64>,
    /// Senders whose carrier blocks this person.
    pub blocked_senders: Vec<String>,
    /// The number has changed hands.
    pub reassigned: bool,
    pub restricted: bool,
    pub objected: bool,
    pub erased: bool,
    /// Counts the entries folded in.
    #[serde(skip)]
    pub revision: i64,
}

/// What the consent of a person is for one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Consent {
    /// Something was given, for whatever.
    pub any: bool,
    pub level: Level,
    pub pending: bool,
    pub expired: bool,
    pub proven: bool,
    /// Given, but to another programme or for another purpose.
    pub elsewhere: bool,
}

impl Standing {
    /// When everything was revoked; `None` while it is not.
    pub fn opted_out_at(&self) -> Option<i64> {
        self.revocations
            .iter()
            .filter(|one| one.scope == Scope::Global)
            .map(|one| one.at)
            .max()
    }

    /// The latest revocation of any scope.
    pub fn last_revocation_at(&self) -> Option<i64> {
        self.revocations.iter().map(|one| one.at).max()
    }

    pub fn is_revoked(&self, scope: &Scope) -> bool {
        self.revocations.iter().any(|one| one.scope == *scope)
    }

    /// Out of everything of this class.
    pub fn class_revoked(&self, class: Class) -> bool {
        self.is_revoked(&Scope::Class(class.judged_as()))
    }

    pub fn programme_revoked(&self, programme: &str) -> bool {
        self.revocations
            .iter()
            .any(|one| matches!(&one.scope, Scope::Programme(name) if name == programme))
    }

    pub fn channel_revoked(&self, channel: &str) -> bool {
        self.revocations
            .iter()
            .any(|one| matches!(&one.scope, Scope::Channel(name) if name == channel))
    }

    /// The best consent there is for a text of `class` in `programme` over `channel` at `now`.
    ///
    /// Marketing needs an opt-in to its own programme (CTIA 5.1.2.2) or to [`DEFAULT_PROGRAMME`]; for other
    /// classes it is the number given for the purpose that counts (47 CFR 64.1200(a)(1)).
    pub fn consent(&self, class: Class, programme: &str, channel: &str, now: i64) -> Consent {
        let class = class.judged_as();
        let mut best = Consent::default();
        for grant in self.grants.iter().filter(|grant| !grant.ended) {
            best.any = true;
            let named = grant.programme == programme || grant.programme == DEFAULT_PROGRAMME;
            let fits = (named || class != Class::Marketing)
                && grant.channel == channel
                && grant.purpose.covers(class);
            if !fits {
                best.elsewhere = true;
            } else if grant.pending {
                best.pending = true;
            } else if grant.expires_at.is_some_and(|at| at <= now) {
                best.expired = true;
            } else if (grant.level, grant.proven) > (best.level, best.proven) {
                (best.level, best.proven) = (grant.level, grant.proven);
            }
        }
        if best.level > Level::None {
            (best.pending, best.expired, best.elsewhere) = (false, false, false);
        }
        best
    }

    /// When the first of it runs out: a consent, or a double opt-in that nobody confirms within `days`.
    pub fn due_at(&self, days: i64) -> Option<i64> {
        self.grants
            .iter()
            .filter(|grant| !grant.ended)
            .flat_map(|grant| {
                let unconfirmed = grant.pending.then_some(grant.at + days * 24 * 3_600_000);
                unconfirmed.into_iter().chain(grant.expires_at)
            })
            .min()
    }

    /// Programmes with consent that counts at `now` and nothing against it.
    pub fn opted_in_programmes(&self, now: i64) -> Vec<&str> {
        if self.opted_out_at().is_some() || self.class_revoked(Class::Marketing) || self.erased {
            return Vec::new();
        }
        self.grants
            .iter()
            .filter(|grant| {
                !grant.ended
                    && !grant.pending
                    && grant.expires_at.is_none_or(|at| at > now)
                    && !self.programme_revoked(&grant.programme)
            })
            .map(|grant| grant.programme.as_str())
            .collect()
    }
}

/// Programme names are lower-case words such as `newsletter` or `spring-sale_2`.
pub fn is_programme_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && name.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.')
        })
}

#[cfg(test)]
mod tests;

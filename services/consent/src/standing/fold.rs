//! One ledger entry folded into a standing.

use contract::Class;
use serde::{Deserialize, Serialize};

use super::{DEFAULT_PROGRAMME, Grant, Purpose, Revocation, SMS, Standing};
use crate::law::Level;

/// How far a revocation reaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Global,
    Class(Class),
    Programme(String),
    Channel(String),
}

impl Scope {
    /// `global`, `class:marketing`, `programme:news` or `channel:sms`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "global" {
            return Some(Self::Global);
        }
        let (kind, name) = text.split_once(':')?;
        match kind {
            "class" => Class::parse(name).map(|class| Self::Class(class.judged_as())),
            "programme" => {
                super::is_programme_name(name).then(|| Self::Programme(name.to_string()))
            }
            "channel" => (name == SMS).then(|| Self::Channel(name.to_string())),
            _ => None,
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Class(class) => write!(f, "class:{}", class.as_str()),
            Self::Programme(name) => write!(f, "programme:{name}"),
            Self::Channel(name) => write!(f, "channel:{name}"),
        }
    }
}

/// What one ledger entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    OptIn,
    /// A double opt-in was confirmed.
    DoiConfirm,
    OptOut,
    /// START: back to what was there before an opt-out.
    Restore,
    /// A consent ran out, or a double opt-in was never confirmed.
    Expire,
    /// An opt-in taken over from another system.
    Import,
    /// A reply that may be an opt-out: held until a human has looked.
    Hold,
    /// A human looked: it was none.
    Release,
    /// The carrier blocks this person for a sender.
    Block,
    /// A suppression list's entry was taken off; lifts only what a list put there.
    Unsuppress,
    /// The number has a new holder.
    Reassign,
    /// GDPR art 18 and its end, art 21(2), art 17.
    Restrict,
    Unrestrict,
    Object,
    Erase,
}

impl Action {
    pub const ALL: [Self; 15] = [
        Self::OptIn,
        Self::DoiConfirm,
        Self::OptOut,
        Self::Restore,
        Self::Expire,
        Self::Import,
        Self::Hold,
        Self::Release,
        Self::Block,
        Self::Unsuppress,
        Self::Reassign,
        Self::Restrict,
        Self::Unrestrict,
        Self::Object,
        Self::Erase,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptIn => "opt_in",
            Self::DoiConfirm => "doi_confirm",
            Self::OptOut => "opt_out",
            Self::Restore => "restore",
            Self::Expire => "expire",
            Self::Import => "import",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Block => "block",
            Self::Unsuppress => "unsuppress",
            Self::Reassign => "reassign",
            Self::Restrict => "restrict",
            Self::Unrestrict => "unrestrict",
            Self::Object => "object",
            Self::Erase => "erase",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }

    /// Fewer texts may leave from then on: it counts at once, and is confirmed when nothing is under way.
    pub const fn ends_texts(self) -> bool {
        matches!(
            self,
            Self::OptOut
                | Self::Block
                | Self::Object
                | Self::Restrict
                | Self::Erase
                | Self::Reassign
        )
    }

    pub const fn brings_texts(self) -> bool {
        matches!(
            self,
            Self::OptIn | Self::Import | Self::DoiConfirm | Self::Restore
        )
    }
}

/// Everything of a ledger entry that the fold looks at; names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub action: Action,
    pub programme: Option<String>,
    pub channel: String,
    /// For opt-outs: how far it reaches. For opt-ins nothing.
    pub scope: Option<Scope>,
    pub level: Level,
    pub purpose: Purpose,
    pub pending: bool,
    pub proven: bool,
    pub expires_at: Option<i64>,
    /// `keyword`, `web`, `list`, …: who or what said so.
    pub by: String,
    /// For blocks: the sender.
    pub sender: Option<String>,
    /// For opt-outs: the confirmation asks which programmes were meant.
    #[serde(default, skip_serializing_if = "is_false")]
    pub clarify: bool,
    /// Given by the person's own text or double opt-in: lifts what an erasure left behind.
    pub fresh: bool,
    /// When the person acted.
    pub at: i64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it like this"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Change {
    pub fn new(action: Action, at: i64) -> Self {
        Self {
            action,
            programme: None,
            channel: SMS.to_string(),
            scope: None,
            level: Level::None,
            purpose: Purpose::All,
            pending: false,
            proven: true,
            expires_at: None,
            by: String::new(),
            sender: None,
            clarify: false,
            fresh: false,
            at,
        }
    }

    pub fn opt_in(programme: Option<&str>, level: Level, at: i64) -> Self {
        Self {
            programme: programme.map(str::to_string),
            level,
            ..Self::new(Action::OptIn, at)
        }
    }

    pub fn opt_out(scope: Scope, at: i64) -> Self {
        Self {
            scope: Some(scope),
            ..Self::new(Action::OptOut, at)
        }
    }
}

/// Why an entry is not taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A permission never silently beats a later revocation.
    #[error("the person opted out after this opt-in was given")]
    NewerRevocation,
    /// GDPR art 17, 21(3): only what the person does afresh lifts an erasure.
    #[error("the person was erased; only an opt-in by their own text or double opt-in counts")]
    Erased,
    #[error("there is no opt-in that waits to be confirmed")]
    NothingPending,
}

impl Standing {
    /// Folds one entry in. An opt-out always counts, however old it is.
    pub fn apply(&mut self, change: &Change) -> Result<(), Refused> {
        match change.action {
            Action::OptIn | Action::Import => self.opt_in(change)?,
            Action::DoiConfirm => self.confirm(change)?,
            Action::OptOut => self.revoke(change),
            Action::Restore => self.restore(change)?,
            Action::Expire => self.expire(change),
            Action::Hold => self.review_since = Some(change.at),
            Action::Release => self.review_since = None,
            Action::Block => self.block(change),
            Action::Unsuppress => {
                let scope = change.scope.clone().unwrap_or(Scope::Global);
                self.revocations
                    .retain(|one| one.scope != scope || one.by != "list");
            }
            Action::Reassign => {
                self.reassigned = true;
                self.end_grants(|_| true);
            }
            Action::Restrict => self.restricted = true,
            Action::Unrestrict => self.restricted = false,
            Action::Object => {
                self.objected = true;
                self.end_grants(|grant| grant.purpose != Purpose::Informational);
            }
            Action::Erase => {
                self.erased = true;
                self.grants.clear();
            }
        }
        self.revision += 1;
        Ok(())
    }

    fn end_grants(&mut self, which: impl Fn(&Grant) -> bool) {
        for grant in self.grants.iter_mut().filter(|grant| which(grant)) {
            grant.ended = true;
        }
    }

    fn opt_in(&mut self, change: &Change) -> Result<(), Refused> {
        let name = change.programme.as_deref().unwrap_or(DEFAULT_PROGRAMME);
        if self.erased && !change.fresh && !change.pending {
            return Err(Refused::Erased);
        }
        let marketing = change.purpose != Purpose::Informational;
        let stands_against = |one: &Revocation| match &one.scope {
            Scope::Global => true,
            Scope::Class(class) => (*class == Class::Marketing) == marketing,
            Scope::Programme(programme) => programme == name,
            Scope::Channel(channel) => *channel == change.channel,
        };
        let newer = |one: &Revocation| stands_against(one) && one.at >= change.at;
        if self.revocations.iter().any(newer) {
            return Err(Refused::NewerRevocation);
        }
        // A suppression list and a carrier's block outlast any opt-in: the one is the tenant's own word, the
        // other only the person's START lifts.
        if !change.pending {
            let lifted: Vec<bool> = self
                .revocations
                .iter()
                .map(|one| stands_against(one) && one.by != "list")
                .collect();
            if lifted.iter().any(|lifted| *lifted) {
                // Consent given anew to one programme brings back no other.
                let wide = self.revocations.iter().zip(&lifted).any(|(one, lifted)| {
                    *lifted && matches!(one.scope, Scope::Global | Scope::Class(_))
                });
                if wide {
                    self.end_grants(|grant| grant.programme != name);
                }
                let mut lifted = lifted.into_iter();
                self.revocations.retain(|_| !lifted.next().unwrap_or(false));
            }
            if change.fresh {
                self.erased = false;
                self.reassigned = false;
            }
            self.objected = false;
            self.review_since = None;
            self.clarification_since = None;
        }
        self.set(Grant {
            programme: name.to_string(),
            channel: change.channel.clone(),
            level: change.level,
            purpose: change.purpose,
            pending: change.pending,
            ended: false,
            proven: change.proven,
            at: change.at,
            expires_at: change.expires_at,
        });
        Ok(())
    }

    /// A pending opt-in never weakens one that counts already.
    fn set(&mut self, new: Grant) {
        let same = |old: &&mut Grant| old.programme == new.programme && old.channel == new.channel;
        match self.grants.iter_mut().find(same) {
            Some(old) if new.pending && !old.ended && !old.pending => {}
            Some(old) => *old = new,
            None => self.grants.push(new),
        }
    }

    fn confirm(&mut self, change: &Change) -> Result<(), Refused> {
        let wanted = |grant: &Grant| {
            grant.pending
                && !grant.ended
                && change
                    .programme
                    .as_ref()
                    .is_none_or(|name| *name == grant.programme)
        };
        let Some(index) = self.grants.iter().rposition(wanted) else {
            return Err(Refused::NothingPending);
        };
        let mut grant = self.grants[index].clone();
        if self
            .last_revocation_at()
            .is_some_and(|out| out >= change.at)
        {
            return Err(Refused::NewerRevocation);
        }
        grant.pending = false;
        let opt_in = Change {
            programme: Some(grant.programme.clone()),
            channel: grant.channel.clone(),
            level: grant.level.max(change.level),
            purpose: grant.purpose,
            proven: grant.proven,
            expires_at: change.expires_at.or(grant.expires_at),
            fresh: true,
            ..change.clone()
        };
        self.opt_in(&opt_in)
    }

    fn revoke(&mut self, change: &Change) {
        let scope = match (&change.scope, &change.programme) {
            (Some(scope), _) => scope.clone(),
            (None, Some(name)) => Scope::Programme(name.clone()),
            (None, None) => Scope::Global,
        };
        self.review_since = None;
        if change.clarify {
            self.clarification_since = Some(change.at);
        }
        let same = |one: &&mut Revocation| one.scope == scope && one.by == change.by;
        match self.revocations.iter_mut().find(same) {
            Some(one) => one.at = one.at.max(change.at),
            None => self.revocations.push(Revocation {
                scope,
                at: change.at,
                by: change.by.clone(),
            }),
        }
    }

    /// Only what there was, up to its old level; with nothing there, express consent to "default", since the
    /// person asks for texts in so many words. Never what a list, an objection or an erasure holds back.
    fn restore(&mut self, change: &Change) -> Result<(), Refused> {
        if self
            .revocations
            .iter()
            .any(|one| one.by != "list" && one.at > change.at)
        {
            return Err(Refused::NewerRevocation);
        }
        if let Some(name) = &change.programme {
            return self.restore_one(name, change);
        }
        // A START to a blocked sender ends what its carrier's block put there for the sender's programmes.
        let unblocks = change
            .sender
            .as_ref()
            .is_some_and(|to| self.blocked_senders.contains(to));
        self.revocations.retain(|one| {
            one.by == "list"
                || matches!(one.scope, Scope::Programme(_)) && !(unblocks && one.by == "carrier")
        });
        self.blocked_senders
            .retain(|sender| change.sender.as_ref().is_none_or(|to| to != sender));
        self.review_since = None;
        self.clarification_since = None;
        if self.erased || !self.grants.iter().any(|grant| !grant.ended) {
            (self.erased, self.reassigned) = (false, false);
            self.set(Grant {
                programme: DEFAULT_PROGRAMME.to_string(),
                channel: change.channel.clone(),
                level: Level::Express,
                purpose: Purpose::All,
                pending: false,
                ended: false,
                proven: true,
                at: change.at,
                expires_at: None,
            });
        }
        Ok(())
    }

    /// The answer to a clarification: this programme stays, the others do not.
    fn restore_one(&mut self, name: &str, change: &Change) -> Result<(), Refused> {
        let Some(grant) = self
            .grants
            .iter()
            .find(|grant| grant.programme == name && !grant.ended)
            .cloned()
        else {
            return Err(Refused::NothingPending);
        };
        self.clarification_since = None;
        self.revocations
            .retain(|one| one.by == "list" || matches!(one.scope, Scope::Programme(_)));
        self.revocations
            .retain(|one| !matches!(&one.scope, Scope::Programme(of) if of == name));
        for other in self
            .grants
            .iter_mut()
            .filter(|one| one.programme != grant.programme)
        {
            other.ended = true;
            let scope = Scope::Programme(other.programme.clone());
            if !self.revocations.iter().any(|one| one.scope == scope) {
                self.revocations.push(Revocation {
                    scope,
                    at: change.at,
                    by: change.by.clone(),
                });
            }
        }
        Ok(())
    }

    fn expire(&mut self, change: &Change) {
        let named = |grant: &Grant| {
            change
                .programme
                .as_ref()
                .is_none_or(|name| *name == grant.programme)
        };
        self.end_grants(|grant| {
            named(grant) && (grant.pending || grant.expires_at.is_some_and(|at| at <= change.at))
        });
    }

    fn block(&mut self, change: &Change) {
        let sender = change.sender.clone().unwrap_or_default();
        if !self.blocked_senders.contains(&sender) {
            self.blocked_senders.push(sender);
        }
    }
}

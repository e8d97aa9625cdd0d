//! What START, and the answer to a clarification, does to a standing.

use super::fold::Refused;
use super::{Change, DEFAULT_PROGRAMME, Grant, Purpose, Revocation, Scope, Standing};
use crate::law::Level;

impl Standing {
    /// Only what there was, up to its old level; with nothing there, express consent to "default", since the
    /// person asks for texts in so many words. Never what a list, an objection or an erasure holds back.
    pub(super) fn restore(&mut self, change: &Change) -> Result<(), Refused> {
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
}

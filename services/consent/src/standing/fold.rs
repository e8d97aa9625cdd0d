//! One ledger entry folded into a standing.

use super::{Action, Change, Grant, Purpose, Revocation, Scope, Standing};

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

    pub(super) fn end_grants(&mut self, which: impl Fn(&Grant) -> bool) {
        for grant in self.grants.iter_mut().filter(|grant| which(grant)) {
            grant.ended = true;
        }
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

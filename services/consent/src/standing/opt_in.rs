//! What an opt-in, and the confirmation of one, does to a standing.

use contract::Class;

use super::fold::Refused;
use super::{Change, DEFAULT_PROGRAMME, Grant, Purpose, Revocation, Scope, Standing};

impl Standing {
    pub(super) fn opt_in(&mut self, change: &Change) -> Result<(), Refused> {
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
    pub(super) fn set(&mut self, new: Grant) {
        let same = |old: &&mut Grant| old.programme == new.programme && old.channel == new.channel;
        match self.grants.iter_mut().find(same) {
            Some(old) if new.pending && !old.ended && !old.pending => {}
            Some(old) => *old = new,
            None => self.grants.push(new),
        }
    }

    pub(super) fn confirm(&mut self, change: &Change) -> Result<(), Refused> {
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
}

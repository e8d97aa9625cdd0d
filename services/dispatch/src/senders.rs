//! Which tenant a sender belongs to, learnt from what it sends: replies find their tenant by it.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use chassis::{Clock, Db};
use contract::{Mode, TenantId};

use crate::db::senders;

#[derive(Debug)]
pub struct Senders {
    known: RwLock<HashMap<(Mode, String), TenantId>>,
}

impl Senders {
    pub async fn load(db: &Db) -> anyhow::Result<Self> {
        let rows = senders::all(db.engine(), db.read()).await?;
        let known = rows
            .into_iter()
            .map(|(sender, mode, tenant)| ((mode, sender), tenant))
            .collect();
        Ok(Self {
            known: RwLock::new(known),
        })
    }

    /// Durable before the first text of the sender leaves.
    pub async fn learn(
        &self,
        db: &Db,
        clock: &Clock,
        sender: &str,
        mode: Mode,
        tenant: TenantId,
    ) -> anyhow::Result<()> {
        let key = (mode, plain(sender));
        if self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            == Some(&tenant)
        {
            return Ok(());
        }
        senders::remember(db, key.1.clone(), mode, tenant, clock.millis().0).await?;
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, tenant);
        Ok(())
    }

    /// Who sends as `sender`, if anybody has.
    pub fn owner(&self, sender: &str, mode: Mode) -> Option<TenantId> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&(mode, plain(sender))).copied()
    }

    /// No other tenant has ever sent.
    pub fn nobody_but(&self, tenant: TenantId) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().all(|other| *other == tenant)
    }

    /// Whose a reply to `sender` is; if only one tenant sends at all, its.
    pub fn tenant_of(&self, sender: &str, mode: Mode) -> Option<TenantId> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(tenant) = known.get(&(mode, plain(sender))) {
            return Some(*tenant);
        }
        let mut tenants = known
            .iter()
            .filter(|((of, _), _)| *of == mode)
            .map(|(_, tenant)| *tenant);
        let first = tenants.next()?;
        tenants.all(|tenant| tenant == first).then_some(first)
    }
}

/// Carriers write numbers with and without a plus.
fn plain(sender: &str) -> String {
    sender.trim().trim_start_matches('+').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn senders(known: &[(&str, u128)]) -> Senders {
        let known = known
            .iter()
            .map(|(s, t)| ((Mode::Live, plain(s)), TenantId::from_raw(*t)))
            .collect();
        Senders {
            known: RwLock::new(known),
        }
    }

    #[test]
    fn a_reply_finds_the_tenant_of_the_sender_with_or_without_plus() {
        let senders = senders(&[("+12025550100", 1), ("ACME", 2)]);
        assert_eq!(
            senders.tenant_of("12025550100", Mode::Live),
            Some(TenantId::from_raw(1))
        );
        assert_eq!(
            senders.tenant_of("+12025550100", Mode::Live),
            Some(TenantId::from_raw(1))
        );
        assert_eq!(senders.tenant_of("+12025550100", Mode::Test), None);
    }

    #[test]
    fn an_unknown_sender_is_the_only_tenant_s_and_nobody_s_among_several() {
        assert_eq!(
            senders(&[("A", 1), ("B", 1)]).tenant_of("C", Mode::Live),
            Some(TenantId::from_raw(1))
        );
        assert_eq!(
            senders(&[("A", 1), ("B", 2)]).tenant_of("C", Mode::Live),
            None
        );
    }
}

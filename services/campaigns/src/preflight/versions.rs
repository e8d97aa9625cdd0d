//! What stands there now: the versions that a preflight and an approval are compared with.

use contract::consent::JudgeChunk;
use contract::contacts::{AudienceGap, PageAudience};
use contract::{ContactId, TenantId};
use sha2::{Digest, Sha256};

use super::brief::Brief;
use crate::app::App;
use crate::approval::{AudienceVersion, Versions};
use crate::audience::PAGE;

/// Everybody in an audience so far. The same people in the same order give the same digest, however they are paged.
#[derive(Debug, Clone, Default)]
pub struct Everybody {
    digest: [u8; 32],
    count: u64,
}

impl Everybody {
    pub fn add(&mut self, contacts: &[ContactId]) {
        for contact in contacts {
            let chained = Sha256::new()
                .chain_update(self.digest)
                .chain_update(contact.bytes());
            self.digest = chained.finalize().into();
        }
        self.count += contacts.len() as u64;
    }

    pub fn version(&self) -> AudienceVersion {
        AudienceVersion {
            digest: hex::encode(self.digest),
            count: self.count,
        }
    }

    /// Goes on where another one stopped. `None`: that was none.
    pub fn resume(version: &AudienceVersion) -> Option<Self> {
        let digest = hex::decode(&version.digest).ok()?.try_into().ok()?;
        Some(Self {
            digest,
            count: version.count,
        })
    }
}

/// Asks contacts and consent. Reads the ids of the whole audience.
pub async fn now(app: &App, tenant: TenantId, brief: &Brief) -> anyhow::Result<Versions> {
    let (mut everybody, mut after) = (Everybody::default(), None);
    loop {
        let question = PageAudience {
            include: brief.audience.include.clone(),
            exclude: brief.audience.exclude.clone(),
            after,
            limit: PAGE,
        };
        let page = match app.cx.bus.ask(tenant, &question).await?.whole() {
            Ok(page) => page,
            // Without a part that is gone it is nobody's audience, and no more the one that was seen.
            Err(AudienceGap::Gone(_)) => {
                everybody = Everybody::default();
                break;
            }
            Err(later @ AudienceGap::NotYet(_)) => return Err(later.into()),
        };
        everybody.add(&page.contacts);
        after = page.contacts.last().copied();
        if page.done || after.is_none() {
            break;
        }
    }
    let policy = policy(app, tenant, brief).await?;
    Ok(Versions {
        content: brief.content.clone(),
        template_version: brief.template_version,
        audience: everybody.version(),
        policy,
    })
}

/// The policies that are in force for a campaign.
pub async fn policy(app: &App, tenant: TenantId, brief: &Brief) -> anyhow::Result<String> {
    Ok(app.cx.bus.ask(tenant, &question(brief)).await?.policy)
}

/// What consent is asked, before anybody is asked about.
pub fn question(brief: &Brief) -> JudgeChunk {
    JudgeChunk {
        campaign: brief.campaign,
        class: brief.class,
        programme: brief.programme.clone(),
        sender: brief.sender.clone(),
        template: brief.template,
        mode: brief.mode,
        at: brief.start,
        valid_until: brief.valid_until,
        opt_out_said: brief.opt_out_said,
        zones: Vec::new(),
        asks: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(ids: &[u128]) -> AudienceVersion {
        let contacts: Vec<ContactId> = ids.iter().copied().map(ContactId::from_raw).collect();
        let mut all = Everybody::default();
        all.add(&contacts);
        all.version()
    }

    proptest! {
        #[test]
        fn pages_and_restarts_make_no_other_audience(
            ids in prop::collection::vec(any::<u128>(), 0..60), cut in 0..60_usize,
        ) {
            let (first, rest) = ids.split_at(cut.min(ids.len()));
            let mut paged = Everybody::resume(&of(first)).unwrap();
            let rest: Vec<ContactId> = rest.iter().copied().map(ContactId::from_raw).collect();
            paged.add(&rest);
            prop_assert_eq!(paged.version(), of(&ids));
        }

        #[test]
        fn somebody_more_less_or_else_is_another_audience(
            ids in prop::collection::btree_set(any::<u128>(), 2..40), other in any::<u128>(),
        ) {
            let ids: Vec<u128> = ids.into_iter().collect();
            let whole = of(&ids);
            prop_assert_ne!(of(&ids[1..]).digest, whole.digest.clone());
            let mut else_one = ids.clone();
            else_one[0] = other;
            prop_assert_eq!(of(&else_one).digest == whole.digest, else_one == ids);
            let mut turned = ids.clone();
            turned.reverse();
            prop_assert_ne!(of(&turned).digest, whole.digest);
        }
    }
}

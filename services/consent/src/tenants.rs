//! What is remembered of each tenant: its rules by version, its keys, its papers and lists. Rules of a
//! version never change; the rest is read again after a second, and at once after a change of our own.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use ahash::{AHashMap, AHashSet};
use chassis::{Db, Engine};
use chrono::NaiveDate;
use contract::{CampaignId, RunId, TemplateId, TenantId};
use sea_orm::ConnectionTrait;

use crate::cases::Bench;
use crate::db::book::Keys;
use crate::db::papers::Kind;
use crate::db::{self};
use crate::law::Law;
use crate::memo::Memo;
use crate::papers::{ContentPapers, Papers};
use crate::parameters::Parameters;
use crate::rules::{Own, Rules, RulesError};

/// How long papers and lists are believed; another process may change them.
const BELIEVED: Duration = Duration::from_secs(1);
/// Papers and runs remembered; then it starts anew.
const REMEMBERED: usize = 10_000;

/// Do-not-call lists and whether anybody was erased.
#[derive(Debug, Default)]
pub struct Lists {
    pub of: AHashMap<String, NaiveDate>,
    pub any_erased: bool,
}

type PapersKey = (TenantId, CampaignId, String, TemplateId);

pub struct Tenants {
    db: Db,
    law: Arc<Law>,
    operator: String,
    pack: Arc<Memo>,
    rules: RwLock<AHashMap<(TenantId, i64), Arc<Memo>>>,
    keys: RwLock<AHashMap<TenantId, Keys>>,
    papers: RwLock<AHashMap<PapersKey, (Instant, Arc<Papers>)>>,
    lists: RwLock<AHashMap<TenantId, (Instant, Arc<Lists>)>>,
    runs: RwLock<AHashSet<RunId>>,
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl Tenants {
    /// `operator` is the installation's own forbids.
    pub fn new(db: Db, law: Arc<Law>, operator: &str) -> Result<Self, RulesError> {
        let pack = Rules::compile(law.clone(), operator, Own::default())?;
        Ok(Self {
            db,
            law,
            operator: operator.to_string(),
            pack: Arc::new(Memo::new(Arc::new(pack))),
            rules: RwLock::default(),
            keys: RwLock::default(),
            papers: RwLock::default(),
            lists: RwLock::default(),
            runs: RwLock::default(),
        })
    }

    /// The pack with default parameters.
    pub fn pack(&self) -> &Arc<Memo> {
        &self.pack
    }

    /// Compiles what somebody proposes.
    pub fn compile(&self, own: Own) -> Result<Rules, RulesError> {
        Rules::compile(self.law.clone(), &self.operator, own)
    }

    /// A bench for cases, of what somebody proposes.
    pub fn bench(&self, own: &Own) -> Result<Bench, RulesError> {
        Bench::new(&self.law, &self.operator, own)
    }

    /// The rules of one version; 0 is the pack alone. A version that does not compile any more (the pack has
    /// changed under it) is an error: then nobody is texted until it is mended.
    pub async fn rules(
        &self,
        tx: &impl ConnectionTrait,
        engine: Engine,
        tenant: TenantId,
        version: i64,
    ) -> anyhow::Result<Arc<Memo>> {
        if version == 0 {
            return Ok(self.pack.clone());
        }
        if let Some(known) = read(&self.rules).get(&(tenant, version)) {
            return Ok(known.clone());
        }
        let stored = db::policy::find(tx, engine, tenant, version).await?;
        let stored = stored.ok_or_else(|| anyhow::anyhow!("policy version {version} is gone"))?;
        let parameters: Parameters = serde_json::from_str(&stored.parameters)?;
        let own = Own {
            parameters,
            forbids: stored.forbids,
        };
        let memo = Arc::new(Memo::new(Arc::new(self.compile(own)?)));
        write(&self.rules).insert((tenant, version), memo.clone());
        Ok(memo)
    }

    /// The rules in force.
    pub async fn active(
        &self,
        db: &impl ConnectionTrait,
        engine: Engine,
        tenant: TenantId,
    ) -> anyhow::Result<Arc<Memo>> {
        let version = db::policy::active(db, engine, tenant).await?;
        self.rules(db, engine, tenant, version).await
    }

    /// The tenant's keys, made now if there are none.
    pub async fn keys(
        &self,
        tx: &impl ConnectionTrait,
        engine: Engine,
        tenant: TenantId,
    ) -> anyhow::Result<Keys> {
        if let Some(known) = read(&self.keys).get(&tenant) {
            return Ok(*known);
        }
        let fresh = Keys {
            person: rand::random(),
            sign_seed: rand::random(),
        };
        db::book::ensure(tx, engine, tenant, fresh).await?;
        let keys = db::book::keys(tx, engine, tenant).await?;
        // Not remembered here: the transaction that made them may yet be undone.
        keys.ok_or_else(|| anyhow::anyhow!("the tenant's book is gone"))
    }

    /// The keys if there are any. Read outside of transactions, so that only what is committed is remembered.
    pub async fn known_keys(&self, tenant: TenantId) -> anyhow::Result<Option<Keys>> {
        if let Some(known) = read(&self.keys).get(&tenant) {
            return Ok(Some(*known));
        }
        let keys = db::book::keys(self.db.read(), self.db.engine(), tenant).await?;
        if let Some(keys) = keys {
            write(&self.keys).insert(tenant, keys);
        }
        Ok(keys)
    }

    pub async fn papers(
        &self,
        db: &impl ConnectionTrait,
        engine: Engine,
        tenant: TenantId,
        (campaign, sender, template): (CampaignId, &str, TemplateId),
    ) -> anyhow::Result<Arc<Papers>> {
        let key = (tenant, campaign, sender.to_string(), template);
        if let Some((at, papers)) = read(&self.papers).get(&key)
            && at.elapsed() < BELIEVED
        {
            return Ok(papers.clone());
        }
        let wanted = [
            (Kind::Campaign, campaign.to_string()),
            (Kind::Sender, sender.to_string()),
            (Kind::Template, template.to_string()),
            (Kind::Content, campaign.to_string()),
        ];
        let mut content = ContentPapers::default();
        let mut papers = Papers::default();
        for (kind, body) in db::papers::load(db, engine, tenant, &wanted).await? {
            match kind.as_str() {
                "campaign" => papers.campaign = serde_json::from_str(&body)?,
                "sender" => papers.sender = serde_json::from_str(&body)?,
                "content" => content = serde_json::from_str(&body)?,
                _ => papers.template = serde_json::from_str(&body)?,
            }
        }
        papers.template.opt_out_text_missing |= content.opt_out_text_missing;
        let papers = Arc::new(papers);
        let mut known = write(&self.papers);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, (Instant::now(), papers.clone()));
        Ok(papers)
    }

    pub async fn lists(
        &self,
        db: &impl ConnectionTrait,
        engine: Engine,
        tenant: TenantId,
    ) -> anyhow::Result<Arc<Lists>> {
        if let Some((at, lists)) = read(&self.lists).get(&tenant)
            && at.elapsed() < BELIEVED
        {
            return Ok(lists.clone());
        }
        let lists = Arc::new(Lists {
            of: db::dnc::lists(db, engine, tenant).await?,
            any_erased: db::erased::any(db, engine, tenant).await?,
        });
        write(&self.lists).insert(tenant, (Instant::now(), lists.clone()));
        Ok(lists)
    }

    /// Papers or lists have changed.
    pub fn forget(&self, tenant: TenantId) {
        write(&self.papers).retain(|(of, ..), _| *of != tenant);
        write(&self.lists).remove(&tenant);
    }

    /// True the first time a run is seen, as far as this process remembers.
    pub fn is_new_run(&self, run: RunId) -> bool {
        !read(&self.runs).contains(&run)
    }

    pub fn remember_run(&self, run: RunId) {
        let mut runs = write(&self.runs);
        if runs.len() >= REMEMBERED {
            runs.clear();
        }
        runs.insert(run);
    }
}

/// The keyed hash of a number: HMAC-SHA256 with the tenant's key, so that ten digits cannot be tried out by
/// whoever gets the table without the key (GDPR art 4(5)).
pub fn person_hash(keys: &Keys, phone: contract::Phone) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let pad = |byte: u8| keys.person.map(|key| key ^ byte);
    let rest = |byte: u8| [byte; 32];
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(rest(0x36))
        .chain_update(phone.digits().to_string())
        .finalize();
    Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(rest(0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Phone;

    #[test]
    fn the_keyed_hash_is_hmac_sha256() {
        // RFC 4231's scheme with a 32-byte key of 0x0b and the text "15005550006", computed elsewhere.
        let keys = Keys {
            person: [0x0b; 32],
            sign_seed: [0; 32],
        };
        let phone = Phone::from_digits(15_005_550_006).unwrap();
        assert_eq!(
            hex::encode(person_hash(&keys, phone)),
            "297e11bd88ca96522d0b9e18862c195d7f186abef80af26b0196faca7f05c56f"
        );
    }
}

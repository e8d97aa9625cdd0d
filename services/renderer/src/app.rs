//! What the handlers share, and how the service starts.

use std::sync::{Arc, PoisonError, RwLock};

use ahash::AHashMap;
use chassis::{Bus, Clock, Cx, Db};
use contract::chunk::ChunkHead;
use contract::{RunId, TemplateId, TenantId, UnixMillis};
use utoipa_axum::router::OpenApiRouter;

use crate::config::Config;
use crate::db::links::LinkRun;
use crate::links::token::{Seal, Spot};
use crate::links::{Place, Run};
use crate::published::{self, Published};
use crate::{api, consumers, db, queries};

type Key = (TenantId, TemplateId, u32);
/// A run may have several texts.
type TextOfRun = (RunId, TemplateId, u32);

pub struct App {
    pub db: Db,
    pub bus: Bus,
    pub clock: Clock,
    pub config: Config,
    seal: Arc<Seal>,
    compiled: RwLock<AHashMap<Key, Arc<Published>>>,
    runs: RwLock<AHashMap<TextOfRun, Run>>,
}

pub async fn start(cx: Cx) -> anyhow::Result<OpenApiRouter> {
    let app = Arc::new(App {
        db: cx.db.clone(),
        bus: cx.bus.clone(),
        clock: cx.clock.clone(),
        config: cx.config()?,
        seal: Arc::new(db::links::seal(&cx.db, rand::random()).await?),
        compiled: RwLock::default(),
        runs: RwLock::default(),
    });
    consumers::start(&cx, &app).await?;
    queries::start(&cx, &app).await?;
    Ok(api::router().with_state(app))
}

impl App {
    /// A published version, compiled; `None` when there is no such version.
    pub async fn compiled(
        &self,
        tenant: TenantId,
        id: TemplateId,
        version: u32,
    ) -> anyhow::Result<Option<Arc<Published>>> {
        let key = (tenant, id, version);
        let known = self
            .compiled
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(content) = db::versions::content(&self.db, tenant, id, version).await? else {
            return Ok(None);
        };
        let Ok(compiled) = published::build(&content, self.config.limits()).map(Arc::new) else {
            return Ok(None);
        };
        let mut cache = self
            .compiled
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= self.config.cached_templates {
            cache.clear();
        }
        cache.insert(key, Arc::clone(&compiled));
        Ok(Some(compiled))
    }

    /// The place of a text of a run among those with links; `None` where its texts hold none, or the tenant has no
    /// domain any more.
    pub async fn links(
        &self,
        tenant: TenantId,
        head: &ChunkHead,
        published: &Published,
    ) -> anyhow::Result<Option<Run>> {
        if published.targets.is_empty() {
            return Ok(None);
        }
        let text = (head.run, head.template, head.template_version);
        let known = self
            .runs
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&text)
            .cloned();
        if known.is_some() {
            return Ok(known);
        }
        let domains = db::links::domains(&self.db, tenant).await?;
        let Some((domain, _)) = domains.into_iter().next() else {
            return Ok(None);
        };
        let now = self.clock.millis();
        let days = i64::from(published.link_days.unwrap_or(self.config.link_days));
        let new = LinkRun {
            run: head.run,
            tenant,
            campaign: head.campaign,
            template: head.template,
            version: head.template_version,
            domain,
            mode: head.mode,
            created_at: now,
            expires_at: UnixMillis(now.0.saturating_add(days * 86_400_000)),
        };
        let engine = self.db.engine();
        let (number, row) = self
            .db
            .write(move |tx| Box::pin(async move { db::links::ensure_run(tx, engine, &new).await }))
            .await?;
        let run = Run {
            before: self.config.before(&row.domain).into(),
            seal: Arc::clone(&self.seal),
            number,
        };
        let mut runs = self.runs.write().unwrap_or_else(PoisonError::into_inner);
        if runs.len() >= self.config.cached_templates {
            runs.clear();
        }
        runs.insert(text, run.clone());
        Ok(Some(run))
    }

    /// What a token names, if this installation made it.
    pub fn spot(&self, token: &str) -> Option<Spot> {
        self.seal.read(token)
    }

    /// Where the links of a preview stand: they lead nowhere, but are as long as real ones.
    pub async fn sample_place(
        &self,
        tenant: TenantId,
        published: &Published,
    ) -> anyhow::Result<Option<Place>> {
        let run = self.sample_run(tenant, published).await?;
        Ok(run.and_then(|run| run.place(0, 0)))
    }

    /// A run for texts that nobody is sent: its links lead nowhere, but are as long as real ones. `None` as in
    /// [`App::links`].
    pub async fn sample_run(
        &self,
        tenant: TenantId,
        published: &Published,
    ) -> anyhow::Result<Option<Run>> {
        if published.targets.is_empty() {
            return Ok(None);
        }
        let domains = db::links::domains(&self.db, tenant).await?;
        Ok(domains.first().map(|(domain, _)| Run {
            before: self.config.before(domain).into(),
            seal: Arc::clone(&self.seal),
            number: 0,
        }))
    }
}

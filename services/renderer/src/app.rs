//! What the handlers share, and how the service starts.

use std::sync::{Arc, PoisonError, RwLock};

use ahash::AHashMap;
use chassis::{Bus, Clock, Cx, Db};
use contract::{TemplateId, TenantId};
use utoipa_axum::router::OpenApiRouter;

use crate::config::Config;
use crate::template::{self, Compiled};
use crate::{api, consumers, db, queries};

type Key = (TenantId, TemplateId, u32);

pub struct App {
    pub db: Db,
    pub bus: Bus,
    pub clock: Clock,
    pub config: Config,
    compiled: RwLock<AHashMap<Key, Arc<Compiled>>>,
}

pub async fn start(cx: Cx) -> anyhow::Result<OpenApiRouter> {
    let app = Arc::new(App {
        db: cx.db.clone(),
        bus: cx.bus.clone(),
        clock: cx.clock.clone(),
        config: cx.config()?,
        compiled: RwLock::default(),
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
    ) -> anyhow::Result<Option<Arc<Compiled>>> {
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
        let Some(body) = db::versions::body(&self.db, tenant, id, version).await? else {
            return Ok(None);
        };
        let Ok(compiled) = template::compile(&body, self.config.limits()).map(Arc::new) else {
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
}

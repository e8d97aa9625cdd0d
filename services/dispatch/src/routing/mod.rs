//! Routes, pools and operators of every tenant in memory, as the tables have them.
//!
//! [`route_body`] and [`pool_body`] are what owners write, [`snapshot`] what of it a text is matched with,
//! [`plan`] the carriers a leg may go over. Whoever changes a table raises its version; [`watch`] looks at it
//! several times a second in every dispatcher.

pub mod plan;
pub mod pool_body;
pub mod route_body;
pub mod snapshot;
pub mod watch;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use chassis::Db;
use contract::{Mode, TenantId};

use crate::db::routing_version;
use crate::links::Links;
use crate::route::choose::Prefer;
use crate::route::operator::Operators;
use plan::Plan;
use snapshot::{Snapshot, Tenant};

#[derive(Debug)]
pub struct Routing {
    prefer: Prefer,
    snapshot: RwLock<Arc<Snapshot>>,
    version: AtomicI64,
    /// For tenants without routes: the first carrier of the mode, by name.
    plain: [Option<Arc<Plan>>; 2],
}

impl Routing {
    pub async fn load(db: &Db, links: &Links, prefer: Prefer) -> anyhow::Result<Self> {
        let routing = Self {
            prefer,
            snapshot: RwLock::default(),
            version: AtomicI64::new(-1),
            plain: [Mode::Live, Mode::Test].map(|mode| {
                let link = links.route(mode)?;
                let name = links.get(link)?.name.clone();
                Some(Arc::new(Plan::plain(name, link)))
            }),
        };
        routing.refresh(db, links).await?;
        Ok(routing)
    }

    pub const fn prefer(&self) -> Prefer {
        self.prefer
    }

    /// Reads the tables again if they have changed.
    pub async fn refresh(&self, db: &Db, links: &Links) -> anyhow::Result<()> {
        let version = routing_version::current(db.engine(), db.read()).await?;
        if version == self.version.load(Ordering::Acquire) {
            return Ok(());
        }
        // Read after the version: what changes in between is read again the next time.
        let fresh = Arc::new(Snapshot::read(db, links).await?);
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = fresh;
        self.version.store(version, Ordering::Release);
        Ok(())
    }

    /// What a tenant has written down for a mode, if anything.
    pub fn of(&self, tenant: TenantId, mode: Mode) -> Option<Arc<Tenant>> {
        self.snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .of(tenant, mode)
    }

    /// What a tenant knows of operators, if anything.
    pub fn operators(&self, tenant: TenantId) -> Option<Arc<Operators>> {
        self.snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .operators(tenant)
    }

    /// Tenants that have this sender in a pool.
    pub fn pooled_by(&self, sender: &str, mode: Mode) -> Vec<TenantId> {
        self.snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .pooled_by(sender, mode)
    }

    /// Where texts of a tenant without routes go.
    pub fn plain(&self, mode: Mode) -> Option<Arc<Plan>> {
        self.plain[usize::from(mode == Mode::Test)].clone()
    }
}

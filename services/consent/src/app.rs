//! What every handler of the service has at hand.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use ahash::AHashSet;
use chassis::{Cx, Engine, Tx};
use contract::DecisionId;
use tokio::sync::Notify;

use crate::config::Config;
use crate::counts::Counts;
use crate::db;
use crate::decision::Decision;
use crate::granting::Questions;
use crate::law::Law;
use crate::memo::Memo;
use crate::places::Places;
use crate::tenants::Tenants;

/// Decision ids remembered as stored; then it starts anew, and storing one again changes nothing.
const KNOWN_DECISIONS: usize = 262_144;
/// No opt-out so far.
const NEVER: u64 = u64::MAX;

pub struct App {
    pub cx: Cx,
    pub config: Config,
    pub law: Arc<Law>,
    pub places: Places,
    pub tenants: Tenants,
    pub counts: Counts,
    pub questions: Questions,
    /// Rings when an opt-out may have become confirmable.
    pub confirm: Notify,
    /// Opt-outs wait for permits to close.
    awaited: AtomicBool,
    started: Instant,
    /// Milliseconds after `started`, or [`NEVER`].
    last_opt_out: AtomicU64,
    stored: RwLock<AHashSet<DecisionId>>,
    kept: RwLock<AHashSet<[u8; 32]>>,
}

impl App {
    pub async fn new(cx: Cx) -> anyhow::Result<Self> {
        let config: Config = cx.config()?;
        let law = Arc::new(Law::load()?);
        let counts = Counts::load(&cx.db, cx.clock.millis().0).await?;
        Ok(Self {
            tenants: Tenants::new(cx.db.clone(), law.clone(), &config.extra_policies)?,
            places: Places::load()?,
            law,
            counts,
            questions: Questions::default(),
            cx,
            config,
            confirm: Notify::new(),
            awaited: AtomicBool::new(true),
            started: Instant::now(),
            last_opt_out: AtomicU64::new(NEVER),
            stored: RwLock::default(),
            kept: RwLock::default(),
        })
    }

    pub fn engine(&self) -> Engine {
        self.cx.db.engine()
    }

    /// Permits have closed.
    pub fn permits_closed(&self) {
        if self.awaited.load(Ordering::Relaxed) {
            self.confirm.notify_one();
        }
    }

    /// An opt-out has been recorded.
    pub fn opt_out_recorded(&self) {
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_opt_out.store(millis, Ordering::Relaxed);
        self.awaited.store(true, Ordering::Relaxed);
        self.confirm.notify_one();
    }

    /// Time since this process last recorded an opt-out; without end if it has not.
    pub fn since_opt_out(&self) -> Duration {
        match self.last_opt_out.load(Ordering::Relaxed) {
            NEVER => Duration::MAX,
            last => self
                .started
                .elapsed()
                .saturating_sub(Duration::from_millis(last)),
        }
    }

    pub fn set_awaited(&self, awaited: bool) {
        self.awaited.store(awaited, Ordering::Relaxed);
    }

    /// Those of `decisions` that may not be in the database yet, each once.
    pub fn unstored<'d>(
        &self,
        decisions: impl Iterator<Item = &'d Arc<Decision>>,
    ) -> Vec<Arc<Decision>> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let mut seen = AHashSet::new();
        decisions
            .filter(|made| !stored.contains(&made.id) && seen.insert(made.id))
            .cloned()
            .collect()
    }

    /// Writes decisions as evidence, and the policies they were made by. [`App::mark_stored`] follows after
    /// the commit.
    pub async fn store_decisions(
        &self,
        tx: &Tx,
        memo: &Memo,
        decisions: &[Arc<Decision>],
        now: i64,
    ) -> anyhow::Result<()> {
        if decisions.is_empty() {
            return Ok(());
        }
        let (engine, hash) = (self.engine(), memo.rules().hash());
        let kept = self
            .kept
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(hash);
        if !kept {
            let body = serde_json::to_string(&memo.rules().evidence())?;
            db::policy::keep_text(tx, engine, hash, &body, now).await?;
        }
        db::decision::store(tx, engine, hash, decisions, now).await
    }

    pub fn mark_stored(&self, memo: &Memo, decisions: &[Arc<Decision>]) {
        if decisions.is_empty() {
            return;
        }
        self.kept
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(*memo.rules().hash());
        let mut stored = self.stored.write().unwrap_or_else(PoisonError::into_inner);
        if stored.len() + decisions.len() > KNOWN_DECISIONS {
            stored.clear();
        }
        stored.extend(decisions.iter().map(|made| made.id));
    }
}

//! The terms and windows in memory, and how they keep up with the tables.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use ahash::AHashMap;
use chassis::Db;
use tokio_util::sync::CancellationToken;

use super::account::Account;
use super::charge::HoldKey;
use super::config::MoneyConfig;
use super::db::{holds, terms};
use super::pulse::Pulse;
use super::terms::{AllTerms, Defaults};

/// How soon a change that another process made is seen.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub struct Money {
    pub(super) db: Db,
    pub(super) dispatcher: String,
    pub defaults: Defaults,
    terms: RwLock<Arc<AllTerms>>,
    version: AtomicI64,
    pulses: Mutex<AHashMap<Account, SharedPulse>>,
    entries: usize,
}

/// An account's windows.
#[derive(Debug, Clone)]
pub struct SharedPulse(Arc<Mutex<Pulse>>);

impl SharedPulse {
    pub fn with<T>(&self, work: impl FnOnce(&mut Pulse) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Money")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Money {
    pub async fn load(db: &Db, dispatcher: &str, config: &MoneyConfig) -> anyhow::Result<Self> {
        let money = Self {
            db: db.clone(),
            dispatcher: dispatcher.to_string(),
            defaults: config.defaults()?,
            terms: RwLock::default(),
            version: AtomicI64::new(-1),
            pulses: Mutex::default(),
            entries: config.velocity_entries,
        };
        money.reload().await?;
        Ok(money)
    }

    pub fn terms(&self) -> Arc<AllTerms> {
        let terms = self.terms.read().unwrap_or_else(PoisonError::into_inner);
        terms.clone()
    }

    /// Reads the tables again if they have changed.
    pub async fn reload(&self) -> anyhow::Result<()> {
        let (engine, db) = (self.db.engine(), self.db.read());
        // The version first: a change between the two reads is then read twice, not never.
        let version = terms::version(engine, db).await?;
        if version == self.version.load(Ordering::Acquire) {
            return Ok(());
        }
        let read = Arc::new(terms::load(engine, db).await?);
        *self.terms.write().unwrap_or_else(PoisonError::into_inner) = read;
        self.version.store(version, Ordering::Release);
        Ok(())
    }

    /// Keeps up with what other processes change, until the service stops.
    pub async fn keep_up(&self, stopping: CancellationToken) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                () = stopping.cancelled() => return Ok(()),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if let Err(error) = self.reload().await {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "prices and caps could not be read"
                );
            }
        }
    }

    pub fn pulse(&self, account: Account) -> SharedPulse {
        let mut pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let pulse = Pulse::new(self.entries, self.defaults.limits.prefix_digits);
            SharedPulse(Arc::new(Mutex::new(pulse)))
        };
        pulses.entry(account).or_insert_with(new).clone()
    }

    /// An account's windows, if it has sent anything that is counted.
    pub fn known_pulse(&self, account: Account) -> Option<SharedPulse> {
        let pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        pulses.get(&account).cloned()
    }

    /// Texts counted at `then` that surely did not leave.
    pub(super) fn uncount(
        &self,
        account: Account,
        now: i64,
        then: i64,
        numbers: impl Iterator<Item = u64>,
    ) {
        let mut numbers = numbers.peekable();
        if numbers.peek().is_none() {
            return;
        }
        let terms = self.terms();
        let limits = self.defaults.limits(terms.of(account));
        self.pulse(account).with(|pulse| {
            for number in numbers {
                pulse.give_back(limits, now, then, number);
            }
        });
    }

    /// Gives budget back that was taken for texts that surely did not leave.
    pub async fn give_back(&self, keys: Vec<HoldKey>) -> anyhow::Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let (engine, dispatcher) = (self.db.engine(), self.dispatcher.clone());
        self.db
            .write(move |tx| {
                Box::pin(async move { holds::remove(engine, tx, &dispatcher, &keys).await })
            })
            .await
    }
}

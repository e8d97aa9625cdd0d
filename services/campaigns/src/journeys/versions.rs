//! Compiled versions, kept: they never change.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use contract::{JourneyId, TemplateId, UnixMillis};
use sea_orm::ConnectionTrait;

use crate::db;
use crate::journey::version::Version;

/// Versions kept before all are let go.
const MOST: usize = 1_000;

/// A version and what it was published with.
#[derive(Debug)]
pub struct Ready {
    pub number: u32,
    pub version: Version,
    pub programme: String,
    pub templates: BTreeMap<String, TemplateId>,
    pub sender: Option<String>,
    pub published_at: UnixMillis,
}

#[derive(Default)]
pub struct Versions {
    known: Mutex<HashMap<(JourneyId, u32), Arc<Ready>>>,
}

impl Versions {
    pub async fn get(
        &self,
        conn: &impl ConnectionTrait,
        journey: JourneyId,
        number: u32,
    ) -> anyhow::Result<Arc<Ready>> {
        if let Some(ready) = self.lock().get(&(journey, number)).cloned() {
            return Ok(ready);
        }
        let published = db::journey::version(conn, journey, number)
            .await?
            .with_context(|| format!("{journey} has no version {number}"))?;
        let ready = Arc::new(Ready {
            number,
            version: Version::compile(&published.definition)?,
            programme: published
                .definition
                .programme
                .clone()
                .unwrap_or_else(|| "default".to_string()),
            sender: published.sender.or(published.definition.sender),
            templates: published.templates,
            published_at: published.published_at,
        });
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert((journey, number), ready.clone());
        Ok(ready)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(JourneyId, u32), Arc<Ready>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ready {
    /// The template of a name, or the one whose id it is.
    pub fn template(&self, name: &str) -> Option<TemplateId> {
        self.templates
            .get(name)
            .copied()
            .or_else(|| name.parse().ok())
    }
}

//! New tenants, each with a test and a live key.

use chassis::{Bus, Clock, Db, Engine, Tx};
use chrono::{DateTime, Utc};
use contract::{KeyId, Mode, TenantId};

use crate::db;
use crate::db::keys::Key;
use crate::key::{KeyText, key_text};

/// A new tenant with the texts of its keys, which cannot be had again.
#[derive(Clone)]
pub struct NewTenant {
    pub tenant: TenantId,
    pub test_key: String,
    pub live_key: String,
}

impl std::fmt::Debug for NewTenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewTenant")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// Makes the first tenant; `None` if there is one already. Nothing is said on the bus yet.
pub async fn bootstrap(
    db: &Db,
    _bus: &Bus,
    clock: &Clock,
    name: &str,
) -> anyhow::Result<Option<NewTenant>> {
    let (engine, now, name) = (db.engine(), clock.now(), name.to_string());
    let made = db.write(move |tx| {
        Box::pin(async move {
            if db::tenants::any(tx, engine).await? {
                return Ok(None);
            }
            Ok(Some(make(tx, engine, now, &name).await?))
        })
    });
    made.await
}

/// Makes one more tenant.
pub async fn create_tenant(db: &Db, clock: &Clock, name: &str) -> anyhow::Result<NewTenant> {
    let (engine, now, name) = (db.engine(), clock.now(), name.to_string());
    db.write(move |tx| Box::pin(async move { make(tx, engine, now, &name).await }))
        .await
}

async fn make(
    tx: &Tx,
    engine: Engine,
    now: DateTime<Utc>,
    name: &str,
) -> anyhow::Result<NewTenant> {
    let tenant = TenantId::at(now);
    db::tenants::insert(tx, engine, tenant, name, now.timestamp_millis()).await?;
    let test_key = make_key(tx, engine, tenant, Mode::Test, "first test key", now)
        .await?
        .1
        .text;
    let live_key = make_key(tx, engine, tenant, Mode::Live, "first live key", now)
        .await?
        .1
        .text;
    Ok(NewTenant {
        tenant,
        test_key,
        live_key,
    })
}

/// Makes a key; its text is in the answer and nowhere else.
pub async fn make_key(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    mode: Mode,
    name: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<(Key, KeyText)> {
    let text = key_text(mode, rand::random());
    let key = Key {
        id: KeyId::at(now),
        mode,
        name: name.to_string(),
        prefix: text.prefix.clone(),
        created_at: now.timestamp_millis(),
        revoked_at: None,
    };
    db::keys::insert(tx, engine, tenant, &key, &text.sha256).await?;
    Ok((key, text))
}

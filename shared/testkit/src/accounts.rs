//! Stands in for the accounts service: knows the keys of one [`crate::Kit`] and nothing else.

use std::sync::Arc;

use chassis::{Cx, Service};
use contract::accounts::{Caller, VerifyKey};
use contract::{Envelope, KeyId, Mode, TenantId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa_axum::router::OpenApiRouter;

pub const STUB: Service = Service {
    name: "accounts",
    migrations: &[],
    defaults: "keys = []\n",
    start: |cx| Box::pin(start(cx)),
};

/// The stub's settings.
#[derive(Deserialize)]
struct Config {
    keys: Vec<KnownKey>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct KnownKey {
    pub sha256: String,
    pub caller: Caller,
}

impl KnownKey {
    pub fn new(text: &str, tenant: TenantId, number: u128, mode: Mode) -> Self {
        let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
        let key = KeyId::from_raw(number);
        Self {
            sha256,
            caller: Caller { tenant, key, mode },
        }
    }
}

async fn start(cx: Cx) -> anyhow::Result<OpenApiRouter> {
    let known = Arc::new(cx.config::<Config>()?.keys);
    cx.answer(known, verify).await?;
    Ok(OpenApiRouter::new())
}

async fn verify(
    known: Arc<Vec<KnownKey>>,
    question: Envelope<VerifyKey>,
) -> anyhow::Result<Option<Caller>> {
    let key = known.iter().find(|key| key.sha256 == question.body.sha256);
    Ok(key.map(|key| key.caller))
}

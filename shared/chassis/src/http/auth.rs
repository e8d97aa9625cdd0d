//! Every request is authenticated by an API key; the accounts service knows the keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use contract::TenantId;
use contract::accounts::{Caller, VerifyKey};
use sha2::{Digest, Sha256};

use super::Problem;
use crate::bus::Bus;

/// Looks keys up and remembers good ones for a few seconds.
#[derive(Clone)]
pub struct Authenticator {
    bus: Bus,
    remember: Duration,
    known: Arc<Mutex<Known>>,
}

/// By SHA-256 of the key: who it is, and since when we know.
type Known = HashMap<[u8; 32], (Caller, Instant)>;

impl Authenticator {
    pub fn new(bus: Bus, remember: Duration) -> Self {
        Self {
            bus,
            remember,
            known: Arc::default(),
        }
    }

    async fn verify(&self, key: &str) -> Result<Caller, Problem> {
        let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        if let Some(caller) = self.remembered(&digest) {
            return Ok(caller);
        }
        let question = VerifyKey {
            sha256: hex::encode(digest),
        };
        match self.bus.ask(TenantId::from_raw(0), &question).await? {
            Some(caller) => {
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                known.retain(|_, (_, at)| at.elapsed() < self.remember);
                known.insert(digest, (caller, Instant::now()));
                Ok(caller)
            }
            None => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "auth.invalid",
                "the API key is unknown or revoked",
            )),
        }
    }

    fn remembered(&self, digest: &[u8; 32]) -> Option<Caller> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(digest)
            .filter(|(_, at)| at.elapsed() < self.remember)
            .map(|(caller, _)| *caller)
    }
}

/// Extractor: who calls. A request without a valid key ends here.
#[derive(Debug, Clone, Copy)]
pub struct Auth(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Auth {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let missing = || {
            let how = "send the header Authorization: Bearer hm_live_… or hm_test_…";
            Problem::new(StatusCode::UNAUTHORIZED, "auth.missing", how)
        };
        let text = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .ok_or_else(missing)?;
        let key = text
            .strip_prefix("Bearer ")
            .map(str::trim)
            .filter(|key| !key.is_empty())
            .ok_or_else(missing)?;
        let authenticator = parts.extensions.get::<Authenticator>().cloned();
        let authenticator =
            authenticator.ok_or_else(|| Problem::internal(&anyhow::anyhow!("no authenticator")))?;
        authenticator.verify(key).await.map(Self)
    }
}

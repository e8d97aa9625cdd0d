//! `GET /v1/evidence-key`: the key that evidence of this tenant is signed with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Problem};
use contract::TenantId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::archive::{SigningKey, fingerprint, public_hex, signing_key};
use crate::db::book::Keys;

#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceKey {
    pub algorithm: &'static str,
    /// 64 hex digits, for `hailmast evidence verify --key`.
    pub public_key: String,
    /// Short enough to be read out.
    pub fingerprint: String,
}

/// The public key. Hand it to those who verify by another way than the archives.
#[utoipa::path(get, path = "/v1/evidence-key", tag = "consent", responses((status = 200, body = EvidenceKey)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<EvidenceKey>, Problem> {
    let key = sign_key(&app, caller.tenant).await?.verifying_key();
    Ok(Json(EvidenceKey {
        algorithm: "Ed25519",
        public_key: public_hex(&key),
        fingerprint: fingerprint(&key),
    }))
}

pub async fn sign_key(app: &Arc<App>, tenant: TenantId) -> anyhow::Result<SigningKey> {
    Ok(signing_key(&keys(app, tenant).await?.sign_seed))
}

/// The tenant's keys, made now if there are none.
pub async fn keys(app: &Arc<App>, tenant: TenantId) -> anyhow::Result<Keys> {
    if let Some(keys) = app.tenants.known_keys(tenant).await? {
        return Ok(keys);
    }
    let shared = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { shared.tenants.keys(tx, shared.engine(), tenant).await })
    });
    write.await
}

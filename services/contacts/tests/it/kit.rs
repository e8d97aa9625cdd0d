//! A stand-in until testkit lands.
use std::path::PathBuf;
use std::sync::Arc;
use chassis::host::{Host, HostOptions};
use chassis::managed::{FindOptions, NatsOptions, NatsServer, find};
use chassis::{Bus, Clock, Service, Settings};
use contract::accounts::{Caller, VerifyKey};
use contract::{Envelope, KeyId, Mode, TenantId};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub struct Kit { pub tenant: TenantId, pub other_tenant: TenantId, pub key: String, pub other_key: String, pub bus: Bus, pub base_url: String, pub dir: tempfile::TempDir, host: Option<Host>, nats: NatsServer }
const KEY: &str = "hm_test_a";
const OTHER: &str = "hm_test_b";
const STUB: Service = Service { name: "accounts", migrations: &[], defaults: "", start: |cx| Box::pin(async move {
    cx.answer(Arc::new(()), |_, env: Envelope<VerifyKey>| async move {
        let find = |k: &str, t: u128| (hex::encode(Sha256::digest(k.as_bytes())) == env.body.sha256).then(|| Caller { tenant: TenantId::from_raw(t), key: KeyId::from_raw(t), mode: Mode::Test });
        Ok(find(KEY, 1).or(find(OTHER, 2)))
    }).await?;
    Ok(utoipa_axum::router::OpenApiRouter::new())
}) };
impl Kit {
    pub async fn start(services: &[Service]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let found = find(&FindOptions::of_this_user(None)).await.unwrap();
        let nats = NatsServer::start(NatsOptions { binary: found.binary, store_dir: dir.path().join("nats"), port: None }).await.unwrap();
        let (host, bus) = Self::host(&dir.path().to_path_buf(), &nats, services).await;
        let base_url = format!("http://{}", host.address);
        Self { tenant: TenantId::from_raw(1), other_tenant: TenantId::from_raw(2), key: KEY.into(), other_key: OTHER.into(), bus, base_url, dir, host: Some(host), nats }
    }
    async fn host(dir: &PathBuf, nats: &NatsServer, services: &[Service]) -> (Host, Bus) {
        let mut all = vec![STUB]; all.extend(services);
        let settings = Settings::defaults(&all).with("data.dir", dir).with("nats.url", nats.url()).with("http.listen", "127.0.0.1:0").with("contacts.import_batch_rows", 50);
        let host = Host::start(HostOptions { services: all, settings, clock: Clock::system() }).await.unwrap();
        let bus = host.cx("accounts").unwrap().bus.clone();
        (host, bus)
    }
    pub async fn halt(&mut self) { if let Some(h) = self.host.take() { let _ = h.stop().await; } }
    pub async fn again(&mut self, services: &[Service]) {
        let (host, bus) = Self::host(&self.dir.path().to_path_buf(), &self.nats, services).await;
        self.bus = bus; self.base_url = format!("http://{}", host.address); self.host = Some(host);
    }
    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, text) = crate::upload::raw(self, method, path, &self.key, body.as_bytes()).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
    pub async fn get(&self, path: &str) -> (u16, Value) { self.call("GET", path, Value::Null).await }
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) { self.call("POST", path, body).await }
    pub async fn put(&self, path: &str, body: Value) -> (u16, Value) { self.call("PUT", path, body).await }
    pub async fn patch(&self, path: &str, body: Value) -> (u16, Value) { self.call("PATCH", path, body).await }
    pub async fn delete(&self, path: &str, body: Value) -> (u16, Value) { self.call("DELETE", path, body).await }
    pub async fn stop(self) { if let Some(h) = self.host { let _ = h.stop().await; } self.nats.stop().await.unwrap(); }
}

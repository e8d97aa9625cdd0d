//! HTTP calls: the status and the body, whatever they are.

use chassis::http::client::Client;
use serde::Serialize;
use serde_json::Value;

use crate::Kit;

impl Kit {
    /// A caller with another key.
    pub fn with_key(&self, key: &str) -> Client {
        Client::new(self.host.address, key)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, "application/json", Vec::new()).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        self.send("DELETE", path, "application/json", Vec::new())
            .await
    }

    pub async fn post(&self, path: &str, body: impl Serialize) -> (u16, Value) {
        self.json("POST", path, body).await
    }

    pub async fn patch(&self, path: &str, body: impl Serialize) -> (u16, Value) {
        self.json("PATCH", path, body).await
    }

    pub async fn put(&self, path: &str, body: impl Serialize) -> (u16, Value) {
        self.json("PUT", path, body).await
    }

    async fn json(&self, method: &str, path: &str, body: impl Serialize) -> (u16, Value) {
        let bytes = serde_json::to_vec(&body).unwrap();
        self.send(method, path, "application/json", bytes).await
    }

    /// Any body of any kind, with the kit's test key.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> (u16, Value) {
        let client = self.with_key(&self.key);
        client.send(method, path, content_type, body).await.unwrap()
    }
}

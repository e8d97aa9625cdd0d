//! What texts cost, and what stops them for their cost or for where they go.

use contract::Reason;
use dispatch::money::db::spend;
use serde_json::{Value, json};

use crate::rig::{Rig, Wish, kind};

mod caps;
mod prices;
mod processes;
mod pumping;
mod questions;

/// A rig whose simulated carrier takes 1,000 micros for a segment to the US.
async fn priced() -> Rig {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let prices = json!({"prices": [
        {"provider": "simulator", "country": "US", "micros": 1000, "currency": "USD"}]});
    assert_eq!(rig.kit.put("/v1/prices", prices).await.0, 200);
    rig
}

async fn cap(rig: &Rig, body: Value) {
    let (status, answer) = rig.kit.put("/v1/spend-caps", body).await;
    assert_eq!(status, 204, "{answer}");
}

fn reasons(rig: &Rig, reason: &Reason) -> usize {
    let hand_overs = rig.said.hand_overs.lock().unwrap();
    hand_overs
        .iter()
        .filter(|(_, item)| item.reason == *reason)
        .count()
}

async fn no_counter_is_wrong(rig: &Rig) {
    let db = rig.db();
    assert_eq!(spend::recount(db.engine(), db.read()).await.unwrap(), []);
}

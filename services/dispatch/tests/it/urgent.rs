//! What people wait for, behind a stream full of marketing.

use std::time::{Duration, Instant};

use contract::Class;
use contract::chunk::Outcome;
use contract::dispatch::{SendChunk, SendUrgentChunk};
use contract::ids::{CampaignId, RunId};
use serde_json::json;

use super::rig::{Rig, SENDER, Wish, kind, until};

const OTHER: &str = "+15005550007";

/// A transactional chunk of another campaign and sender.
fn urgent(rig: &Rig, texts: u16) -> SendChunk {
    let mut chunk = rig.chunk(0, 0..texts);
    chunk.head.run = RunId::from_raw(rig.run.raw() + (1 << 40));
    chunk.head.campaign = CampaignId::from_raw(9);
    chunk.head.sender = OTHER.to_string();
    chunk.head.class = Class::Transactional;
    chunk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transactional_campaign_starts_at_once_behind_a_thousand_chunks_of_marketing() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let limit = json!({"segments_per_second": 10, "burst": 1});
    let path = format!("/v1/limits/lane/{SENDER}");
    rig.kit.put(&path, limit).await;
    for chunk in 0..1000 {
        rig.send(&rig.chunk(chunk, 0..1)).await;
    }
    until("marketing leaves", || {
        rig.said.count(Outcome::Delivered) > 5
    })
    .await;
    let begun = Instant::now();
    let SendChunk { head, texts } = urgent(&rig, 100);
    let chunk = SendUrgentChunk { head, texts };
    rig.kit.bus.publish(rig.kit.tenant, &chunk).await.unwrap();
    let other = OTHER.trim_start_matches('+');
    let left = || rig.arrivals().iter().filter(|one| one.1 == other).count();
    until("all of it has left", || left() == 100).await;
    let took = begun.elapsed();
    // Two seconds on a machine with nothing else to do.
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert!(rig.arrivals().len() < 400, "marketing was not behind");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transactional_chunk_that_an_older_renderer_sent_leaves_as_before() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    rig.send(&urgent(&rig, 20)).await;
    until("it is delivered", || {
        rig.said.count(Outcome::Delivered) == 20
    })
    .await;
    rig.stop().await;
}

//! Texts that were held until later and come back before: after a resume, and when a lane has room.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use contract::campaigns::BringBack;
use contract::ids::CampaignId;
use contract::{Mode, Payload, Reason, payload};
use futures::StreamExt;
use serde_json::json;

use super::rig::{Rig, SENDER, Wish, kind, until};

/// Keeps what campaigns is told.
async fn told(rig: &Rig) -> Arc<Mutex<Vec<BringBack>>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = told.clone();
    let subject = payload::subject_filter::<BringBack>();
    let client = rig.kit.bus.client().clone();
    let mut messages = client.subscribe(subject).await.unwrap();
    client.flush().await.unwrap();
    tokio::spawn(async move {
        while let Some(message) = messages.next().await {
            let command = payload::decode(BringBack::FORMAT, &message.payload).unwrap();
            kept.lock().unwrap().push(command);
        }
    });
    told
}

async fn rig() -> Rig {
    Rig::start(Wish {
        smsc: kind(),
        settings: vec![("dispatch.sends.answer_within_ms", json!(5000))],
        ..Wish::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resume_brings_held_texts_back_within_a_second() {
    let rig = rig().await;
    let told = told(&rig).await;
    let path = format!("/v1/traffic/controls/lane/{SENDER}");
    let (status, seen) = rig.kit.put(&path, json!({"action": "pause"})).await;
    assert_eq!(status, 200, "{seen}");
    tokio::time::sleep(Duration::from_secs(6)).await;
    // Held for as long as the pause has lasted, six seconds and more.
    let body = json!({ "to": { "phone": "+15005551001" }, "class": "otp", "sender": SENDER,
                       "text": "Code 1001", "dedup_key": "a" });
    let (_, sent) = rig.kit.post("/v1/messages", body).await;
    assert_eq!(sent["state"], "held", "{sent}");
    assert_eq!(told.lock().unwrap().len(), 0);
    let begun = Instant::now();
    assert_eq!(rig.kit.delete(&path).await.0, 204);
    until("it has left", || !rig.arrivals().is_empty()).await;
    let took = begun.elapsed();
    // A second on a machine with nothing else to do.
    assert!(took < Duration::from_secs(3), "{took:?}");
    let expected = BringBack {
        reason: Reason::OPERATOR_PAUSED,
        mode: Some(Mode::Test),
        campaign: None,
        at_most: None,
    };
    // Once at the end of the pause, once more for what was just being held.
    until("campaigns is told twice", || {
        told.lock().unwrap().len() == 2
    })
    .await;
    assert!(told.lock().unwrap().iter().all(|one| *one == expected));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_asks_for_what_it_gave_back_before_it_runs_dry() {
    let rig = rig().await;
    let told = told(&rig).await;
    let path = format!("/v1/limits/lane/{SENDER}");
    let limit = json!({"segments_per_second": 5});
    assert_eq!(rig.kit.put(&path, limit).await.0, 200);
    rig.send(&rig.chunk(0, 0..400)).await;
    // A hundred are in hand; half of them leave in ten seconds.
    until("it asks", || !told.lock().unwrap().is_empty()).await;
    let first = told.lock().unwrap()[0].clone();
    assert_eq!(
        (first.reason, first.campaign, first.mode),
        (
            Reason::PACE_QUEUE,
            Some(CampaignId::from_raw(5)),
            Some(Mode::Test)
        )
    );
    let texts = first.at_most.unwrap();
    assert!((45..=60).contains(&texts), "{texts}");
    let left = rig.arrivals().len();
    assert!((40..=60).contains(&left), "{left}");
    rig.stop().await;
}

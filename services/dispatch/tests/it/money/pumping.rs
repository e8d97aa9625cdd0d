//! Countries that may be texted, and limits against pumping.

use contract::chunk::Outcome;
use contract::{Class, Reason};
use serde_json::json;

use super::reasons;
use crate::rig::{Rig, Wish, kind, until};

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_countries_are_texted_and_no_permit_is_asked_for_others() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let countries = json!({"countries": ["DE", "fr"]});
    assert_eq!(
        rig.kit.put("/v1/destination-countries", countries).await.0,
        204
    );
    let (_, seen) = rig.kit.get("/v1/destination-countries").await;
    assert_eq!(seen, json!({"countries": ["DE", "FR"], "own": true}));
    rig.send(&rig.chunk(0, 0..5)).await;
    until("all failed", || {
        reasons(&rig, &Reason::COUNTRY_NOT_ALLOWED) == 5
    })
    .await;
    assert_eq!(rig.stub.with(|state| state.asks), 0);
    assert_eq!(rig.kit.delete("/v1/destination-countries").await.0, 204);
    rig.send(&rig.chunk(1, 0..5)).await;
    until("all leave", || rig.said.count(Outcome::Delivered) == 5).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_pumped_to_one_number_are_stopped_and_seen() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![("dispatch.money.velocity.per_number_per_hour", json!(3))],
        ..Wish::default()
    })
    .await;
    let mut chunk = rig.chunk(0, 0..50);
    chunk.head.class = Class::Otp;
    let to = chunk.texts[0].phone;
    chunk.texts.iter_mut().for_each(|text| text.phone = to);
    rig.send(&chunk).await;
    until("three leave", || rig.said.count(Outcome::Delivered) == 3).await;
    until("the rest failed", || {
        reasons(&rig, &Reason::VELOCITY_LIMIT) == 47
    })
    .await;
    let (_, seen) = rig.kit.get("/v1/velocity").await;
    assert_eq!(
        (
            &seen["prefixes"][0]["prefix"],
            &seen["prefixes"][0]["texts"]
        ),
        (&json!("12125"), &json!(3))
    );
    assert_eq!(seen["numbers"], json!([3]));
    rig.stop().await;
}

//! Spend caps: what leaves under them, and what is given back.

use chrono::TimeDelta;
use contract::Reason;
use contract::chunk::Outcome;
use contract::ids::{CampaignId, MessageId};
use serde_json::json;

use super::{cap, no_counter_is_wrong, priced, reasons};
use crate::rig::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_reached_in_the_middle_of_a_campaign_lets_exactly_its_amount_through() {
    let rig = priced().await;
    cap(
        &rig,
        json!({"period": "total", "micros": 300_500, "currency": "USD"}),
    )
    .await;
    for chunk in 0..2 {
        rig.send(&rig.chunk(chunk, 0..500)).await;
    }
    until("the rest is stopped", || {
        reasons(&rig, &Reason::SPEND_CAP) == 700
    })
    .await;
    until("all else is delivered", || {
        rig.said.count(Outcome::Delivered) == 300
    })
    .await;
    assert_eq!(rig.said.count(Outcome::Failed), 700);
    let (_, seen) = rig.kit.get("/v1/spend").await;
    let cap = &seen["caps"][0];
    assert_eq!(
        (
            &cap["spent_micros"],
            &cap["reserved_micros"],
            &cap["left_micros"]
        ),
        (&json!(300_000), &json!(0), &json!(500)),
        "{seen}"
    );
    assert_eq!(seen["data"][0]["texts"], 300);
    // Another tenant sees none of it, and is stopped by none of it.
    let other = rig.kit.with_key(&rig.kit.other_key);
    assert_eq!(
        other.get("/v1/spend-caps").await.unwrap()["data"],
        json!([])
    );
    assert_eq!(other.get("/v1/prices").await.unwrap()["data"], json!([]));
    assert_eq!(other.get("/v1/spend").await.unwrap()["data"], json!([]));
    no_counter_is_wrong(&rig).await;
    // What was spent is still spent after a restart.
    let rig = rig.restart().await;
    rig.send(&rig.chunk(2, 0..10)).await;
    until("it is stopped too", || {
        reasons(&rig, &Reason::SPEND_CAP) == 710
    })
    .await;
    assert_eq!(rig.stop().await.texts, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_s_cap_holds_texts_until_the_next_day_and_a_text_says_what_it_cost() {
    let rig = priced().await;
    cap(
        &rig,
        json!({"period": "day", "micros": 5_000, "currency": "USD"}),
    )
    .await;
    let mut chunk = rig.chunk(0, 0..8);
    chunk.head.valid_until.0 += 2 * 86_400_000;
    rig.send(&chunk).await;
    until("three are held", || rig.said.count(Outcome::Held) == 3).await;
    until("five are delivered", || {
        rig.said.count(Outcome::Delivered) == 5
    })
    .await;
    let held = rig.said.hand_overs.lock().unwrap().clone();
    let until_when: Vec<_> = held.iter().filter_map(|(_, item)| item.until).collect();
    assert!(
        until_when
            .iter()
            .all(|at| at.0 % 86_400_000 == 0 && at.0 > rig.kit.clock.millis().0)
    );
    let id = MessageId::of(rig.run, 0, 0);
    let (_, seen) = rig.kit.get(&format!("/v1/messages/{id}/dispatch")).await;
    assert_eq!(
        (&seen["cost_micros"], &seen["currency"]),
        (&json!(1000), &json!("USD"))
    );
    rig.kit.clock.advance(TimeDelta::days(1));
    let mut again = rig.chunk(0, 5..8);
    again.head.valid_until.0 += 86_400_000;
    rig.send(&again).await;
    until("they leave the next day", || {
        rig.said.count(Outcome::Delivered) == 8
    })
    .await;
    no_counter_is_wrong(&rig).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_consent_refused_is_given_back() {
    let rig = priced().await;
    let campaign = CampaignId::from_raw(5);
    cap(
        &rig,
        json!({"period": "total", "campaign": campaign, "micros": 20_000, "currency": "USD"}),
    )
    .await;
    rig.stub.with(|state| {
        for position in 0..15 {
            state
                .refuse
                .push((position, Outcome::Suppressed, Reason::OPTED_OUT_GLOBAL));
        }
    });
    rig.send(&rig.chunk(0, 0..20)).await;
    until("five are delivered", || {
        rig.said.count(Outcome::Delivered) == 5
    })
    .await;
    rig.stub.all_closed().await;
    rig.send(&rig.chunk(1, 20..40)).await;
    until("there is room for fifteen", || {
        rig.said.count(Outcome::Delivered) == 20
    })
    .await;
    until("five are stopped", || {
        reasons(&rig, &Reason::SPEND_CAP) == 5
    })
    .await;
    no_counter_is_wrong(&rig).await;
    rig.stop().await;
}

//! Which variant wins, and what becomes of the rest.

use std::time::Duration;

use chrono::Duration as Span;
use contract::inbound::LinkClicked;
use contract::{CampaignId, ClickId};
use serde_json::{Value, json};
use testkit::Kit;

use super::*;
use crate::story::*;

fn click(kit: &Kit, one: &Released, n: u128, by: &str) -> LinkClicked {
    LinkClicked {
        click: ClickId::from_raw(n),
        message: one.message,
        campaign: CampaignId::from_raw(1),
        link: 0,
        by: by.into(),
        at: kit.clock.millis(),
    }
}

/// The test part has left, the rest waits.
pub async fn tested(kit: &Kit, id: &str) -> Value {
    until(kit, id, |progress| {
        progress["state"] == "running" && progress["pending"] == 0
    })
    .await
}

#[tokio::test]
async fn the_rest_gets_the_variant_that_people_follow_across_a_restart() {
    let people = 4_000u32;
    let kit = kit(people).await;
    let id = launch(&kit, with_winner("click_rate", "stop")).await;
    let waiting = tested(&kit, &id).await;
    let heads = heads(&kit);
    let (a, b) = (of(&heads, TEMPLATE), of(&heads, OTHER));
    let rest = waiting["held"].as_u64().unwrap();
    // 30 per cent of 95 per cent.
    assert!((1_000..=1_280).contains(&heads.len()), "{}", heads.len());
    assert!((2_500..=2_820).contains(&rest), "{rest}");
    // Every fourth of b follows, twice; of a nobody but machines, and everybody once it is too late.
    let mut n = 0;
    for person in b.iter().step_by(4).chain(b.iter().step_by(4)) {
        n += 1;
        let event = click(&kit, &heads[person], n, "person");
        kit.bus.publish(kit.tenant, &event).await.unwrap();
    }
    for person in &a {
        n += 1;
        let event = click(&kit, &heads[person], n, "bot");
        kit.bus.publish(kit.tenant, &event).await.unwrap();
    }
    let left = |person: &&u32| heads[*person].message.position() % 10 > 1;
    let hits = b.iter().step_by(4).filter(left).count();
    let samples = b.iter().filter(left).count();
    until_variants(&kit, &id, |body| body["winner"]["rates"][1]["hits"] == hits).await;
    kit.clock.advance(Span::hours(3));
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(variants(&kit, &id).await["winner"]["decision"], Value::Null);
    let kit = kit.restart().await;
    kit.clock.advance(Span::hours(1));
    until_state(&kit, &id, "completed").await;
    let body = variants(&kit, &id).await;
    let decision = &body["winner"]["decision"];
    assert_eq!(
        (&decision["winner"], &decision["basis"]),
        (&json!("b"), &json!("significant")),
        "{body}"
    );
    assert_eq!(
        (
            &decision["rates"][1]["samples"],
            &decision["rates"][0]["hits"]
        ),
        (&json!(samples), &json!(0))
    );
    assert_eq!(body["rest"]["recipients"], rest);
    let now = fake::world(kit.tenant).heads.clone();
    let of_rest: Vec<&Released> = now
        .iter()
        .filter(|(person, _)| !heads.contains_key(person))
        .map(|(_, one)| one)
        .collect();
    assert_eq!(u64::try_from(of_rest.len()).unwrap(), rest);
    assert!(of_rest.iter().all(|one| one.template == template(OTHER)));
    // Their day begins with the decision.
    let day = 24 * 3_600_000;
    assert!(
        of_rest
            .iter()
            .all(|one| one.valid_until.0 - one.at.0 >= day - 60_000)
    );
    let late = click(&kit, &heads[&a[0]], 90_000, "person");
    kit.bus.publish(kit.tenant, &late).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(variants(&kit, &id).await, body);
    kit.stop().await;
}

#[tokio::test]
async fn where_nothing_is_decided_and_the_campaign_stops_the_rest_gets_nothing() {
    let kit = kit(4_000).await;
    let id = launch(&kit, with_winner("delivery_rate", "stop")).await;
    let waiting = tested(&kit, &id).await;
    let rest = waiting["held"].as_u64().unwrap();
    kit.clock.advance(Span::hours(4));
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["cancelled"], rest);
    let body = variants(&kit, &id).await;
    let decision = &body["winner"]["decision"];
    assert_eq!(
        (
            &decision["winner"],
            &decision["basis"],
            &decision["otherwise"]
        ),
        (&Value::Null, &json!("too_few_samples"), &json!("stop"))
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_paused_campaign_decides_when_it_is_resumed() {
    let kit = kit(2_000).await;
    let id = launch(&kit, with_winner("click_rate", "first")).await;
    tested(&kit, &id).await;
    assert_eq!(ask(&kit, &id, "pause").await.0, 200);
    kit.clock.advance(Span::hours(5));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(variants(&kit, &id).await["winner"]["decision"], Value::Null);
    assert_eq!(ask(&kit, &id, "resume").await.0, 200);
    until_state(&kit, &id, "completed").await;
    assert_eq!(
        variants(&kit, &id).await["winner"]["decision"]["winner"],
        "a"
    );
    kit.stop().await;
}

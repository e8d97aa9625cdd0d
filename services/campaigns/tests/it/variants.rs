//! Variants, holdout and winner.

mod counted;
mod winner;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::Duration as Span;
use contract::{Reason, TemplateId};
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake::{self, Released};
use crate::preflight::{count, looked};
use crate::retrying::retried;
use crate::story::*;

const OTHER: &str = "tpl_01ARZ3NDEKTSV4RRFFQ69G5FB0";

fn split() -> Value {
    let mut body = draft();
    body["variants"] = json!([
        {"name": "a", "weight": 50},
        {"name": "b", "template": OTHER, "weight": 50},
    ]);
    body["holdout_percent"] = json!(5);
    body
}

fn with_winner(metric: &str, otherwise: &str) -> Value {
    let mut body = split();
    body["winner"] = json!({
        "metric": metric, "test_percent": 30, "after": "PT4H", "min_sample": 50, "confidence": 0.95,
        "otherwise": otherwise,
    });
    body
}

async fn launch(kit: &Kit, body: Value) -> String {
    let id = create(kit, body).await;
    let (status, campaign) = ask(kit, &id, "launch").await;
    assert_eq!(status, 202, "{campaign}");
    id
}

async fn variants(kit: &Kit, id: &str) -> Value {
    let (status, body) = kit.get(&format!("/v1/campaigns/{id}/variants")).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn until_variants(kit: &Kit, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let body = variants(kit, id).await;
        if wanted(&body) {
            return body;
        }
        assert!(started.elapsed() < Duration::from_secs(45), "still {body}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn template(name: &str) -> TemplateId {
    name.parse().unwrap()
}

/// What was released, person by person.
fn heads(kit: &Kit) -> BTreeMap<u32, Released> {
    let world = fake::world(kit.tenant);
    assert!(world.released.values().all(|times| *times == 1));
    world.heads.clone()
}

fn of(heads: &BTreeMap<u32, Released>, name: &str) -> Vec<u32> {
    let of = heads
        .iter()
        .filter(|(_, one)| one.template == template(name));
    of.map(|(person, _)| *person).collect()
}

#[tokio::test]
async fn each_person_gets_one_variant_the_holdout_none_and_the_sums_add_up() {
    let people = 12_000u32;
    let kit = kit(people).await;
    let id = launch(&kit, split()).await;
    let progress = until_state(&kit, &id, "completed").await;
    let heads = heads(&kit);
    let (a, b) = (of(&heads, TEMPLATE), of(&heads, OTHER));
    let holdout = people as usize - heads.len();
    assert_eq!(a.len() + b.len(), heads.len());
    // Five sigma around 600, 5,700 and 5,700.
    assert!((480..=720).contains(&holdout), "{holdout}");
    assert!((5430..=5970).contains(&a.len()), "{}", a.len());
    assert_eq!(progress["recipients"], people);
    assert_eq!(progress["suppressed"]["HOLDOUT"], holdout);

    let body = variants(&kit, &id).await;
    assert_eq!(body["variants"][0]["recipients"], a.len());
    assert_eq!(body["variants"][1]["recipients"], b.len());
    assert_eq!(body["holdout"]["recipients"], holdout);
    assert_eq!(body["rest"]["recipients"], 0);
    let handed_over = |at: usize| body["variants"][at]["handed_over"].as_u64().unwrap();
    assert_eq!(progress["handed_over"], handed_over(0) + handed_over(1));

    // Whoever listens hears of the holdout.
    let said = || {
        let world = fake::world(kit.tenant);
        let groups = world.settled.iter().flat_map(|event| &event.groups);
        let held_out = groups.filter(|group| group.reason == Reason::HOLDOUT);
        held_out.map(|group| group.contacts.len()).sum::<usize>()
    };
    while said() < holdout {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(said(), holdout);
    kit.stop().await;
}

#[tokio::test]
async fn a_split_audience_is_frozen_once_across_a_restart() {
    let people = 25_000u32;
    let kit = kit(people).await;
    fake::world(kit.tenant).page_takes = 400;
    let id = launch(&kit, split()).await;
    until(&kit, &id, |progress| progress["recipients"] != 0).await;
    let kit = kit.restart().await;
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["recipients"], people);
    let body = variants(&kit, &id).await;
    let world = fake::world(kit.tenant);
    let released = u64::try_from(world.heads.len()).unwrap();
    let n = |value: &Value| value["recipients"].as_u64().unwrap();
    assert_eq!(
        (
            n(&body["variants"][0]) + n(&body["variants"][1]),
            n(&body["holdout"])
        ),
        (released, u64::from(people) - released)
    );
    drop(world);
    kit.stop().await;
}

#[tokio::test]
async fn all_faults_of_variants_are_told_with_those_of_the_rest_and_a_draft_keeps_what_was_right() {
    let kit = kit(10).await;
    let mut body = split();
    body["name"] = json!("");
    body["variants"][1]["name"] = json!("a");
    body["holdout_percent"] = json!(51);
    body["winner"] = json!({"metric": "click_rate", "after": "soon"});
    let (status, problem) = kit.post("/v1/campaigns", body).await;
    assert_eq!(status, 422, "{problem}");
    let pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        [
            "/name",
            "/variants/1/name",
            "/holdout_percent",
            "/winner/after"
        ]
    );

    let id = create(&kit, with_winner("click_rate", "best")).await;
    let path = format!("/v1/campaigns/{id}");
    let (_, shown) = kit.get(&path).await;
    assert_eq!(shown["variants"], split()["variants"]);
    assert_eq!(shown["winner"]["after"], "PT4H");
    let (status, patched) = kit
        .patch(&path, json!({"winner": null, "holdout_percent": 10}))
        .await;
    assert_eq!(status, 200, "{patched}");
    assert_eq!(
        (&patched["winner"], &patched["holdout_percent"]),
        (&Value::Null, &json!(10.0))
    );
    assert_eq!(patched["variants"], split()["variants"]);
    let (status, _) = kit
        .patch(&path, json!({"variants": [{"name": "x", "weight": 1}]}))
        .await;
    assert_eq!(status, 422);

    fake::world(kit.tenant).unpublished.insert(template(OTHER));
    let (status, problem) = ask(&kit, &id, "launch").await;
    assert_eq!(
        (status, &problem["code"], &problem["errors"][0]["pointer"]),
        (
            422,
            &json!("template.not_published"),
            &json!("/variants/1/template")
        )
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_test_shows_the_text_of_the_variant_that_is_named() {
    let kit = kit(10).await;
    let id = create(&kit, split()).await;
    let path = format!("/v1/campaigns/{id}/test-send");
    let contacts = json!([fake::contact(1).to_string()]);
    for (variant, wanted) in [("a", TEMPLATE), ("b", OTHER)] {
        let body = json!({"contacts": contacts, "variant": variant});
        let (status, sent) = kit.post(&path, body).await;
        assert_eq!(status, 202, "{sent}");
        let message = sent["messages"][0]["message"].clone();
        let started = Instant::now();
        loop {
            let texts = fake::world(kit.tenant).flow_texts.clone();
            let of = texts
                .iter()
                .find(|text| message == text.message.to_string());
            if let Some(text) = of {
                assert_eq!(text.template, template(wanted));
                break;
            }
            assert!(started.elapsed() < Duration::from_secs(45));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let body = json!({"contacts": contacts, "variant": "c"});
    let (status, problem) = kit.post(&path, body).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/variant"))
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_retry_texts_people_with_the_variant_they_had() {
    let kit = kit(1200).await;
    let id = launch(&kit, with_winner("delivery_rate", "first")).await;
    until(&kit, &id, |progress| {
        progress["held"] != 0 && progress["pending"] == 0
    })
    .await;
    kit.clock.advance(Span::hours(5));
    until_state(&kit, &id, "completed").await;
    let before = fake::world(kit.tenant).heads.clone();
    fake::world(kit.tenant).heads.clear();
    let again = retried(&kit, &id, json!({})).await;
    let heads = fake::world(kit.tenant).heads.clone();
    assert!(!heads.is_empty());
    assert_eq!(again["recipients"], heads.len());
    let variants: Vec<TemplateId> = heads.values().map(|head| head.template).collect();
    assert!(variants.contains(&template(TEMPLATE)) && variants.contains(&template(OTHER)));
    // Those who had waited for the winner are split anew: nobody of them has had a text.
    let tested = |person: &u32| before[person].at.0 < heads[person].at.0 - 4 * 3_600_000;
    let moved = heads
        .iter()
        .filter(|(person, head)| tested(person) && before[*person].template != head.template);
    assert_eq!(moved.count(), 0);
    kit.stop().await;
}

#[tokio::test]
async fn a_preflight_leaves_the_holdout_out_and_another_share_makes_it_stale() {
    let kit = kit(3000).await;
    let id = create(&kit, split()).await;
    let first = looked(&kit, &id).await;
    let small = count(&first["report"]["suppressed"], "HOLDOUT");
    assert!((75..=225).contains(&small), "{small}");
    assert_eq!(first["report"]["recipients"], 3000);
    let path = format!("/v1/campaigns/{id}");
    let (status, patched) = kit.patch(&path, json!({"holdout_percent": 10})).await;
    assert_eq!(status, 200, "{patched}");
    let launch = format!("{path}/launch");
    let (status, problem) = kit.post(&launch, json!({"preflight": first["id"]})).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("campaign.preflight_stale")),
        "{problem}"
    );
    let second = looked(&kit, &id).await;
    let (status, launched) = kit.post(&launch, json!({"preflight": second["id"]})).await;
    assert_eq!(status, 202, "{launched}");
    let progress = until_state(&kit, &id, "completed").await;
    let held_out = count(&second["report"]["suppressed"], "HOLDOUT");
    assert!(held_out > small, "{held_out}");
    assert_eq!(progress["suppressed"]["HOLDOUT"], held_out);
    kit.stop().await;
}

//! Segments follow every change of a contact.

use contract::contacts::{ContactChange, FieldChange, UpdateContacts};
use serde_json::json;
use testkit::eventually;

use super::*;
use crate::upload::import;

#[tokio::test]
async fn whoever_changes_comes_in_or_leaves_and_is_told_of_once() {
    let kit = kit().await;
    let (gold, silver) = (
        person(&kit, 1, "gold").await,
        person(&kit, 2, "silver").await,
    );
    let id = segment(&kit, "Gold", "contact.tier == 'gold'").await;
    assert_eq!(members(&kit, &id).await, [gold]);

    let third = person(&kit, 3, "gold").await;
    let change = |of: ContactId, tier: &str| {
        (
            format!("/v1/contacts/{of}"),
            json!({"attributes": {"tier": tier}}),
        )
    };
    for (path, body) in [
        change(silver, "gold"),
        change(silver, "gold"),
        change(gold, "bronze"),
    ] {
        assert_eq!(kit.patch(&path, body).await.0, 200);
    }
    assert_eq!(members(&kit, &id).await, [silver, third]);
    // Who was gold when the segment was defined did not come in.
    until_said(&kit, &[silver, third], &[gold]).await;

    // A contact that is gone is in no segment, and has not left one.
    assert_eq!(kit.delete(&format!("/v1/contacts/{third}")).await.0, 204);
    assert_eq!(members(&kit, &id).await, [silver]);
    let (_, view) = kit.get(&format!("/v1/segments/{id}")).await;
    assert_eq!(
        (&view["contacts"], &view["name"]),
        (&json!(1), &json!("Gold"))
    );
    assert_eq!(said(&kit), (vec![silver, third], vec![gold]));
    kit.stop().await;
}

#[tokio::test]
async fn imports_and_flows_move_people_as_the_api_does() {
    let kit = kit().await;
    let known = person(&kit, 1, "silver").await;
    let id = segment(&kit, "Gold", "contact.tier == 'gold'").await;
    let csv = "phone,tier\n+15005550001,gold\n+15005550007,gold\n+15005550008,silver\n";
    import(&kit, "list_name=a", csv.as_bytes()).await;
    let now = members(&kit, &id).await;
    assert_eq!((now.len(), now[0]), (2, known));
    until_said(&kit, &now, &[]).await;

    let changes = vec![ContactChange {
        contact: known,
        field: "tier".into(),
        value: FieldChange::Clear,
    }];
    kit.bus
        .publish(kit.tenant, &UpdateContacts { changes })
        .await
        .unwrap();
    until_said(&kit, &now, &[known]).await;
    assert_eq!(members(&kit, &id).await, now[1..]);
    kit.stop().await;
}

#[tokio::test]
async fn a_condition_over_lists_follows_who_is_put_on_one_and_the_lists_end() {
    let kit = kit().await;
    let (one, two) = (person(&kit, 1, "a").await, person(&kit, 2, "a").await);
    let (_, list) = kit.post("/v1/lists", json!({"name": "Friends"})).await;
    let list = list["id"].as_str().unwrap();
    let on = segment(&kit, "On it", &format!("'{list}' in lists")).await;
    let off = segment(&kit, "Off it", &format!("'{list}' not in lists")).await;
    assert_eq!(members(&kit, &off).await, [one, two]);

    let path = format!("/v1/lists/{list}/contacts");
    let both = json!({"contacts": [one, two]});
    assert_eq!(kit.put(&path, both).await, (200, json!({"changed": 2})));
    assert_eq!(members(&kit, &on).await, [one, two]);
    assert_eq!(members(&kit, &off).await, []);
    let body = json!({"contacts": [two]}).to_string().into_bytes();
    kit.send("DELETE", &path, "application/json", body).await;
    assert_eq!(members(&kit, &on).await, [one]);
    until_said(&kit, &[one, two, two], &[one, two, two]).await;

    assert_eq!(kit.delete(&format!("/v1/lists/{list}")).await.0, 204);
    eventually("nobody is on a list that is gone", async || {
        members(&kit, &on).await.is_empty().then_some(())
    })
    .await;
    until_said(&kit, &[one, one, two, two], &[one, one, two, two]).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_faulty_condition_is_refused_with_its_place_and_a_hint() {
    let kit = kit().await;
    for path in ["/v1/segments", "/v1/segments/preview"] {
        for (expression, word) in [
            ("contact.points >= 100", "contact.points|int"),
            ("contact.tier = 'gold'", "Write `==`"),
            ("event.total > 3", "`event`"),
            ("", "needs a condition"),
        ] {
            let mut body = json!({"name": "x", "expression": expression});
            if path.ends_with("preview") {
                body.as_object_mut().unwrap().remove("name");
            }
            let (status, problem) = kit.post(path, body).await;
            assert_eq!(
                (status, &problem["code"], &problem["errors"][0]["pointer"]),
                (422, &json!("expression.invalid"), &json!("/expression")),
                "{problem}"
            );
            let detail = problem["errors"][0]["detail"].as_str().unwrap();
            assert!(detail.contains(word), "{detail}");
        }
    }
    let id = segment(&kit, "Gold", "contact.tier == 'gold'").await;
    let again = json!({"name": " Gold ", "expression": "true"});
    let (status, problem) = kit.post("/v1/segments", again).await;
    assert_eq!((status, &problem["code"]), (409, &json!("segment.exists")));
    let bad = json!({"expression": "contact."});
    assert_eq!(kit.patch(&format!("/v1/segments/{id}"), bad).await.0, 422);
    let (_, view) = kit.get(&format!("/v1/segments/{id}")).await;
    assert_eq!(view["expression"], "contact.tier == 'gold'");
    assert_eq!(kit.delete(&format!("/v1/segments/{id}")).await.0, 204);
    assert_eq!(kit.get(&format!("/v1/segments/{id}")).await.0, 404);
    let (_, all) = kit.get("/v1/segments").await;
    assert_eq!(all["data"], json!([]));
    kit.stop().await;
}

use contract::contacts::{ContactChange, FieldChange, UpdateContacts};
use serde_json::{Value, json};
use testkit::Kit;

async fn contact(kit: &Kit) -> (String, contract::ContactId) {
    let body = json!({"phone": "+15005550001", "first_name": "Ada"});
    let (status, created) = kit.post("/v1/contacts", body).await;
    assert_eq!(status, 201, "{created}");
    let id = created["id"].as_str().unwrap().to_string();
    let parsed = id.parse().unwrap();
    (id, parsed)
}

async fn until(kit: &Kit, id: &str, wanted: &Value) {
    let begun = std::time::Instant::now();
    loop {
        let (_, view) = kit.get(&format!("/v1/contacts/{id}")).await;
        if view["attributes"] == *wanted {
            return;
        }
        assert!(begun.elapsed().as_secs() < 20, "still {view}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn changes_of_flows_are_done_in_their_order_and_bad_ones_are_passed_over() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let (id, contact) = contact(&kit).await;
    let change = |field: &str, value| ContactChange {
        contact,
        field: field.into(),
        value,
    };
    let changes = vec![
        change("tags", FieldChange::AddTag("engaged".into())),
        change("language", FieldChange::Set("not a tag".into())),
        change("city", FieldChange::Set("Lyon".into())),
        change("city", FieldChange::Set("Paris".into())),
    ];
    kit.bus
        .publish(kit.tenant, &UpdateContacts { changes })
        .await
        .unwrap();
    until(&kit, &id, &json!({"tags": "engaged", "city": "Paris"})).await;
    let changes = vec![
        change("tags", FieldChange::AddTag("vip".into())),
        change("tags", FieldChange::RemoveTag("engaged".into())),
        change("city", FieldChange::Clear),
    ];
    kit.bus
        .publish(kit.tenant, &UpdateContacts { changes })
        .await
        .unwrap();
    until(&kit, &id, &json!({"tags": "vip"})).await;
    let (_, view) = kit.get(&format!("/v1/contacts/{id}")).await;
    assert_eq!(
        (&view["first_name"], &view["language"]),
        (&json!("Ada"), &Value::Null)
    );
    kit.stop().await;
}

use contract::contacts::ContactDeleted;
use contract::{Payload, payload};
use futures::StreamExt;
use serde_json::json;
use testkit::Kit;

#[tokio::test]
async fn a_contact_is_created_read_changed_and_deleted() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let new = json!({
        "phone": "(415) 555-2671", "default_region": "US", "external_id": "A-1", "first_name": "Ada",
        "time_zone": "America/New_York", "attributes": {"tier": "gold"}
    });
    let (status, contact) = kit.post("/v1/contacts", new).await;
    assert_eq!(
        (status, &contact["phone"]),
        (201, &json!("+14155552671")),
        "{contact}"
    );
    let path = format!("/v1/contacts/{}", contact["id"].as_str().unwrap());
    assert_eq!(kit.get(&path).await, (200, contact.clone()));
    assert_eq!(
        kit.get("/v1/contacts/ext:A-1").await,
        (200, contact.clone())
    );

    let patch = json!({"first_name": null, "last_name": "Lovelace", "attributes": {"tier": null, "city": "London"}});
    let (status, changed) = kit.patch(&path, patch).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(
        (&changed["first_name"], &changed["last_name"]),
        (&json!(null), &json!("Lovelace"))
    );
    assert_eq!(changed["attributes"], json!({"city": "London"}));
    assert_eq!(changed["time_zone"], "America/New_York");

    let (_, found) = kit.get("/v1/contacts?phone=%2B14155552671").await;
    assert_eq!(found["data"][0]["id"], contact["id"]);
    let subject = payload::subject_filter::<ContactDeleted>();
    let mut said = kit.bus.client().subscribe(subject).await.unwrap();
    kit.bus.client().flush().await.unwrap();
    let (status, _) = kit.delete(&path).await;
    assert_eq!(status, 204);
    assert_eq!(kit.get(&path).await.0, 404);
    let told = said.next().await.unwrap();
    let told: ContactDeleted = payload::decode(ContactDeleted::FORMAT, &told.payload).unwrap();
    assert_eq!(told.contact.to_string(), contact["id"].as_str().unwrap());
    kit.stop().await;
}

#[tokio::test]
async fn posting_someone_known_updates_what_is_said() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let (_, first) = kit
        .post(
            "/v1/contacts",
            json!({"phone": "+15005550001", "external_id": "x", "first_name": "Ann"}),
        )
        .await;
    let (status, again) = kit
        .post(
            "/v1/contacts",
            json!({"phone": "+15005550001", "last_name": "B"}),
        )
        .await;
    assert_eq!(
        (status, &again["id"], &again["first_name"]),
        (200, &first["id"], &json!("Ann")),
        "{again}"
    );
    let (status, moved) = kit
        .post(
            "/v1/contacts",
            json!({"phone": "+15005550009", "external_id": "x"}),
        )
        .await;
    assert_eq!(
        (status, &moved["id"], &moved["phone"]),
        (200, &first["id"], &json!("+15005550009"))
    );
    let (status, named) = kit
        .post(
            "/v1/contacts",
            json!({"external_id": "x", "language": "en"}),
        )
        .await;
    assert_eq!((status, &named["language"]), (200, &json!("en")));
    kit.post("/v1/contacts", json!({"phone": "+15005550002"}))
        .await;
    let (status, problem) = kit
        .post(
            "/v1/contacts",
            json!({"phone": "+15005550002", "external_id": "x"}),
        )
        .await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (409, Some("contact.conflict"))
    );
    let (status, problem) = kit
        .patch("/v1/contacts/ext:x", json!({"phone": "+15005550002"}))
        .await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (409, Some("contact.conflict"))
    );
    kit.stop().await;
}

#[tokio::test]
async fn every_fault_of_a_contact_is_told_at_once() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let bad = json!({"phone": "12", "default_region": "US", "time_zone": "Mars", "attributes": {"Bad Name": "x"}});
    let (status, problem) = kit.post("/v1/contacts", bad).await;
    let codes: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|e| e["code"].as_str())
        .collect();
    assert_eq!(
        (status, codes),
        (
            422,
            vec!["phone.invalid", "timezone.unknown", "attribute.name"]
        )
    );
    let (status, problem) = kit
        .post(
            "/v1/contacts",
            json!({"phone": "+15005550001", "colour": 1}),
        )
        .await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (400, Some("field.unknown"))
    );
    let (status, problem) = kit
        .post("/v1/contacts", json!({"first_name": "Nobody"}))
        .await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (422, Some("field.required"))
    );
    let (status, problem) = kit.get("/v1/contacts/lst_01ARZ3NDEKTSV4RRFFQ69G5FAV").await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (400, Some("id.wrong_type"))
    );
    kit.stop().await;
}

#[tokio::test]
async fn contacts_are_paged_by_cursor() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    for n in 0..5 {
        kit.post("/v1/contacts", json!({"phone": format!("+1500555000{n}")}))
            .await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/contacts?limit=2".to_string();
    loop {
        let (_, page) = kit.get(&path).await;
        seen.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| c["phone"].as_str().unwrap().to_string()),
        );
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/contacts?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(
        seen,
        (0..5)
            .map(|n| format!("+1500555000{n}"))
            .collect::<Vec<_>>()
    );
    kit.stop().await;
}

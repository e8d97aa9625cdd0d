use contract::Phone;
use contract::contacts::{ContactKey, FindByPhone, FindContacts, MOST_KEYS};
use serde_json::json;
use testkit::Kit;

#[tokio::test]
async fn people_are_found_by_what_callers_call_them_in_the_order_asked_for() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let mut ids = Vec::new();
    for (phone, external_id) in [("+15005550001", "crm-1"), ("+15005550002", "crm-2")] {
        let body = json!({ "phone": phone, "external_id": external_id });
        let (status, made) = kit.post("/v1/contacts", body).await;
        assert_eq!(status, 201, "{made}");
        ids.push(made["id"].as_str().unwrap().to_string());
    }
    let external = |id: &str| ContactKey::ExternalId(id.into());
    let phone = |text: &str| ContactKey::Phone(Phone::parse(text, None).unwrap());
    let keys = vec![
        external("crm-2"),
        external("nobody"),
        phone("+15005550001"),
        external("crm-1"),
        phone("+15005550009"),
        external("crm-2"),
    ];
    let question = FindContacts { keys };
    let found = kit.bus.ask(kit.tenant, &question).await.unwrap();
    let shown: Vec<Option<String>> = found.iter().map(|id| id.map(|id| id.to_string())).collect();
    let (one, two) = (Some(ids[0].clone()), Some(ids[1].clone()));
    assert_eq!(
        shown,
        [two.clone(), None, one.clone(), one.clone(), None, two]
    );

    // Another tenant's people are nobody's.
    let theirs = kit.bus.ask(kit.other_tenant, &question).await.unwrap();
    assert!(theirs.iter().all(Option::is_none));

    let (status, _) = kit.delete(&format!("/v1/contacts/{}", ids[0])).await;
    assert_eq!(status, 204);
    let gone = FindContacts {
        keys: vec![external("crm-1"), phone("+15005550001")],
    };
    assert_eq!(kit.bus.ask(kit.tenant, &gone).await.unwrap(), [None, None]);

    let none = FindContacts { keys: Vec::new() };
    assert!(kit.bus.ask(kit.tenant, &none).await.unwrap().is_empty());
    let too_many = FindContacts {
        keys: vec![external("crm-1"); MOST_KEYS + 1],
    };
    assert!(kit.bus.ask(kit.tenant, &too_many).await.is_err());
    kit.stop().await;
}

#[tokio::test]
async fn an_old_number_leads_to_its_contact_for_a_day_unless_somebody_else_has_it() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let (status, ana) = kit
        .post("/v1/contacts", json!({ "phone": "+15005550001" }))
        .await;
    assert_eq!(status, 201, "{ana}");
    let path = format!("/v1/contacts/{}", ana["id"].as_str().unwrap());
    let (status, moved) = kit.patch(&path, json!({ "phone": "+15005550002" })).await;
    assert_eq!((status, &moved["phone"]), (200, &json!("+15005550002")));
    let find = async |phone: &str| {
        let phone = Phone::parse(phone, None).unwrap();
        let question = FindByPhone { phone };
        let found = kit.bus.ask(kit.tenant, &question).await.unwrap();
        found.map(|id| id.to_string())
    };
    let own = ana["id"].as_str().map(str::to_string);
    assert_eq!(find("+15005550002").await, own);
    assert_eq!(find("+15005550001").await, own);
    let (status, bob) = kit
        .post("/v1/contacts", json!({ "phone": "+15005550001" }))
        .await;
    assert_eq!(status, 201, "{bob}");
    assert_eq!(
        find("+15005550001").await.as_deref(),
        bob["id"].as_str(),
        "whoever has it now"
    );
    kit.delete(&format!("/v1/contacts/{}", bob["id"].as_str().unwrap()))
        .await;
    assert_eq!(find("+15005550001").await, own);
    kit.clock.advance(chrono::Duration::hours(25));
    assert_eq!(find("+15005550001").await, None);
    // A change that leaves the number alone brings nothing back, and what is removed is gone.
    kit.patch(&path, json!({ "phone": "+15005550003" })).await;
    kit.patch(&path, json!({ "first_name": "Ana" })).await;
    assert_eq!(find("+15005550002").await, own);
    kit.delete(&path).await;
    assert_eq!(find("+15005550002").await, None);
    kit.stop().await;
}

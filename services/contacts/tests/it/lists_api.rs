use serde_json::json;
use testkit::Kit;

#[tokio::test]
async fn people_are_put_on_a_list_and_taken_off() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let (_, contact) = kit
            .post("/v1/contacts", json!({"phone": format!("+1500555000{n}")}))
            .await;
        ids.push(contact["id"].clone());
    }
    let (status, list) = kit.post("/v1/lists", json!({"name": " Friends "})).await;
    assert_eq!((status, &list["name"]), (201, &json!("Friends")));
    let (status, problem) = kit.post("/v1/lists", json!({"name": "Friends"})).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (409, Some("list.exists"))
    );

    let path = format!("/v1/lists/{}", list["id"].as_str().unwrap());
    let members = format!("{path}/contacts");
    assert_eq!(
        kit.put(&members, json!({"contacts": ids})).await,
        (200, json!({"changed": 3}))
    );
    assert_eq!(
        kit.put(&members, json!({"contacts": ids})).await,
        (200, json!({"changed": 0}))
    );
    assert_eq!(kit.get(&path).await.1["contacts"], 3);
    let removed = kit
        .send(
            "DELETE",
            &members,
            "application/json",
            json!({"contacts": [ids[0].clone()]})
                .to_string()
                .into_bytes(),
        )
        .await;
    assert_eq!(removed, (200, json!({"changed": 1})));

    kit.delete(&format!("/v1/contacts/{}", ids[1].as_str().unwrap()))
        .await;
    assert_eq!(kit.get(&path).await.1["contacts"], 1);
    assert_eq!(kit.delete(&path).await.0, 204);
    assert_eq!(kit.get(&path).await.0, 404);
    assert_eq!(
        kit.get("/v1/contacts").await.1["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    kit.stop().await;
}

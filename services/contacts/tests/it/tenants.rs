use contract::contacts::{FindByPhone, ListFields, LoadRecipients, PageAudience};
use contract::{ListId, Phone};
use testkit::Kit;

use crate::upload::{import, people, raw};

#[tokio::test]
async fn another_tenant_sees_nothing_and_can_do_nothing() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let job = import(&kit, "list_name=mine", people(0, 3).as_bytes()).await;
    let (_, page) = kit.get("/v1/contacts").await;
    let contact = page["data"][0]["id"].as_str().unwrap();
    let (import_id, list) = (job["id"].as_str().unwrap(), job["list"].as_str().unwrap());
    for (method, path) in [
        ("GET", format!("/v1/contacts/{contact}")),
        ("DELETE", format!("/v1/contacts/{contact}")),
        ("GET", "/v1/contacts/ext:E1".to_string()),
        ("GET", format!("/v1/contacts?list={list}")),
        ("GET", format!("/v1/lists/{list}")),
        ("DELETE", format!("/v1/lists/{list}")),
        ("GET", format!("/v1/imports/{import_id}")),
        ("GET", format!("/v1/imports/{import_id}/errors")),
        ("POST", format!("/v1/imports/{import_id}/cancel")),
    ] {
        let (status, body) = raw(&kit, method, &path, &kit.other_key, b"").await;
        assert_eq!(status, 404, "{method} {path}: {body}");
    }
    for path in ["/v1/contacts", "/v1/lists", "/v1/imports"] {
        let (status, body) = raw(&kit, "GET", path, &kit.other_key, b"").await;
        assert!(
            status == 200 && body.contains("\"data\":[]"),
            "{path}: {body}"
        );
    }
    let query = format!("/v1/imports?list={list}");
    assert_eq!(
        raw(
            &kit,
            "POST",
            &query,
            &kit.other_key,
            people(0, 1).as_bytes()
        )
        .await
        .0,
        404
    );

    let other = kit.other_tenant;
    let ask = PageAudience {
        include: vec![],
        exclude: vec![],
        after: None,
        limit: 10,
    };
    let mine = kit.bus.ask(kit.tenant, &ask).await.unwrap().contacts;
    assert_eq!(
        (
            mine.len(),
            kit.bus.ask(other, &ask).await.unwrap().contacts.len()
        ),
        (3, 0)
    );
    let list: ListId = list.parse().unwrap();
    assert!(
        kit.bus
            .ask(
                other,
                &PageAudience {
                    include: vec![list.into()],
                    ..ask
                }
            )
            .await
            .unwrap()
            .whole()
            .is_err()
    );
    let load = LoadRecipients {
        contacts: mine,
        field_names: vec!["first_name".into()],
    };
    assert!(
        kit.bus
            .ask(other, &load)
            .await
            .unwrap()
            .recipients
            .iter()
            .all(Option::is_none)
    );
    let phone = Phone::parse("+15005550001", None).unwrap();
    assert_eq!(
        kit.bus.ask(other, &FindByPhone { phone }).await.unwrap(),
        None
    );
    assert_eq!(kit.bus.ask(other, &ListFields {}).await.unwrap().len(), 4);
    kit.stop().await;
}

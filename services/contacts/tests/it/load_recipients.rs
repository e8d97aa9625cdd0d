use contract::contacts::{FindByPhone, ListFields, LoadRecipients, PageAudience};
use contract::{ContactId, Phone};
use testkit::Kit;

use crate::upload::import;

#[tokio::test]
async fn recipients_come_in_the_order_asked_for_with_their_fields() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let csv = b"phone,first_name,timezone,city\n+15005550001,Ada,America/New_York,London\n+15005550002,Bob,,\n\
        +15005550003,Cem,America/New_York,Izmir\n";
    import(&kit, "", csv).await;
    let page = PageAudience {
        include: vec![],
        exclude: vec![],
        after: None,
        limit: 10,
    };
    let ids = kit.bus.ask(kit.tenant, &page).await.unwrap().contacts;
    let contacts = vec![ids[2], ContactId::from_raw(7), ids[1], ids[0]];
    let field_names = ["city", "first_name", "nothing"].map(String::from).to_vec();
    let loaded = kit
        .bus
        .ask(
            kit.tenant,
            &LoadRecipients {
                contacts,
                field_names,
            },
        )
        .await
        .unwrap();
    assert_eq!(loaded.zones, ["America/New_York"]);
    let by_number = |digits| {
        let found = loaded
            .recipients
            .iter()
            .flatten()
            .find(|r| r.phone.digits() == digits)
            .unwrap();
        (
            found.zone,
            found
                .fields
                .iter()
                .map(|f| f.as_deref())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        by_number(15_005_550_001),
        (Some(0), vec![Some("London"), Some("Ada"), None])
    );
    assert_eq!(
        by_number(15_005_550_002),
        (None, vec![None, Some("Bob"), None])
    );
    assert!(loaded.recipients[1].is_none() && loaded.recipients.len() == 4);

    let fields = kit.bus.ask(kit.tenant, &ListFields {}).await.unwrap();
    assert_eq!(
        fields,
        ["first_name", "last_name", "external_id", "language", "city"]
    );
    let phone = Phone::parse("+15005550002", None).unwrap();
    let found = kit
        .bus
        .ask(kit.tenant, &FindByPhone { phone })
        .await
        .unwrap();
    assert!(found.is_some_and(|id| ids.contains(&id)));
    kit.stop().await;
}

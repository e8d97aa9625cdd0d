//! A candidate compared over contacts, as the contacts service pages and describes them.

use std::sync::Arc;

use chassis::Service;
use contract::contacts::{
    AudienceGap, AudiencePage, FindByPhone, LoadRecipients, PageAudience, RecipientData,
    RecipientsLoaded,
};
use contract::{AudiencePart, ContactId, Envelope, ListId};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

use crate::Kit;
use crate::support::{contact, opt_in_all, phone};

/// Contacts on the one list there is: 0 to 4,999, in pages of 2,000; the first ten live in Tokyo.
const ON_THE_LIST: u64 = 5_000;
/// A list with more contacts than a simulation takes.
const HUGE: ListId = ListId::from_raw(2);
const LIST: ListId = ListId::from_raw(1);

const CONTACTS: Service = Service {
    name: "contacts",
    migrations: &[],
    defaults: "",
    start: |cx| {
        Box::pin(async move {
            let nothing = Arc::new(());
            cx.answer(nothing.clone(), |_, _: Envelope<FindByPhone>| async {
                Ok(Some(contact(0)))
            })
            .await?;
            cx.answer(
                nothing.clone(),
                |_, asked: Envelope<PageAudience>| async move {
                    let part = asked.body.include[0];
                    let gap = Some(AudienceGap::Gone(part));
                    let of = match part {
                        AudiencePart::List(of) if of == LIST || of == HUGE => of,
                        _ => {
                            return Ok(AudiencePage {
                                contacts: Vec::new(),
                                done: true,
                                gap,
                            });
                        }
                    };
                    let next = asked.body.after.map_or(0, |after| number(after) + 1);
                    let (most, page) = if of == LIST {
                        (ON_THE_LIST, 2_000)
                    } else {
                        (300_000, 200_001)
                    };
                    let end = most.min(next + page);
                    Ok(AudiencePage {
                        contacts: (next..end).map(contact).collect(),
                        done: end == most,
                        gap: None,
                    })
                },
            )
            .await?;
            cx.answer(nothing, |_, asked: Envelope<LoadRecipients>| async move {
                let recipients = asked.body.contacts.iter().map(|one| {
                    let n = number(*one);
                    Some(RecipientData {
                        phone: phone(n),
                        zone: (n < 10).then_some(0),
                        fields: Vec::new(),
                    })
                });
                Ok(RecipientsLoaded {
                    zones: vec!["Asia/Tokyo".to_string()],
                    recipients: recipients.collect(),
                })
            })
            .await?;
            Ok(OpenApiRouter::new())
        })
    },
};

fn number(of: ContactId) -> u64 {
    u64::try_from(of.raw()).unwrap() - 0xC000
}

#[tokio::test]
async fn everybody_of_a_list_is_compared_by_their_own_clock() {
    let kit = Kit::start(&[consent::SERVICE, CONTACTS]).await;
    opt_in_all(&kit, 0..20).await;
    let never = r#"@id("own.never") @reason("OWN_NEVER") @source("house rule") @effective_from("2026-01-01")
        forbid (principal, action == Action::"marketing", resource);"#;
    let ask = |list: ListId| json!({"candidate": {"forbids": never}, "audience": {"lists": [list]}, "class": "marketing"});
    let path = "/v1/policies/simulate";
    let (status, told) = kit.post(path, ask(LIST)).await;
    assert_eq!((status, &told["evaluated"]), (200, &json!(5_000)), "{told}");
    // Ten may be texted, ten sleep in Tokyo, the others never consented.
    assert_eq!(
        told["before"],
        json!({"allow": 10, "deny": 4_980, "defer": 10})
    );
    assert_eq!(told["after"]["deny"], 5_000);
    let changes = told["changes"].as_array().unwrap();
    let asleep = changes
        .iter()
        .find(|change| change["before"]["reason"] == "QUIET_HOURS")
        .unwrap();
    assert_eq!(
        (&asleep["count"], &asleep["samples"][0]),
        (&json!(10), &json!(contact(0).to_string()))
    );
    let (status, problem) = kit.post(path, ask(HUGE)).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("simulation.too_large")),
        "{problem}"
    );
    let (status, problem) = kit.post(path, ask(ListId::from_raw(9))).await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    kit.stop().await;
}

#[tokio::test]
async fn the_zone_on_the_contact_counts_in_an_explanation() {
    let kit = Kit::start(&[consent::SERVICE, CONTACTS]).await;
    opt_in_all(&kit, 0..1).await;
    for who in [
        format!("contact={}", contact(0)),
        format!("phone={}", phone(0).digits()),
    ] {
        let (status, told) = kit.get(&format!("/v1/explain?{who}")).await;
        assert_eq!((status, &told["effect"]), (200, &json!("defer")), "{told}");
        assert!(told.to_string().contains("local time in Asia/Tokyo"));
        assert_eq!(told["notes"], json!([]));
    }
    kit.stop().await;
}

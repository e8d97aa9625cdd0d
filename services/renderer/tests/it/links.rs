use contract::chunk::{ChunkHead, Recipient, Screened};
use contract::dispatch::SendChunk;
use contract::renderer::{RenderChunk, ResolveLink};
use contract::{
    CampaignId, Class, ContactId, DecisionId, MessageId, Mode, Phone, RunId, TemplateId,
    UnixMillis, payload,
};
use futures::StreamExt;
use serde_json::json;
use testkit::Kit;

use crate::stubs::CONTACTS;

const RUN: RunId = RunId::from_raw(3 << 80);

fn chunk(template: TemplateId, number: u32) -> RenderChunk {
    let head = ChunkHead {
        run: RUN,
        campaign: CampaignId::from_raw(1),
        chunk: number,
        class: Class::Marketing,
        programme: "default".into(),
        template,
        template_version: 1,
        sender: "+15005550100".into(),
        mode: Mode::Test,
        valid_until: UnixMillis(i64::MAX),
        released_at: UnixMillis(0),
        zones: vec![],
        field_names: vec![],
    };
    let recipients = (0..2u16).map(|position| Screened {
        recipient: Recipient {
            position,
            contact: ContactId::from_raw(u128::from(position) + 1),
            phone: Phone::from_digits(15_005_550_000 + u64::from(position)).unwrap(),
            zone: None,
            fields: vec![],
        },
        decision: DecisionId::from_raw(9),
    });
    RenderChunk {
        head,
        recipients: recipients.collect(),
    }
}

/// The texts that a chunk becomes.
async fn texts(kit: &Kit, chunk: &RenderChunk) -> Vec<String> {
    let mut sent = kit
        .bus
        .client()
        .subscribe(payload::subject_filter::<SendChunk>())
        .await
        .unwrap();
    kit.bus.client().flush().await.unwrap();
    kit.bus.publish(kit.tenant, chunk).await.unwrap();
    let message = sent.next().await.unwrap();
    let made: SendChunk = payload::decode(contract::Format::Postcard, &message.payload).unwrap();
    made.texts.into_iter().map(|text| text.body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_has_its_own_link_and_the_same_one_again() {
    let kit = Kit::start(&[renderer::SERVICE, CONTACTS]).await;
    let body = json!({"name": "x", "body": "See https://shop.example/a?b=c. Reply STOP to opt out", "options": {"shorten_links": true}});
    let (status, problem) = kit.post("/v1/templates", &body).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("template.link_domain_missing"))
    );

    for (domain, status) in [
        ("Go.Example.com", 201),
        ("go.example.com", 201),
        ("localhost", 422),
        ("https://go.example.com", 422),
    ] {
        assert_eq!(
            kit.post("/v1/link-domains", json!({"domain": domain}))
                .await
                .0,
            status,
            "{domain}"
        );
    }
    assert_eq!(
        kit.get("/v1/link-domains").await.1["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let theirs = kit.with_key(&kit.other_key);
    let taken = serde_json::to_vec(&json!({"domain": "go.example.com"})).unwrap();
    let taken = theirs
        .send("POST", "/v1/link-domains", "application/json", taken)
        .await
        .unwrap();
    assert_eq!(
        (taken.0, &taken.1["code"]),
        (409, &json!("link_domain.taken"))
    );
    let other = serde_json::to_vec(&json!({"domain": "go.other.example"})).unwrap();
    theirs
        .send("POST", "/v1/link-domains", "application/json", other)
        .await
        .unwrap();

    let (_, made) = kit.post("/v1/templates", &body).await;
    let id: TemplateId = made["id"].as_str().unwrap().parse().unwrap();
    kit.post(&format!("/v1/templates/{id}/publish"), json!({}))
        .await;
    let (_, preview) = kit
        .post("/v1/templates/preview", json!({"template": id.to_string()}))
        .await;
    let sample = preview["text"].as_str().unwrap().len();

    let first = texts(&kit, &chunk(id, 1)).await;
    assert_eq!(first, texts(&kit, &chunk(id, 1)).await);
    assert!(first.iter().all(|text| text.len() == sample), "{first:?}");
    let token = |text: &str| {
        let rest = text.strip_prefix("See https://go.example.com/l/").unwrap();
        rest.strip_suffix(". Reply STOP to opt out")
            .unwrap()
            .to_string()
    };
    let (one, two) = (token(&first[0]), token(&first[1]));
    assert_ne!(one, two);
    assert_ne!(one, token(&texts(&kit, &chunk(id, 2)).await[0]));

    let resolve = |token: &str, host: &str| {
        let asked = ResolveLink {
            token: token.into(),
            host: host.into(),
        };
        let bus = kit.bus.clone();
        let nobody = contract::TenantId::from_raw(0);
        async move { bus.ask(nobody, &asked).await.unwrap() }
    };
    let found = resolve(&two, "go.example.com").await.unwrap();
    assert_eq!(
        (
            found.tenant,
            found.campaign,
            found.message,
            found.target.as_str()
        ),
        (
            kit.tenant,
            CampaignId::from_raw(1),
            MessageId::of(RUN, 1, 1),
            "https://shop.example/a?b=c"
        )
    );
    let left = kit.clock.millis().0 + 90 * 86_400_000 - found.expires_at.0;
    assert!((0..60_000).contains(&left), "{left}");
    // Not on the domain of somebody else, and not what nobody made.
    assert_eq!(resolve(&two, "go.other.example").await, None);
    assert_eq!(resolve("0000000000A", "go.example.com").await, None);

    // After a restart with an empty memory the links are the same.
    let kit = kit.restart().await;
    assert_eq!(first, texts(&kit, &chunk(id, 1)).await);
    assert_eq!(kit.delete("/v1/link-domains/go.example.com").await.0, 204);
    assert_eq!(kit.delete("/v1/link-domains/go.example.com").await.0, 404);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_two_templates_in_one_run_lead_where_each_template_says() {
    let kit = Kit::start(&[renderer::SERVICE, CONTACTS]).await;
    let domain = json!({"domain": "go.example.com"});
    assert_eq!(kit.post("/v1/link-domains", domain).await.0, 201);
    let mut leads = Vec::new();
    for (number, shop) in [(1, "shoes"), (2, "hats")] {
        let body = json!({"name": shop, "body": format!("https://{shop}.example/ Reply STOP to opt out"), "options": {"shorten_links": true}});
        let (_, made) = kit.post("/v1/templates", &body).await;
        let id: TemplateId = made["id"].as_str().unwrap().parse().unwrap();
        kit.post(&format!("/v1/templates/{id}/publish"), json!({}))
            .await;
        let text = texts(&kit, &chunk(id, number)).await.remove(0);
        let token = text.strip_prefix("https://go.example.com/l/").unwrap();
        let token = token.split(' ').next().unwrap().to_string();
        let asked = ResolveLink {
            token,
            host: "go.example.com".into(),
        };
        let nobody = contract::TenantId::from_raw(0);
        let led = kit.bus.ask(nobody, &asked).await.unwrap().unwrap();
        assert_eq!(led.message, MessageId::of(RUN, number, 0));
        leads.push(led.target);
    }
    assert_eq!(leads, ["https://shoes.example/", "https://hats.example/"]);
    kit.stop().await;
}

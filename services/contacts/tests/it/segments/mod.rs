//! Segments: who is in one, and who is told of it.

mod follow;
mod walks;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use chassis::Service;
use contract::contacts::{PageAudience, SegmentMembersMoved};
use contract::{AudiencePart, ContactId, Envelope, TenantId};
use serde_json::{Value, json};
use testkit::{Kit, eventually};

/// What was said of segments, by tenant: who came in, and who left.
static SAID: LazyLock<Mutex<HashMap<TenantId, Vec<SegmentMembersMoved>>>> =
    LazyLock::new(Mutex::default);

/// Hears what is said of segments.
pub const LISTENER: Service = Service {
    name: "campaigns",
    migrations: &[],
    defaults: "",
    start: |cx| {
        Box::pin(async move {
            let nothing = std::sync::Arc::new(());
            cx.consume_batch(
                "campaigns__segment_members",
                16,
                nothing,
                |_, events: Vec<Envelope<SegmentMembersMoved>>| async {
                    let mut said = SAID.lock().unwrap();
                    for event in events {
                        said.entry(event.tenant).or_default().push(event.body);
                    }
                    Ok(())
                },
            )
            .await?;
            Ok(Default::default())
        })
    },
};

pub async fn kit() -> Kit {
    Kit::start(&[contacts::SERVICE, LISTENER]).await
}

/// Who was said to have come in, and to have left, sorted.
pub fn said(kit: &Kit) -> (Vec<ContactId>, Vec<ContactId>) {
    let said = SAID.lock().unwrap();
    let of = said.get(&kit.tenant).into_iter().flatten();
    let (mut entered, mut left) = (Vec::new(), Vec::new());
    for moved in of {
        entered.extend(&moved.entered);
        left.extend(&moved.left);
    }
    entered.sort_unstable();
    left.sort_unstable();
    (entered, left)
}

pub async fn until_said(kit: &Kit, entered: &[ContactId], left: &[ContactId]) {
    eventually("it is said", async || {
        (said(kit) == (entered.to_vec(), left.to_vec())).then_some(())
    })
    .await;
}

/// A contact with this tier.
pub async fn person(kit: &Kit, n: u32, tier: &str) -> ContactId {
    let body = json!({"phone": format!("+1500555{n:04}"), "attributes": {"tier": tier}});
    let (status, contact) = kit.post("/v1/contacts", body).await;
    assert!(status < 300, "{contact}");
    contact["id"].as_str().unwrap().parse().unwrap()
}

pub async fn segment(kit: &Kit, name: &str, expression: &str) -> String {
    let (status, made) = kit
        .post(
            "/v1/segments",
            json!({"name": name, "expression": expression}),
        )
        .await;
    assert_eq!(
        (status, &made["state"]),
        (201, &json!("computing")),
        "{made}"
    );
    let id = made["id"].as_str().unwrap().to_string();
    until_ready(kit, &id).await;
    id
}

pub async fn until_ready(kit: &Kit, id: &str) -> Value {
    eventually("the segment is ready", async || {
        let (_, view) = kit.get(&format!("/v1/segments/{id}")).await;
        (view["state"] == "ready").then_some(view)
    })
    .await
}

/// Who is in it, by the API and as an audience alike. The two are asked one after the other, so people who move in
/// between are asked for again.
pub async fn members(kit: &Kit, id: &str) -> Vec<ContactId> {
    eventually(
        "the API and the audience show the same people",
        async || {
            let shown = shown(kit, id).await;
            (addressed(kit, id).await == shown).then_some(shown)
        },
    )
    .await
}

async fn shown(kit: &Kit, id: &str) -> Vec<ContactId> {
    let (status, page) = kit
        .get(&format!("/v1/segments/{id}/contacts?limit=200"))
        .await;
    assert_eq!(status, 200, "{page}");
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|view| view["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

async fn addressed(kit: &Kit, id: &str) -> Vec<ContactId> {
    let ask = PageAudience {
        include: vec![AudiencePart::Segment(id.parse().unwrap())],
        exclude: vec![],
        after: None,
        limit: 200,
    };
    let answer = kit.bus.ask(kit.tenant, &ask).await.unwrap();
    answer.whole().unwrap().contacts
}

use contract::chunk::{ChunkHead, Recipient, Screened};
use contract::dispatch::{SendChunk, SendUrgentChunk};
use contract::renderer::{ChunkRendered, RenderChunk};
use contract::{
    CampaignId, Class, ContactId, DecisionId, Mode, Payload, Phone, RunId, TemplateId, UnixMillis,
    payload,
};
use futures::StreamExt;
use serde_json::json;
use testkit::Kit;

use crate::stubs::CONTACTS;

fn chunk(template: TemplateId, version: u32, names: &[Option<&str>]) -> RenderChunk {
    let head = ChunkHead {
        run: RunId::from_raw(1 << 80),
        campaign: CampaignId::from_raw(1),
        chunk: 7,
        class: Class::Marketing,
        programme: "default".into(),
        template,
        template_version: version,
        sender: "+15005550100".into(),
        mode: Mode::Test,
        valid_until: UnixMillis(i64::MAX),
        released_at: UnixMillis(0),
        zones: vec![],
        field_names: vec!["first_name".into()],
    };
    let recipients = (0u16..).zip(names).map(|(position, name)| Screened {
        recipient: Recipient {
            position,
            contact: ContactId::from_raw(u128::from(position) + 1),
            phone: Phone::from_digits(15_005_550_000 + u64::from(position)).unwrap(),
            zone: None,
            fields: vec![name.map(str::to_string)],
        },
        decision: DecisionId::from_raw(9),
    });
    RenderChunk {
        head,
        recipients: recipients.collect(),
    }
}

/// The next payload of a kind that passes on the bus.
async fn next<P: Payload>(messages: &mut (impl StreamExt<Item = impl Into<Passed>> + Unpin)) -> P {
    let passed: Passed = messages.next().await.unwrap().into();
    payload::decode(P::FORMAT, &passed.0).unwrap()
}

struct Passed(Vec<u8>);

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_becomes_texts_and_reasons() {
    let kit = Kit::start(&[renderer::SERVICE, CONTACTS]).await;
    let client = kit.bus.client();
    let bytes = |message: &[u8]| Passed(message.to_vec());
    let mut sent = client
        .subscribe(payload::subject_filter::<SendChunk>())
        .await
        .unwrap()
        .map(|m| bytes(&m.payload));
    let mut done = client
        .subscribe(payload::subject_filter::<ChunkRendered>())
        .await
        .unwrap()
        .map(|m| bytes(&m.payload));
    client.flush().await.unwrap();

    let (_, made) = kit
        .post(
            "/v1/templates",
            json!({"name": "Hi", "body": "Hi {{ contact.first_name }}"}),
        )
        .await;
    let id = made["id"].as_str().unwrap();
    kit.post(&format!("/v1/templates/{id}/publish"), json!({}))
        .await;
    let id: TemplateId = id.parse().unwrap();

    let hostile = "{{ secrets }}\u{202E}";
    kit.bus
        .publish(
            kit.tenant,
            &chunk(id, 1, &[Some("Ana"), None, Some(hostile)]),
        )
        .await
        .unwrap();
    let texts: SendChunk = next(&mut sent).await;
    let bodies: Vec<_> = texts
        .texts
        .iter()
        .map(|text| (text.position, text.body.as_str(), text.segments))
        .collect();
    assert_eq!(bodies, [(0, "Hi Ana", 1), (2, "Hi {{ secrets }}", 1)]);
    let rendered: ChunkRendered = next(&mut done).await;
    assert_eq!(
        (rendered.chunk, rendered.rendered, rendered.groups.len()),
        (7, 2, 1)
    );
    assert_eq!(
        (
            rendered.groups[0].reason.as_str(),
            &rendered.groups[0].positions
        ),
        ("MERGE_FIELD_MISSING", &vec![1])
    );

    // What people wait for goes a way of its own.
    let mut urgent = client
        .subscribe(payload::subject_filter::<SendUrgentChunk>())
        .await
        .unwrap()
        .map(|m| bytes(&m.payload));
    client.flush().await.unwrap();
    let mut command = chunk(id, 1, &[Some("Ana")]);
    command.head.class = Class::Transactional;
    kit.bus.publish(kit.tenant, &command).await.unwrap();
    let texts: SendUrgentChunk = next(&mut urgent).await;
    assert_eq!(texts.texts[0].body, "Hi Ana");
    let _rendered: ChunkRendered = next(&mut done).await;

    // An unknown version, and a template of another tenant, fail everybody and send nothing.
    kit.bus
        .publish(kit.tenant, &chunk(id, 2, &[Some("Ana"), Some("Bo")]))
        .await
        .unwrap();
    kit.bus
        .publish(kit.other_tenant, &chunk(id, 1, &[Some("Ana"), Some("Bo")]))
        .await
        .unwrap();
    for _ in 0..2 {
        let rendered: ChunkRendered = next(&mut done).await;
        assert_eq!(
            (rendered.rendered, rendered.groups[0].reason.as_str()),
            (0, "RENDER_FAILED")
        );
        assert_eq!(rendered.groups[0].positions, [0, 1]);
    }
    assert_eq!(kit.dead_letters().await, 0);
    kit.stop().await;
}

//! What texts would take, without writing them for anybody.

use contract::chunk::{Encoding, Recipient};
use contract::dispatch::SendChunk;
use contract::renderer::{ChunkMeasured, MeasureChunk, TextMeasured};
use contract::{ContactId, Phone, Reason, TemplateId, payload};
use futures::StreamExt;
use sea_orm::ConnectionTrait;
use serde_json::json;
use testkit::Kit;

use crate::stubs::CONTACTS;

fn question(template: &str, names: &[Option<&str>]) -> MeasureChunk {
    let recipients = (0u16..).zip(names).map(|(position, name)| Recipient {
        position,
        contact: ContactId::from_raw(u128::from(position) + 1),
        phone: Phone::from_digits(15_005_550_000 + u64::from(position)).unwrap(),
        zone: None,
        fields: vec![name.map(str::to_string)],
    });
    MeasureChunk {
        template: template.parse::<TemplateId>().unwrap(),
        template_version: 1,
        zones: Vec::new(),
        field_names: vec!["first_name".into()],
        recipients: recipients.collect(),
        samples: 2,
    }
}

async fn published(kit: &Kit, body: serde_json::Value) -> String {
    let (status, made) = kit.post("/v1/templates", body).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap().to_string();
    let (status, told) = kit
        .post(&format!("/v1/templates/{id}/publish"), json!({}))
        .await;
    assert!(status < 300, "{told}");
    id
}

async fn measured(kit: &Kit, question: &MeasureChunk) -> ChunkMeasured {
    kit.bus.ask(kit.tenant, question).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_is_measured_with_a_few_samples_and_goes_no_further() {
    let kit = Kit::start(&[renderer::SERVICE, CONTACTS]).await;
    let mut sent = kit
        .bus
        .client()
        .subscribe(payload::subject_filter::<SendChunk>())
        .await
        .unwrap();
    kit.bus.client().flush().await.unwrap();
    let body = json!({"name": "Hi", "body": "Hi {{ contact.first_name }}"});
    let id = published(&kit, body).await;
    let long = "x".repeat(200);
    let names = [Some("Ana"), None, Some("Zo\u{eb} \u{1f44b}"), Some(&*long)];
    let told = measured(&kit, &question(&id, &names)).await;
    let text = |position, encoding, segments| TextMeasured {
        position,
        encoding,
        segments,
    };
    assert_eq!(
        told.texts,
        [
            text(0, Encoding::Gsm7, 1),
            text(2, Encoding::Ucs2, 1),
            text(3, Encoding::Gsm7, 2)
        ]
    );
    assert_eq!(told.failed, [(Reason::MERGE_FIELD_MISSING, vec![1])]);
    let samples: Vec<&str> = told.samples.iter().map(|one| one.body.as_str()).collect();
    assert_eq!(samples, ["Hi Ana", "Hi Zo\u{eb} \u{1f44b}"]);
    let mut unknown = question(&id, &[Some("Ana")]);
    unknown.template_version = 9;
    let told = measured(&kit, &unknown).await;
    assert_eq!(told.failed, [(Reason::RENDER_FAILED, vec![0])]);
    let heard = tokio::time::timeout(std::time::Duration::from_millis(200), sent.next()).await;
    assert!(heard.is_err(), "texts went on");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn short_links_are_counted_and_none_is_made() {
    let kit = Kit::start(&[renderer::SERVICE, CONTACTS]).await;
    let (status, told) = kit
        .post("/v1/link-domains", json!({"domain": "go.example.com"}))
        .await;
    assert!(status < 300, "{told}");
    let body = json!({"name": "Sale", "body": "Look: {{ link('https://example.com/sale') }}"});
    let id = published(&kit, body).await;
    let told = measured(&kit, &question(&id, &[Some("Ana")])).await;
    let body = &told.samples[0].body;
    assert!(
        body.starts_with("Look: ") && body.contains("go.example.com/l/"),
        "{body}"
    );
    let db = kit.db("renderer");
    let count = db.engine().sql(
        "SELECT count(*) FROM link_text",
        Vec::<sea_orm::Value>::new(),
    );
    let row = db.read().query_one_raw(count).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 0);
    kit.stop().await;
}

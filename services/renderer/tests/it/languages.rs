use std::collections::BTreeMap;
use std::sync::Arc;

use chassis::Service;
use contract::contacts::{ListFields, LoadRecipients, RecipientData, RecipientsLoaded};
use contract::renderer::{RenderTexts, TextRendered, TextToRender};
use contract::{ContactId, Envelope, MessageId, Mode, Phone};
use serde_json::{Value, json};
use testkit::Kit;
use utoipa_axum::router::OpenApiRouter;

/// Ana in Berlin (German of Austria), Bo in New York (no language), and nobody else.
const PEOPLE: Service = Service {
    name: "contacts",
    migrations: &[],
    defaults: "",
    start: |cx| {
        Box::pin(async move {
            let none = Arc::new(());
            cx.answer(none.clone(), |_, _: Envelope<ListFields>| async {
                Ok(["first_name", "language", "visit_at", "owed"]
                    .map(String::from)
                    .to_vec())
            })
            .await?;
            cx.answer(none, |_, asked: Envelope<LoadRecipients>| async move {
                let names = asked.body.field_names;
                let people = asked
                    .body
                    .contacts
                    .iter()
                    .map(|contact| match contact.raw() {
                        1 => Some(person(
                            &names,
                            0,
                            [
                                Some("ANA"),
                                Some("de-AT"),
                                Some("2026-03-14T22:30:00Z"),
                                Some("1234.5"),
                            ],
                        )),
                        2 => Some(person(
                            &names,
                            1,
                            [
                                Some("{{ secrets }}\u{202E}"),
                                None,
                                Some("2026-03-14T22:30:00Z"),
                                None,
                            ],
                        )),
                        _ => None,
                    });
                Ok(RecipientsLoaded {
                    zones: vec!["Europe/Berlin".into(), "America/New_York".into()],
                    recipients: people.collect(),
                })
            })
            .await?;
            Ok(OpenApiRouter::new())
        })
    },
};

fn person(
    names: &[String],
    zone: u8,
    [first, language, visit, owed]: [Option<&str>; 4],
) -> RecipientData {
    let of = |name: &String| match name.as_str() {
        "first_name" => first,
        "language" => language,
        "visit_at" => visit,
        "owed" => owed,
        _ => None,
    };
    RecipientData {
        phone: Phone::from_digits(15_005_550_006).unwrap(),
        zone: Some(zone),
        fields: names
            .iter()
            .map(|name| of(name).map(String::from))
            .collect(),
    }
}

const BODY: &str = "Hi {{ contact.first_name | name }}, see you {{ contact.visit_at | date('long') }} at {{ contact.visit_at | time }}. {{ fragment('footer') }}";
const GERMAN: &str = "Hallo {{ contact.first_name | name }}, bis {{ contact.visit_at | date('full') }} um {{ contact.visit_at | time }}. {{ fragment('footer') }}";

fn of_two_languages() -> Value {
    json!({
        "name": "Visit", "language": "en", "body": BODY,
        "variants": [{"language": "DE", "body": GERMAN}],
        "options": {"max_segments": 3},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn real_people_see_their_language_zone_and_name() {
    let kit = Kit::start(&[renderer::SERVICE, PEOPLE]).await;
    let footer = json!({"language": "en", "body": "Reply STOP to opt out", "variants": [{"language": "de", "body": "Antworte STOPP zum Abmelden"}]});
    let (status, saved) = kit.put("/v1/fragments/footer", &footer).await;
    assert_eq!((status, &saved["version"]), (200, &json!(1)), "{saved}");
    let (status, made) = kit.post("/v1/templates", of_two_languages()).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(
        (
            &made["fields"],
            &made["variants"][0]["language"],
            &made["smart_encoding"]
        ),
        (
            &json!(["first_name", "visit_at"]),
            &json!("de"),
            &json!("punctuation")
        )
    );

    let people = [1, 2, 3].map(|raw| ContactId::from_raw(raw).to_string());
    let ask = json!({"template": made["id"], "contacts": people, "class": "marketing"});
    let (status, preview) = kit.post("/v1/templates/preview", ask).await;
    assert_eq!(status, 200, "{preview}");
    let texts = &preview["texts"];
    assert_eq!(
        (&texts[0]["language"], &texts[0]["text"]),
        (
            &json!("de"),
            &json!("Hallo Ana, bis Samstag, 14. März 2026 um 23:30. Antworte STOPP zum Abmelden")
        )
    );
    // ä is in the small alphabet.
    assert_eq!(
        (&texts[0]["encoding"], &texts[0]["segments"]),
        (&json!("GSM-7"), &json!(1))
    );
    // A name that looks like a template is printed as it is, without what would reorder the text.
    assert_eq!(
        (&texts[1]["language"], &texts[1]["text"]),
        (
            &json!("en"),
            &json!("Hi {{ Secrets }}, see you March 14, 2026 at 6:30 PM. Reply STOP to opt out")
        )
    );
    assert_eq!(texts[1]["lint"], json!([]));
    assert_eq!(
        (&texts[2]["code"], &texts[2].get("text")),
        (&json!("not_found"), &None)
    );
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_version_keeps_its_fragments() {
    let kit = Kit::start(&[renderer::SERVICE, PEOPLE]).await;
    let (_, unknown) = kit
        .post(
            "/v1/templates",
            json!({"name": "x", "body": "{{ fragment('footer') }}"}),
        )
        .await;
    assert_eq!(unknown["code"], "template.fragment_unknown", "{unknown}");

    let footer = |body: &str| json!({"body": body});
    kit.put("/v1/fragments/footer", footer("Reply STOP to opt out"))
        .await;
    let again = kit
        .put("/v1/fragments/footer", footer("Reply STOP to opt out"))
        .await
        .1;
    assert_eq!(again["version"], 1);
    let (_, made) = kit
        .post(
            "/v1/templates",
            json!({"name": "x", "body": "Sale! {{ fragment('footer') }}"}),
        )
        .await;
    let id = made["id"].as_str().unwrap().to_string();
    let publish = format!("/v1/templates/{id}/publish");
    assert_eq!(
        kit.post(&publish, json!({})).await.1["published_version"],
        1
    );
    let describe = || async {
        let asked = contract::renderer::DescribeTemplate {
            template: id.parse().unwrap(),
        };
        let found = kit.bus.ask(kit.tenant, &asked).await.unwrap().unwrap();
        (found.version, found.opt_out_said)
    };
    assert_eq!(describe().await, (1, true));

    // A changed fragment changes nothing that is published; publishing again does.
    kit.put("/v1/fragments/footer", footer("Bye")).await;
    assert_eq!(describe().await, (1, true));
    assert_eq!(
        kit.post(&publish, json!({})).await.1["published_version"],
        2
    );
    assert_eq!(describe().await, (2, false));
    let (_, versions) = kit.get(&format!("/v1/templates/{id}/versions")).await;
    let seen: Vec<_> = versions["data"].as_array().unwrap().iter().collect();
    assert_eq!(
        seen.iter()
            .map(|row| (&row["version"], &row["fragments"]))
            .collect::<Vec<_>>(),
        [
            (&json!(2), &json!({"footer": 2})),
            (&json!(1), &json!({"footer": 1}))
        ]
    );
    let theirs = kit.with_key(&kit.other_key);
    let path = format!("/v1/templates/{id}/versions");
    let theirs = theirs
        .send("GET", &path, "application/json", vec![])
        .await
        .unwrap();
    assert_eq!(theirs.0, 404);
    assert_eq!(kit.get("/v1/fragments").await.1["data"][0]["version"], 2);
    assert_eq!(kit.get("/v1/fragments/footer").await.1["body"], "Bye");
    assert_eq!(kit.get("/v1/fragments/nothing").await.0, 404);
    let theirs = kit.with_key(&kit.other_key);
    let theirs = theirs
        .send("GET", "/v1/fragments", "application/json", vec![])
        .await
        .unwrap();
    assert_eq!(theirs.1["data"], json!([]));
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_every_language_and_option_are_told() {
    let kit = Kit::start(&[renderer::SERVICE, PEOPLE]).await;
    let bad = |change: Value| {
        let mut template =
            json!({"name": "x", "language": "en", "body": "Hi", "variants": [], "options": {}});
        let (into, from) = (
            template.as_object_mut().unwrap(),
            change.as_object().unwrap(),
        );
        into.extend(from.clone());
        template
    };
    for (change, code, pointer) in [
        (
            json!({"language": "english"}),
            "language.invalid",
            "/language",
        ),
        (
            json!({"language": null, "variants": [{"language": "de", "body": "x"}]}),
            "field.required",
            "/language",
        ),
        (
            json!({"variants": [{"language": "EN", "body": "x"}]}),
            "template.language_twice",
            "/variants/0/language",
        ),
        (
            json!({"variants": [{"language": "de", "body": "{{ contact.frist_name }}"}]}),
            "template.undeclared_var",
            "/variants/0/body",
        ),
        (
            json!({"options": {"time_zone": "EST5"}}),
            "timezone.unknown",
            "/time_zone",
        ),
        (
            json!({"options": {"max_segments": 0}}),
            "field.range",
            "/max_segments",
        ),
        (
            json!({"options": {"max_segments": 11}}),
            "field.range",
            "/max_segments",
        ),
        (
            json!({"body": "{{ contact.visit_at | date('longish') }}"}),
            "template.syntax",
            "/body",
        ),
        (
            json!({"body": "{{ contact.owed | shout }}"}),
            "template.syntax",
            "/body",
        ),
        (
            json!({"body": "{{ link('ftp://x.example') }}"}),
            "template.link_invalid",
            "/body",
        ),
    ] {
        let (status, problem) = kit.post("/v1/templates", bad(change)).await;
        assert_eq!(status, 422, "{problem}");
        assert_eq!(
            (
                &problem["errors"][0]["code"],
                &problem["errors"][0]["pointer"]
            ),
            (&json!(code), &json!(pointer)),
            "{problem}"
        );
    }
    let liquid = bad(json!({"body": "Hi\n{{ contact.first_name | default: \"x\" }}"}));
    let (_, problem) = kit.post("/v1/templates", liquid).await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("line 2, column 25:") && detail.contains("default(\"x\")"),
        "{detail}"
    );

    // Somebody without an amount, or with one that is none, gets a reason and no half text.
    let ask = |owed: &str| json!({"body": "You owe {{ contact.owed | money('EUR') }}", "fields": {"owed": owed}});
    assert_eq!(
        kit.post("/v1/templates/preview", ask("12,5")).await.1["code"],
        "template.field_invalid"
    );
    assert_eq!(
        kit.post("/v1/templates/preview", ask("12.5")).await.1["text"],
        "You owe €12.50"
    );
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_a_flow_bring_fields_of_their_own_and_lack_nobodys() {
    let kit = Kit::start(&[renderer::SERVICE, PEOPLE]).await;
    let body = "Hi {{ contact.first_name | name }}, {{ contact.appointment_subject }} is on \
                {{ contact.appointment_at | date('long') }} at {{ contact.appointment_at | time }} \
                {{ contact.appointment_zone }}.";
    let german = "Hallo {{ contact.first_name | name }}, Termin am {{ contact.appointment_at | date('full') }} um \
                  {{ contact.appointment_at | time }}.";
    let template = json!({"name": "Reminder", "language": "en", "body": body,
        "variants": [{"language": "de", "body": german}], "options": {"max_segments": 3}});
    let (status, made) = kit.post("/v1/templates", template).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap();
    let publish = format!("/v1/templates/{id}/publish");
    let (status, published) = kit.post(&publish, json!({})).await;
    assert_eq!(status, 200, "{published}");
    let (_, unpublished) = kit
        .post("/v1/templates", json!({"name": "x", "body": "Draft"}))
        .await;
    let fields: BTreeMap<String, String> = [
        ("appointment_subject", "Cleaning"),
        ("appointment_at", "2026-12-01T14:00"),
        ("appointment_zone", "EST"),
    ]
    .map(|(name, value)| (name.to_string(), value.to_string()))
    .into();
    let ask = |n: u128, template: &str, contact: u128, version: Option<u32>| TextToRender {
        message: MessageId::from_raw(n << 40),
        mode: Mode::Test,
        template: template.parse().unwrap(),
        version,
        fields: fields.clone(),
        contact: ContactId::from_raw(contact),
        zone: Some("America/New_York".into()),
    };
    let question = RenderTexts {
        texts: vec![
            ask(1, id, 2, None),
            ask(2, id, 1, Some(1)),
            ask(3, id, 1, Some(7)),
            ask(4, unpublished["id"].as_str().unwrap(), 1, None),
            // Nobody knows this person's name.
            ask(5, id, 3, None),
        ],
    };
    let written = kit.bus.ask(kit.tenant, &question).await.unwrap();
    let shown: Vec<Result<(String, u32), String>> = written
        .into_iter()
        .map(|one| match one {
            TextRendered::Text(text) => Ok((text.body, text.version)),
            TextRendered::Failed(reason) => Err(reason.to_string()),
        })
        .collect();
    // The local time of the appointment stands as it was agreed, whatever the person's zone is.
    assert_eq!(
        shown[0],
        Ok((
            "Hi {{ Secrets }}, Cleaning is on December 1, 2026 at 2:00 PM EST.".into(),
            1
        ))
    );
    assert_eq!(
        shown[1],
        Ok((
            "Hallo Ana, Termin am Dienstag, 1. Dezember 2026 um 14:00.".into(),
            1
        ))
    );
    assert_eq!(shown[2], Err("RENDER_FAILED".into()));
    assert_eq!(shown[3], Err("RENDER_FAILED".into()));
    assert_eq!(shown[4], Err("MERGE_FIELD_MISSING".into()));
    let theirs = kit.bus.ask(kit.other_tenant, &question).await.unwrap();
    assert!(
        theirs
            .iter()
            .all(|one| matches!(one, TextRendered::Failed(_)))
    );
    kit.stop().await;
}

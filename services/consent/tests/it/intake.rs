//! What comes in besides replies: double opt-in, revocations, lists, imports, reviews, facts, papers, blocks.

use contract::chunk::SlotRef;
use contract::consent::{Keyword, RecordProviderBlock};
use contract::dispatch::SendAnswer;
use contract::{Class, MessageId, Mode};
use serde_json::{Value, json};
use testkit::eventually;

use crate::Kit;
use crate::support::{
    SENDER, ask, contact, grant, listen, next, opt_in, opt_in_all, phone, register, run, silence,
    text_back,
};

fn slot(n: u128) -> SlotRef {
    SlotRef {
        run: run(n),
        chunk: 0,
        slot: 0,
    }
}

/// Why a marketing text to this person is refused; `None` when it is permitted.
async fn refusal(kit: &Kit, epoch: u64, n: u128, person: u64) -> Option<String> {
    let told = grant(kit, &ask(kit, slot(n), epoch, &[person])).await;
    told.refused.into_iter().next().map(|(reason, _)| reason)
}

async fn standing(kit: &Kit, n: u64) -> Value {
    kit.get(&format!("/v1/standing?phone={}", phone(n).digits()))
        .await
        .1
}

async fn csv(kit: &Kit, method: &str, path: &str, text: &str) -> (u16, Value) {
    kit.send(method, path, "text/csv", text.as_bytes().to_vec())
        .await
}

#[tokio::test]
async fn a_double_opt_in_asks_once_and_counts_after_yes() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let epoch = register(&kit).await;
    let mut sent = listen::<SendAnswer>(&kit).await;
    let mut new = opt_in(1);
    new["double_opt_in"] = json!(true);
    let (status, problem) = kit.post("/v1/consents", new.clone()).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("field.required")),
        "{problem}"
    );
    new["sender"] = json!(SENDER);
    new["reference"] = json!("form 7");
    assert_eq!(kit.post("/v1/consents", new.clone()).await.0, 201);
    let command = next(&mut sent).await;
    assert_eq!(command.head.class, Class::OptInConfirmation);
    assert!(
        command.texts[0].body.contains("YES"),
        "{}",
        command.texts[0].body
    );
    assert_eq!(kit.post("/v1/consents", new.clone()).await.0, 201);
    new["reference"] = json!("form 8");
    assert_eq!(kit.post("/v1/consents", new).await.0, 201);
    silence(&mut sent, 300).await;
    assert_eq!(
        refusal(&kit, epoch, 1, 1).await.as_deref(),
        Some("CONSENT_PENDING_CONFIRMATION")
    );
    let mut question = ask(
        &kit,
        SlotRef {
            run: command.head.run,
            chunk: 0,
            slot: 0,
        },
        epoch,
        &[1],
    );
    question.class = Class::OptInConfirmation;
    assert_eq!(grant(&kit, &question).await.granted, [0]);
    assert_eq!(text_back(&kit, 1, 1, "Yes").await.keyword, Keyword::Yes);
    assert_eq!(refusal(&kit, epoch, 2, 1).await, None);
    kit.stop().await;
}

#[tokio::test]
async fn a_double_opt_in_nobody_confirms_ends_after_a_week() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let mut new = opt_in(1);
    new["double_opt_in"] = json!(true);
    new["sender"] = json!(SENDER);
    assert_eq!(kit.post("/v1/consents", new).await.0, 201);
    kit.clock.advance(chrono::Duration::days(8));
    eventually("the question runs out", async || {
        (standing(&kit, 1).await["consents"][0]["state"] == "ended").then_some(())
    })
    .await;
    let answer = text_back(&kit, 1, 1, "YES").await;
    assert_eq!(answer.consent, None, "too late to confirm");
    kit.stop().await;
}

#[tokio::test]
async fn a_revocation_is_recorded_once_with_its_legal_limit() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let revocation =
        json!({"phone": phone(1).to_string(), "method": "email", "reference": "mail 3"});
    let (status, first) = kit.post("/v1/revocations", &revocation).await;
    assert_eq!(status, 201, "{first}");
    assert!(
        first["legal_limit"].as_str() > Some("2026-06-09"),
        "{first}"
    );
    let (status, again) = kit.post("/v1/revocations", &revocation).await;
    assert_eq!((status, &again["id"]), (200, &first["id"]));
    let other = json!({"phone": phone(2).to_string(), "method": "email", "reference": "mail 3"});
    assert_eq!(kit.post("/v1/revocations", other).await.0, 201);
    assert_eq!(standing(&kit, 1).await["opted_out"], true);
    for (body, code) in [
        (
            json!({"phone": phone(3).to_string(), "method": "web", "at": "2030-01-01T00:00:00Z"}),
            "consent.in_future",
        ),
        (
            json!({"phone": phone(3).to_string(), "method": "pigeon"}),
            "field.invalid",
        ),
        (
            json!({"phone": phone(3).to_string(), "method": "web", "scope": "all"}),
            "consent.scope_unknown",
        ),
    ] {
        let (status, problem) = kit.post("/v1/revocations", body).await;
        assert_eq!((status, &problem["code"]), (422, &json!(code)));
    }
    kit.stop().await;
}

#[tokio::test]
async fn the_suppression_list_holds_back_and_lets_go_again() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..4).await;
    let epoch = register(&kit).await;
    let one = json!({"phone": phone(1).to_string(), "note": "asked by letter"});
    let (status, added) = kit.post("/v1/suppressions", &one).await;
    assert_eq!(status, 201, "{added}");
    let (status, again) = kit.post("/v1/suppressions", &one).await;
    assert_eq!((status, &again["id"]), (200, &added["id"]));
    let reason = Some("OPTED_OUT_GLOBAL".to_string());
    assert_eq!(refusal(&kit, epoch, 1, 1).await, reason);
    let path = format!("/v1/suppressions/{}", added["id"].as_str().unwrap());
    let stranger = kit.with_key(&kit.other_key);
    assert!(
        stranger.get(&path).await.is_err(),
        "another tenant sees nothing"
    );
    assert_eq!(kit.delete(&path).await.0, 204);
    assert_eq!(kit.delete(&path).await.0, 404);
    assert_eq!(refusal(&kit, epoch, 2, 1).await, None);

    let file = format!(
        "phone,scope\n{},\nhello,\n{},class:marketing\n",
        phone(2),
        phone(3)
    );
    let (status, told) = csv(&kit, "POST", "/v1/suppressions/import", &file).await;
    assert_eq!((status, &told["recorded"]), (200, &json!(2)), "{told}");
    assert_eq!(told["faults"][0]["line"], 3);
    let (_, told) = csv(&kit, "POST", "/v1/suppressions/import", &file).await;
    assert_eq!(
        (&told["recorded"], &told["already"]),
        (&json!(0), &json!(2))
    );
    let (_, listed) = kit.get("/v1/suppressions?limit=1").await;
    assert_eq!(listed["has_more"], true);
    kit.stop().await;
}

#[tokio::test]
async fn consents_are_imported_with_their_evidence_and_once() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let mut file = "phone,action,method,disclosure_text,at\n".to_string();
    for n in 0..1500 {
        file += &format!(
            "{},opt_in,paper_form,\"I agree, always\",2026-05-01T12:00:00Z\n",
            phone(n)
        );
    }
    file += &format!("{},opt_in,,,\n", phone(2000));
    let (status, told) = csv(&kit, "POST", "/v1/consents/import", &file).await;
    assert_eq!(
        (status, &told["recorded"], &told["rejected"]),
        (200, &json!(1500), &json!(1)),
        "{told}"
    );
    assert_eq!(
        (&told["faults"][0]["line"], &told["faults"][0]["code"]),
        (&json!(1502), &json!("consent.evidence_missing"))
    );
    let (_, told) = csv(&kit, "POST", "/v1/consents/import", &file).await;
    assert_eq!(
        (&told["recorded"], &told["already"]),
        (&json!(0), &json!(1500))
    );
    let (_, history) = kit
        .get(&format!("/v1/consents?phone={}", phone(7).digits()))
        .await;
    assert_eq!(history["data"][0]["action"], "import");
    let (status, problem) = csv(&kit, "POST", "/v1/consents/import", "phone,colour\n").await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("import.unknown_column"))
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_doubtful_reply_holds_marketing_until_it_is_decided_or_lapses() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..3).await;
    let epoch = register(&kit).await;
    for n in [1, 2] {
        let answer = text_back(&kit, n, u128::from(n), "can't stop loving this").await;
        assert_eq!(answer.keyword, Keyword::Review);
    }
    let held = Some("OPT_OUT_UNDER_REVIEW".to_string());
    assert_eq!(refusal(&kit, epoch, 1, 1).await, held);
    let (_, open) = kit.get("/v1/reviews").await;
    assert_eq!(open["data"].as_array().map(Vec::len), Some(2), "{open}");
    let path = format!(
        "/v1/reviews/{}/decide",
        open["data"][0]["id"].as_str().unwrap()
    );
    let (status, told) = kit.post(&path, json!({"decision": "none"})).await;
    assert_eq!(status, 200, "{told}");
    let (status, problem) = kit.post(&path, json!({"decision": "opt_out"})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("review.decided")));
    assert_eq!(refusal(&kit, epoch, 2, 1).await, None);
    kit.clock.advance(chrono::Duration::hours(25));
    eventually("the other review lapses", async || {
        let shown = standing(&kit, 2).await;
        (shown["revocations"][0]["by"] == "lapsed").then_some(())
    })
    .await;
    assert_eq!(kit.get("/v1/reviews").await.1["data"], json!([]));
    kit.stop().await;
}

#[tokio::test]
async fn facts_of_people_are_updated_in_part_and_say_where_they_are() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..3).await;
    let path = format!("/v1/person-facts?phone={}", phone(1).digits());
    let first = json!({"phone": phone(1).to_string(), "zip": "32501", "born": "1990-02-03"});
    assert_eq!(kit.put("/v1/person-facts", first).await.0, 204);
    let second = json!({"phone": phone(1).to_string(), "born": null, "region": "US-FL"});
    assert_eq!(kit.put("/v1/person-facts", second).await.0, 204);
    let (_, shown) = kit.get(&path).await;
    assert_eq!(
        (&shown["zip"], &shown["born"], &shown["region"]),
        (&json!("32501"), &Value::Null, &json!("US-FL")),
        "{shown}"
    );
    let zones = shown["place"]["zones"].as_array().unwrap();
    assert!(zones.contains(&json!("America/Chicago")), "{shown}");
    for (field, value, code) in [
        ("zone", json!("EST5"), "timezone.unknown"),
        ("zip", json!("1"), "facts.zip_unknown"),
        ("region", json!("US-QQ"), "facts.region_unknown"),
        ("born", json!("2030-01-01"), "facts.in_future"),
    ] {
        let mut new = json!({"phone": phone(1).to_string()});
        new[field] = value;
        let (status, problem) = kit.put("/v1/person-facts", new).await;
        assert_eq!((status, &problem["code"]), (422, &json!(code)));
    }
    let file = format!(
        "phone,reassignment,reassignment_on\n{},yes,2026-06-01\n",
        phone(2)
    );
    let (_, told) = csv(&kit, "POST", "/v1/person-facts/import", &file).await;
    assert_eq!(told["recorded"], 1, "{told}");
    assert_eq!(standing(&kit, 2).await["reassigned"], true);
    kit.stop().await;
}

#[tokio::test]
async fn a_do_not_call_list_replaces_the_one_before() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let path = "/v1/dnc-lists/us_national?as_of=2026-06-01";
    let (_, told) = csv(&kit, "PUT", path, "phone\n212,5550123\n+12125550124\n").await;
    assert_eq!(told["recorded"], 2, "{told}");
    let (_, told) = csv(&kit, "PUT", path, "2125550123\n").await;
    assert_eq!(told["recorded"], 1, "{told}");
    let (_, lists) = kit.get("/v1/dnc-lists").await;
    assert_eq!(lists["data"][0]["age_days"], 9, "{lists}");
    for (path, code) in [
        ("/v1/dnc-lists/mars?as_of=2026-06-01", "dnc.unknown_list"),
        (
            "/v1/dnc-lists/us_national?as_of=2027-06-01",
            "dnc.in_future",
        ),
    ] {
        let (status, problem) = csv(&kit, "PUT", path, "2125550123\n").await;
        assert_eq!((status, &problem["code"]), (422, &json!(code)));
    }
    kit.stop().await;
}

#[tokio::test]
async fn papers_open_what_the_carriers_and_the_law_ask_papers_for() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let epoch = register(&kit).await;
    let live = |n| {
        let mut question = ask(&kit, slot(n), epoch, &[1]);
        question.mode = Mode::Live;
        // The project's own area code is nowhere; this one is in New York.
        question.asks[0].phone = contract::Phone::from_digits(12_125_550_123).unwrap();
        question
    };
    let mut new = opt_in(1);
    new["phone"] = json!("+12125550123");
    assert_eq!(kit.post("/v1/consents", new).await.0, 201);
    let told = grant(&kit, &live(1)).await;
    assert_eq!(told.refused[0].0, "CAMPAIGN_NOT_REGISTERED", "{told:?}");
    let papers = json!({"registration": "C123456"});
    let path = format!("/v1/papers/senders/{SENDER}");
    assert_eq!(kit.put(&path, papers).await.0, 200);
    assert_eq!(kit.get(&path).await.1["registration"], "C123456");
    assert_eq!(grant(&kit, &live(2)).await.granted, [0]);

    let mut emergency = ask(&kit, slot(3), epoch, &[9]);
    emergency.class = Class::Emergency;
    let told = grant(&kit, &emergency).await;
    assert_eq!(told.refused[0].0, "EMERGENCY_NOT_ATTESTED");
    let path = format!("/v1/papers/campaigns/{}", emergency.campaign);
    let bad = json!({"attestation": {"by": " ", "statement": "flood"}, "minimum_age": 120});
    let (status, problem) = kit.put(&path, bad).await;
    assert_eq!(
        (status, problem["errors"].as_array().map(Vec::len)),
        (422, Some(2)),
        "{problem}"
    );
    let good = json!({"attestation": {"by": "A. Mayor", "statement": "flood warning"}});
    assert_eq!(kit.put(&path, good).await.0, 200);
    emergency.slot = slot(4);
    assert_eq!(grant(&kit, &emergency).await.granted, [0]);
    kit.stop().await;
}

#[tokio::test]
async fn a_carriers_block_holds_until_a_start_to_that_sender() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let epoch = register(&kit).await;
    let block = RecordProviderBlock {
        message: MessageId::of(run(7), 0, 0),
        contact: Some(contact(1)),
        phone: phone(1),
        sender: SENDER.to_string(),
        provider: "simulated".to_string(),
        code: "21610".to_string(),
        at: kit.clock.millis(),
    };
    for _ in 0..2 {
        kit.bus.publish(kit.tenant, &block).await.unwrap();
    }
    eventually("the block is recorded", async || {
        (standing(&kit, 1).await["blocked_senders"] == json!([SENDER])).then_some(())
    })
    .await;
    let reason = Some("PROVIDER_BLOCKED".to_string());
    assert_eq!(refusal(&kit, epoch, 1, 1).await, reason);
    text_back(&kit, 1, 1, "START").await;
    assert_eq!(refusal(&kit, epoch, 2, 1).await, None);
    assert_eq!(standing(&kit, 1).await["revision"], 3, "recorded once");
    kit.stop().await;
}

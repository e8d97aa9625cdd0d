use contract::RunId;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::web::Body;

fn account(look_up: Value) -> CustomConfig {
    let mut account = json!({
        "url": "https://api.example.com/v1/send?ref={reference}",
        "body": "{\"to\":\"{to}\",\"text\":\"{text}\"}",
        "headers": { "X-Api": "1", "Idempotency-Key": "{reference}" },
        "bearer": "secret",
        "response": { "id": "/id" },
    });
    account["look_up"] = look_up;
    serde_json::from_value(account).unwrap()
}

fn listing() -> Value {
    json!({
        "url": "https://api.example.com/v1/messages?ref={reference}",
        "url_by_id": "https://api.example.com/v1/messages/{id}",
        "items": "/messages", "id": "/id", "reference": "/ref", "state": "/state",
        "delivered": ["done"], "undelivered": ["lost"], "error": "/why", "errors": { "7": "unreachable" },
        "not_taken_after_seconds": 600,
    })
}

fn asking() -> Asking {
    let account = account(listing());
    let look_up = account.look_up.clone().unwrap();
    Asking::new(&look_up, &account, true, None).unwrap()
}

fn sought(id: &str) -> Sought {
    Sought {
        message: MessageId::of(RunId::from_raw(1 << 40), 0, 1),
        provider_message_id: id.into(),
        to: Phone::from_digits(15_005_550_006),
        from: "+15005550100".into(),
        fingerprint: None,
        not_before: UnixMillis(0),
        not_after: UnixMillis(1),
    }
}

fn item(id: &str, state: &str) -> Value {
    json!({ "id": id, "ref": sought("").message.to_string(), "state": state, "why": "7" })
}

fn read(status: u16, body: &Value, id: &str) -> Finding {
    let body = Body::Whole(body.to_string().into());
    let answer = Answer {
        status,
        retry_after: None,
        body,
    };
    asking().read(&sought(id), &answer)
}

#[test]
fn a_text_is_asked_for_by_our_reference_or_by_its_name() {
    let by_reference = asking().request(&sought("")).unwrap();
    let path = format!("/v1/messages?ref={}", sought("").message);
    assert_eq!(
        (by_reference.method, by_reference.path),
        (Method::GET, path)
    );
    let names: Vec<_> = by_reference
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        ["accept", "x-api"],
        "the key of a text's request stays there"
    );
    assert_eq!(
        asking().request(&sought("a/b")).unwrap().path,
        "/v1/messages/a%2Fb"
    );
    let record = asking().record();
    assert!(record.by_id && record.is_proof(600) && !record.is_proof(599));
    assert_eq!(record.find_by, Some(FindBy::Reference));
}

#[test]
fn an_answer_tells_where_the_text_stands() {
    for (state, outcome, fault) in [
        ("done", Outcome::Delivered, None),
        ("lost", Outcome::Undelivered, Some(Fault::Unreachable)),
        ("queued", Outcome::HandedOver, None),
    ] {
        let Finding::Taken(found) = read(200, &json!({ "messages": [item("x1", state)] }), "")
        else {
            panic!("{state}")
        };
        assert_eq!(
            (
                found[0].provider_message_id.as_str(),
                found[0].outcome,
                found[0].fault
            ),
            ("x1", outcome, fault)
        );
    }
}

#[test]
fn a_text_that_was_taken_twice_has_two_names() {
    let both = json!({ "messages": [item("x1", "done"), item("x2", "queued")] });
    let Finding::Taken(found) = read(200, &both, "") else {
        panic!("not found")
    };
    assert_eq!(found.len(), 2);
}

#[test]
fn only_a_clear_no_says_that_it_is_not_there() {
    let nothing = json!({ "messages": [] });
    assert_eq!(read(200, &nothing, ""), Finding::NotThere);
    assert_eq!(read(404, &json!({}), ""), Finding::NotThere);
    let mut other = item("x1", "done");
    other["ref"] = json!("msg_somebody_elses");
    for (status, body, id) in [
        (200, json!({ "messages": [other] }), ""),
        (200, nothing, "x1"),
        (404, json!({}), "x1"),
        (200, json!({ "list": [] }), ""),
        (200, json!({ "messages": [{ "id": "x1" }] }), ""),
        (401, json!({}), ""),
        (500, json!({}), ""),
    ] {
        let finding = read(status, &body, id);
        assert!(
            matches!(finding, Finding::Unclear(_)),
            "{status} {body} {finding:?}"
        );
    }
    assert_eq!(read(429, &json!({}), ""), Finding::TooFast(None));
}

#[test]
fn what_cannot_work_is_named_at_start() {
    for (change, said) in [
        (
            json!({ "url": "https://other.example.com/?r={reference}" }),
            "must begin with",
        ),
        (
            json!({ "url": "https://api.example.com/?r={to}" }),
            "{reference}",
        ),
        (
            json!({ "url": "https://api.example.com/?r={reference}&t={text}" }),
            "{text}",
        ),
        (
            json!({ "url_by_id": "https://api.example.com/?r={reference}" }),
            "{id}",
        ),
        (json!({ "items": "messages" }), "JSON pointer"),
        (json!({ "not_found_status": [500] }), "500"),
        (json!({ "errors": { "1": "blokked" } }), "blokked"),
        (json!({ "delivered": [] }), "delivered"),
        (json!({ "url": "", "url_by_id": "" }), "neither"),
    ] {
        let mut look_up = listing();
        for (key, value) in change.as_object().unwrap() {
            look_up[key] = value.clone();
        }
        let error = format!("{:#}", account(look_up).check().unwrap_err());
        assert!(error.contains(said), "{said}: {error}");
    }
    account(listing()).check().unwrap();
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(body in ".{0,200}", status in 200_u16..600) {
        let answer = Answer { status, retry_after: None, body: Body::Whole(body.into_bytes().into()) };
        let _ = asking().read(&sought(""), &answer);
    }
}

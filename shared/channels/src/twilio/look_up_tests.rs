use contract::RunId;
use proptest::prelude::*;
use serde_json::json;

use super::super::config::TwilioConfig;
use super::*;
use crate::web::Body;

const PATH: &str = "/2010-04-01/Accounts/AC00112233445566778899aabbccddeeff/Messages.json";

fn dialect() -> TwilioDialect {
    let config = TwilioConfig {
        account_sid: "AC00112233445566778899aabbccddeeff".into(),
        auth_token: "secret".into(),
        ..TwilioConfig::default()
    };
    TwilioDialect::new("tw", &config).unwrap()
}

/// Between 00:00:00 and 00:10:00 of that day.
fn sought(id: &str) -> Sought {
    let midnight = DateTime::parse_from_rfc3339("2026-03-02T00:00:00Z").unwrap();
    let midnight = midnight.timestamp_millis();
    Sought {
        message: contract::MessageId::of(RunId::from_raw(1 << 40), 0, 1),
        provider_message_id: id.into(),
        to: Phone::from_digits(15_005_550_006),
        from: "+15005550100".into(),
        fingerprint: Some(fingerprint("Hello")),
        not_before: UnixMillis(midnight),
        not_after: UnixMillis(midnight + 600_000),
    }
}

fn message(sid: &str, minute: u32, body: &str, status: &str) -> Value {
    json!({ "sid": sid, "status": status, "body": body, "direction": "outbound-api", "error_code": null,
            "to": "+15005550006", "from": "+15005550100",
            "date_created": format!("Mon, 02 Mar 2026 00:{minute:02}:05 +0000") })
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer {
        status,
        retry_after: None,
        body: Body::Whole(body.to_string().into()),
    }
}

fn listed(messages: &[Value]) -> Heard {
    let body = json!({ "messages": messages, "next_page_uri": null });
    dialect().heard(&sought(""), &answer(200, &body), &mut Search::default())
}

#[test]
fn a_named_text_is_asked_for_by_name_and_another_by_its_recipient() {
    let by_name = dialect().question(&sought("SM1")).unwrap();
    let expected = PATH.replace("Messages.json", "Messages/SM1.json");
    assert_eq!((by_name.method, by_name.path), (Method::GET, expected));
    let by_recipient = dialect().question(&sought("")).unwrap();
    let query = "?To=%2B15005550006&From=%2B15005550100&PageSize=100";
    assert_eq!(by_recipient.path, format!("{PATH}{query}"));
    let mut nobody = sought("");
    nobody.to = None;
    assert!(dialect().question(&nobody).is_none());
    let mut wordless = sought("");
    wordless.fingerprint = None;
    assert!(dialect().question(&wordless).is_none());
}

#[test]
fn one_text_with_the_same_words_in_time_is_the_one() {
    let messages = [
        message("SM3", 30, "Hello", "queued"),
        message("SM2", 5, "Hello", "delivered"),
    ];
    let Heard::End(Finding::Taken(found)) = listed(&messages) else {
        panic!("not found")
    };
    let one = &found[0];
    assert_eq!(
        (found.len(), one.provider_message_id.as_str(), one.outcome),
        (1, "SM2", Outcome::Delivered)
    );
    assert_eq!(one.reference, Some(sought("").message));
}

#[test]
fn nothing_is_concluded_from_a_list_that_leaves_doubt() {
    let doubtful = [
        vec![
            message("SM1", 5, "Hello", "sent"),
            message("SM2", 5, "Hello", "sent"),
        ],
        vec![message("SM1", 5, "Redacted", "sent")],
        // Clocks that differ prove nothing.
        vec![message("SM1", 50, "Hello", "sent")],
        vec![json!({ "sid": "SM1", "status": "sent", "date_created": "soon" })],
    ];
    for messages in doubtful {
        let heard = listed(&messages);
        assert!(
            matches!(heard, Heard::End(Finding::Unclear(_))),
            "{heard:?}"
        );
    }
    assert_eq!(listed(&[]), Heard::End(Finding::NotThere));
    let mut reply = message("SM1", 5, "STOP", "received");
    reply["direction"] = json!("inbound");
    assert_eq!(listed(&[reply]), Heard::End(Finding::NotThere));
}

#[test]
fn the_list_is_read_back_to_the_hand_over_and_never_leads_elsewhere() {
    let (dialect, later) = (dialect(), message("SM9", 50, "Hello", "sent"));
    let page = |next: &str| json!({ "messages": [later.clone()], "next_page_uri": next });
    let mut search = Search::default();
    let next = format!("{PATH}?Page=1&PageToken=x");
    let heard = dialect.heard(&sought(""), &answer(200, &page(&next)), &mut search);
    assert!(matches!(heard, Heard::Next(request) if request.path == next));
    for _ in 0..3 {
        dialect.heard(&sought(""), &answer(200, &page(&next)), &mut search);
    }
    let heard = dialect.heard(&sought(""), &answer(200, &page(&next)), &mut search);
    assert!(matches!(heard, Heard::End(Finding::Unclear(_))));
    let elsewhere = page("/2010-04-01/Accounts/AC1/Calls.json?x");
    let heard = dialect.heard(
        &sought(""),
        &answer(200, &elsewhere),
        &mut Search::default(),
    );
    assert!(matches!(heard, Heard::End(Finding::Unclear(_))));
}

#[test]
fn a_named_text_tells_its_state_and_code() {
    let mut failed = message("SM1", 5, "Hello", "undelivered");
    failed["error_code"] = json!(30007);
    let hear = |status, body: &Value| {
        dialect().heard(
            &sought("SM1"),
            &answer(status, body),
            &mut Search::default(),
        )
    };
    let Heard::End(Finding::Taken(found)) = hear(200, &failed) else {
        panic!("not found")
    };
    assert_eq!(
        (found[0].outcome, found[0].code.as_str(), found[0].fault),
        (Outcome::Undelivered, "30007", Some(Fault::Filtered))
    );
    for (status, body) in [
        (404, json!({"code": 20404})),
        (500, json!({})),
        (200, json!({"sid": "SM2"})),
    ] {
        assert!(
            matches!(hear(status, &body), Heard::End(Finding::Unclear(_))),
            "{status}"
        );
    }
    assert_eq!(hear(429, &json!({})), Heard::End(Finding::TooFast(None)));
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic_or_prove_absence(body in ".{0,200}", status in 200_u16..600) {
        let body = Answer { status, retry_after: None, body: Body::Whole(body.into_bytes().into()) };
        let heard = dialect().heard(&sought(""), &body, &mut Search::default());
        prop_assert!(!matches!(heard, Heard::End(Finding::NotThere)));
    }
}

use super::super::template::tests::text;
use super::*;

fn dialect() -> CustomDialect {
    let config = CustomConfig {
        url: "https://api.example.com/send".into(),
        body: r#"{"to":"{to}","text":"{text}","ref":"{reference}"}"#.into(),
        headers: [("Idempotency-Key".to_owned(), "{reference}".to_owned())].into(),
        bearer: Some("token".into()),
        idempotency_seconds: 3600,
        response: ResponseConfig {
            id: "/messages/0/id".into(),
            status: "/messages/0/status".into(),
            accepted: vec!["0".into()],
            error: "/messages/0/status".into(),
            errors: [
                ("15".to_owned(), "blocked".to_owned()),
                ("1".to_owned(), "throttled".to_owned()),
                ("9".to_owned(), "account".to_owned()),
            ]
            .into(),
            ..ResponseConfig::default()
        },
        ..CustomConfig::default()
    };
    CustomDialect::new(&config).unwrap()
}

fn read(status: u16, body: &str) -> Verdict {
    dialect().read(&Answer {
        status,
        retry_after: None,
        body: Body::Whole(body.as_bytes().to_vec().into()),
    })
}

#[test]
fn a_request_is_filled_and_carries_its_key() {
    let message = MessageId::from_raw(9);
    let request = dialect().request(message, &text("hi")).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        (body["to"].as_str(), body["ref"].as_str()),
        (Some("+15005550006"), Some(message.to_string().as_str()))
    );
    let header = |name: &str| {
        let found = request.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.to_str().unwrap().to_owned())
    };
    assert_eq!(header("idempotency-key"), Some(message.to_string()));
    assert_eq!(header("authorization").as_deref(), Some("Bearer token"));
    assert_eq!(
        dialect().capabilities().idempotency,
        Idempotency::Key {
            good_for_seconds: 3600
        }
    );
}

#[test]
fn answers_are_read_by_the_description() {
    let taken = SubmitOutcome::Accepted {
        provider_message_id: "A1".into(),
    };
    assert_eq!(
        read(200, r#"{"messages":[{"id":"A1","status":0}]}"#),
        Verdict::Settled(taken)
    );
    assert_eq!(
        read(200, r#"{"messages":[{"status":"15"}]}"#),
        Verdict::Settled(SubmitOutcome::rejected(Fault::Blocked, "15"))
    );
    assert_eq!(
        read(200, r#"{"messages":[{"status":"77"}]}"#),
        Verdict::Settled(SubmitOutcome::rejected(Fault::Unknown, "77"))
    );
    assert_eq!(
        read(200, r#"{"messages":[{"status":"1"}]}"#),
        Verdict::TooFast(None)
    );
    assert_eq!(
        read(200, r#"{"messages":[{"status":"9"}]}"#),
        Verdict::Account("9".into())
    );
    assert_eq!(read(429, ""), Verdict::TooFast(None));
    assert_eq!(read(401, "<html>"), Verdict::Account("HTTP_401".into()));
    assert_eq!(
        read(422, "<html>"),
        Verdict::Settled(SubmitOutcome::rejected(Fault::Unknown, "HTTP_422"))
    );
}

#[test]
fn what_is_neither_yes_nor_no_is_unknown() {
    let unknown = Verdict::Settled(SubmitOutcome::Unknown);
    for (status, body) in [
        (200, "<html>welcome</html>"),
        (200, "{}"),
        (200, r#"{"messages":[{"status":"0"}]}"#),
        (302, ""),
        (408, ""),
        (500, r#"{"messages":[{"status":"15"}]}"#),
        (503, ""),
    ] {
        assert_eq!(read(status, body), unknown, "{status} {body}");
    }
}

#[test]
fn a_provider_that_gives_no_id_is_believed_by_its_status() {
    let config = CustomConfig {
        url: "https://api.example.com/send?t={text}".into(),
        body_format: BodyFormat::None,
        method: "GET".into(),
        ..CustomConfig::default()
    };
    let dialect = CustomDialect::new(&config).unwrap();
    let answer = |body| Answer {
        status: 202,
        retry_after: None,
        body,
    };
    let taken = Verdict::Settled(SubmitOutcome::Accepted {
        provider_message_id: String::new(),
    });
    assert_eq!(dialect.read(&answer(Body::Whole("OK".into()))), taken);
    assert_eq!(
        dialect.read(&answer(Body::CutOff)),
        Verdict::Settled(SubmitOutcome::Unknown)
    );
}

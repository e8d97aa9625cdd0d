use std::time::Duration;

use contract::chunk::Encoding;
use contract::{Phone, Reason, RunId};

use super::*;
use crate::web::Body;

fn dialect(change: impl FnOnce(&mut TwilioConfig)) -> TwilioDialect {
    let mut config = TwilioConfig {
        account_sid: "AC00112233445566778899aabbccddeeff".into(),
        auth_token: "secret".into(),
        ..TwilioConfig::default()
    };
    change(&mut config);
    TwilioDialect::new("tw", &config).unwrap()
}

fn text() -> Submission {
    Submission {
        to: Phone::from_digits(15_005_550_006).unwrap(),
        from: "+15005550100".into(),
        encoding: Encoding::Gsm7,
        segments: 1,
        body: "50% & more €".into(),
        valid_for: Some(Duration::from_secs(90_000)),
    }
}

fn message() -> MessageId {
    MessageId::of(
        RunId::from_raw(0x019e_b000_0000_7000_8000_0000_0000_0000),
        3,
        65,
    )
}

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        retry_after: None,
        body: Body::Whole(body.as_bytes().to_vec().into()),
    }
}

fn read(status: u16, body: &str) -> Verdict {
    dialect(|_| {}).read(&answer(status, body))
}

fn rejection(status: u16, body: &str) -> (Fault, String, Reason) {
    match read(status, body) {
        Verdict::Settled(SubmitOutcome::Rejected {
            fault,
            code,
            reason,
        }) => (fault, code, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_is_a_form_with_sender_validity_and_callback() {
    let dialect = dialect(|config| config.public_url = "https://sms.example.com/hail/".into());
    let request = dialect.request(message(), &text()).unwrap();
    assert_eq!(
        request.path,
        "/2010-04-01/Accounts/AC00112233445566778899aabbccddeeff/Messages.json"
    );
    let pairs = form::decode(&request.body);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (&**k, &**v)).collect();
    let callback = format!(
        "https://sms.example.com/hail/v1/webhooks/tw?m={}",
        reference_text(message())
    );
    assert_eq!(
        pairs,
        [
            ("To", "+15005550006"),
            ("Body", "50% & more €"),
            ("From", "+15005550100"),
            ("ValidityPeriod", "36000"),
            ("StatusCallback", callback.as_str()),
        ]
    );
    let authorization = &request.headers[0].1;
    assert!(authorization.is_sensitive());
    assert!(authorization.to_str().unwrap().starts_with("Basic "));
}

#[test]
fn a_messaging_service_takes_the_place_of_the_sender() {
    let service = "MG00112233445566778899aabbccddeeff";
    let dialect = dialect(|config| config.messaging_service_sid = service.into());
    let body = dialect.request(message(), &text()).unwrap().body;
    let pairs = form::decode(&body);
    assert!(pairs.contains(&("MessagingServiceSid".into(), service.into())));
    assert!(pairs.iter().all(|(name, _)| name != "From"));
}

#[test]
fn what_was_taken_has_its_sid() {
    let taken = SubmitOutcome::Accepted {
        provider_message_id: "SM1".into(),
    };
    let body = r#"{"sid":"SM1","status":"queued","error_code":null}"#;
    assert_eq!(read(201, body), Verdict::Settled(taken));
    let failed = r#"{"sid":"SM1","status":"failed","error_code":30007}"#;
    assert_eq!(rejection(201, failed).0, Fault::Filtered);
}

#[test]
fn a_refusal_is_mapped_by_its_code() {
    assert_eq!(
        rejection(400, r#"{"code":21610,"status":400}"#),
        (Fault::Blocked, "21610".into(), Reason::PROVIDER_BLOCKED)
    );
    assert_eq!(rejection(400, r#"{"code":21211}"#).0, Fault::Invalid);
    assert_eq!(
        rejection(400, "<html>Bad Request</html>"),
        (Fault::Unknown, "HTTP_400".into(), Reason::CARRIER_REJECTED)
    );
}

#[test]
fn our_pace_and_our_account_are_no_fault_of_the_text() {
    assert_eq!(read(429, "{}"), Verdict::TooFast(None));
    assert_eq!(read(400, r#"{"code":21611}"#), Verdict::TooFast(None));
    assert_eq!(
        read(401, r#"{"code":20003}"#),
        Verdict::Account("20003".into())
    );
    assert_eq!(read(403, "<html>"), Verdict::Account("HTTP_403".into()));
}

#[test]
fn whatever_may_have_been_taken_is_unknown() {
    let unknown = Verdict::Settled(SubmitOutcome::Unknown);
    for (status, body) in [
        (201, "<html>Welcome</html>"),
        (201, "{}"),
        (201, ""),
        (302, ""),
        (408, ""),
        (500, r#"{"code":20500}"#),
        (503, "<html>"),
        (504, ""),
    ] {
        assert_eq!(read(status, body), unknown, "{status} {body}");
    }
    for body in [Body::TooLong, Body::CutOff] {
        let answer = Answer {
            status: 201,
            retry_after: None,
            body,
        };
        assert_eq!(dialect(|_| {}).read(&answer), unknown);
    }
}

//! The Twilio provider against the simulated Twilio, at its best and at its worst.

use std::time::{Duration, Instant};

use channels::account::{self, AccountConfig};
use channels::look_up::fingerprint;
use channels::simulator::{Mischief, TwilioApi, TwilioOptions, judge};
use channels::twilio::{TwilioConfig, TwilioProvider, open};
use channels::{Certainty, Fault, Finding, LinkState, Provider, Sought, SubmitOutcome};
use contract::{MessageId, Phone, Reason, UnixMillis};

use crate::support::{accepted, nobody_at, quick, soon, text, texts, within};

const ACCOUNT: &str = "AC00112233445566778899aabbccddeeff";

struct Rig {
    api: TwilioApi,
    provider: TwilioProvider,
}

fn rig() -> Rig {
    rig_with(TwilioOptions::default(), |_| {})
}

fn rig_with(options: TwilioOptions, change: impl FnOnce(&mut TwilioConfig)) -> Rig {
    let mut carrier = options.carrier.clone();
    if carrier.log.is_none() {
        carrier = channels::simulator::SmscOptions {
            throttle_every: carrier.throttle_every,
            ..quick()
        };
    }
    let options = TwilioOptions {
        account_sid: ACCOUNT.into(),
        auth_token: "token".into(),
        carrier,
        ..options
    };
    let api = TwilioApi::start("127.0.0.1:0".parse().unwrap(), options).unwrap();
    let mut config = TwilioConfig {
        base_url: api.url(),
        account_sid: ACCOUNT.into(),
        auth_token: "token".into(),
        timeout_seconds: 1,
        ..TwilioConfig::default()
    };
    change(&mut config);
    let provider = open("tw", &config).unwrap();
    Rig { api, provider }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_texts_go_over_few_kept_connections() {
    let rig = rig_with(TwilioOptions::default(), |config| config.connections = 4);
    let outcomes = within(rig.provider.send(texts(500, "Hello there"), soon())).await;
    assert_eq!(accepted(&outcomes), 500);
    assert_eq!(rig.api.stats().submits, 500);
    within(rig.provider.close()).await;
    let late = rig.provider.send(texts(1, "late"), soon()).await;
    assert_eq!(late[0].certainty(), Certainty::SurelyNotSent);
    rig.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn magic_numbers_are_refused_in_twilios_words() {
    let rig = rig();
    let batch = vec![
        text(15_005_550_001, "a"),
        text(15_005_550_002, "a"),
        text(15_005_550_003, "a"),
        text(15_005_550_004, "a"),
        text(15_005_550_006, "a"),
        text(15_005_550_008, "a"),
    ];
    let outcomes = within(rig.provider.send(batch, soon())).await;
    let rejected = SubmitOutcome::rejected;
    assert_eq!(outcomes[0], rejected(Fault::Invalid, "21211"));
    assert_eq!(outcomes[1], rejected(Fault::Unreachable, "21612"));
    assert_eq!(outcomes[2], rejected(Fault::Account, "21408"));
    assert_eq!(outcomes[3], rejected(Fault::Blocked, "21610"));
    assert_eq!(accepted(&outcomes[4..]), 2);
    rig.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_that_leaves_doubt_is_unknown_and_nothing_is_sent_twice() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("twilio.jsonl");
    let carrier = channels::simulator::SmscOptions {
        log: Some(log.clone()),
        ..quick()
    };
    let options = TwilioOptions {
        carrier,
        ..TwilioOptions::default()
    };
    let rig = rig_with(options, |_| {});
    let mischiefs = [
        Mischief::Html,
        Mischief::Oversized,
        Mischief::Drip,
        Mischief::Close,
        Mischief::Status(500),
        Mischief::Status(503),
        Mischief::Status(302),
    ];
    for (n, mischief) in mischiefs.into_iter().enumerate() {
        rig.api.misbehave(mischief);
        let begun = Instant::now();
        let batch = vec![text(12_025_550_000 + n as u64, "a")];
        let outcomes = within(rig.provider.send(batch, soon())).await;
        assert_eq!(outcomes, [SubmitOutcome::Unknown], "{mischief:?}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{mischief:?}");
    }
    rig.api.misbehave(Mischief::None);
    let silent = within(rig.provider.send(vec![text(15_005_550_015, "a")], soon())).await;
    assert_eq!(silent, [SubmitOutcome::Unknown]);
    let well = within(rig.provider.send(texts(3, "a"), soon())).await;
    assert_eq!(accepted(&well), 3);
    rig.api.stop().await;
    assert_eq!(judge(&log, "opted out").unwrap().texts_twice, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_text_goes_out_again_and_one_that_stays_throttled_has_surely_not_left() {
    let mut options = TwilioOptions::default();
    options.carrier.throttle_every = Some(10);
    let rig = rig_with(options, |_| {});
    let outcomes = within(rig.provider.send(texts(60, "a"), soon())).await;
    assert_eq!(accepted(&outcomes), 60);
    rig.api.misbehave(Mischief::Status(429));
    let deadline = Instant::now() + Duration::from_secs(2);
    let outcomes = within(rig.provider.send(texts(5, "b"), deadline)).await;
    let throttled = SubmitOutcome::NotSent {
        reason: Reason::CARRIER_THROTTLED,
    };
    assert_eq!(outcomes, vec![throttled; 5]);
    rig.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_account_holds_everything_back_until_it_is_mended() {
    let rig = rig_with(TwilioOptions::default(), |config| {
        config.auth_token = "wrong".into();
    });
    let deadline = Instant::now() + Duration::from_secs(2);
    let outcomes = within(rig.provider.send(texts(3, "a"), deadline)).await;
    let refused = SubmitOutcome::NotSent {
        reason: Reason::CARRIER_ACCOUNT,
    };
    assert!(outcomes.contains(&refused), "{outcomes:?}");
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.certainty() == Certainty::SurelyNotSent)
    );
    let state = rig.provider.state().borrow().clone();
    assert_eq!(
        state,
        LinkState::Refused {
            status: "20003".into()
        }
    );
    rig.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_provider_has_surely_not_taken_anything_and_is_tried_again() {
    let rig = rig();
    let address = rig.api.address();
    rig.api.stop().await;
    let nobody = nobody_at(address);
    let deadline = Instant::now() + Duration::from_secs(2);
    let outcomes = within(rig.provider.send(texts(2, "a"), deadline)).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.certainty() == Certainty::SurelyNotSent),
        "{outcomes:?}"
    );
    assert!(matches!(
        *rig.provider.state().borrow(),
        LinkState::Down { .. }
    ));
    let options = TwilioOptions {
        account_sid: ACCOUNT.into(),
        carrier: quick(),
        ..TwilioOptions::default()
    };
    drop(nobody);
    let api = TwilioApi::start(address, options).unwrap();
    within(rig.provider.ready()).await;
    let outcomes = within(rig.provider.send(texts(2, "a"), soon())).await;
    assert_eq!(accepted(&outcomes), 2);
    assert_eq!(*rig.provider.state().borrow(), LinkState::Bound);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_described_by_settings_speaks_the_same_api() {
    let rig = rig();
    let description = serde_json::json!({
        "kind": "http",
        "url": format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", rig.api.url()),
        "body": "To={to}&From={from}&Body={text}",
        "body_format": "form",
        "basic": { "user": ACCOUNT, "password": "token" },
        "response": { "id": "/sid", "error": "/code",
            "errors": { "21610": "blocked", "21211": "invalid", "20429": "throttled" } },
    });
    let config: AccountConfig = serde_json::from_value(description).unwrap();
    let (bring, _brought) = tokio::sync::mpsc::channel(1);
    let provider = account::open("custom", config, bring).unwrap();
    let batch = vec![
        text(15_005_550_006, "50% & \u{1F600}"),
        text(15_005_550_004, "a"),
        text(15_005_550_001, "a"),
    ];
    let outcomes = within(provider.send(batch, soon())).await;
    assert_eq!(accepted(&outcomes[..1]), 1);
    assert_eq!(outcomes[1].fault(), Some(Fault::Blocked));
    assert_eq!(outcomes[2].fault(), Some(Fault::Invalid));
    rig.api.stop().await;
}

/// A text as the one who looks it up knows it.
fn sought(to: u64, body: &str, id: &str) -> Sought {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = UnixMillis(i64::try_from(now.unwrap().as_millis()).unwrap());
    Sought {
        message: MessageId::from_raw(u128::from(to)),
        provider_message_id: id.into(),
        to: Phone::from_digits(to),
        from: crate::support::SENDER.into(),
        fingerprint: Some(fingerprint(body)),
        not_before: UnixMillis(now.0 - 60_000),
        not_after: UnixMillis(now.0 + 60_000),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_whose_answer_got_lost_is_found_by_recipient_words_and_time_and_then_by_its_name() {
    let rig = rig();
    rig.api.misbehave(Mischief::Close);
    let batch = vec![text(12_025_550_001, "Your code is 4711")];
    let outcomes = within(rig.provider.send(batch, soon())).await;
    assert_eq!(outcomes, [SubmitOutcome::Unknown]);
    rig.api.misbehave(Mischief::None);
    let asked = sought(12_025_550_001, "Your code is 4711", "");
    let Finding::Taken(found) = within(rig.provider.look_up(&asked)).await else {
        panic!("not found")
    };
    let sid = found[0].provider_message_id.clone();
    assert_eq!(found[0].reference, Some(asked.message));
    let by_name = sought(12_025_550_001, "", &sid);
    let finding = within(rig.provider.look_up(&by_name)).await;
    assert!(matches!(finding, Finding::Taken(_)), "{finding:?}");
    let never = sought(12_025_550_002, "Your code is 4711", "");
    assert_eq!(
        within(rig.provider.look_up(&never)).await,
        Finding::NotThere
    );
    let other_words = sought(12_025_550_001, "Your code is 4712", "");
    let finding = within(rig.provider.look_up(&other_words)).await;
    assert!(matches!(finding, Finding::Unclear(_)), "{finding:?}");
    assert_eq!(rig.api.stats().submits, 1, "nothing was sent by asking");
    rig.api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_cannot_answer_leaves_everything_open() {
    let rig = rig();
    for mischief in [
        Mischief::Status(500),
        Mischief::Status(401),
        Mischief::Status(404),
    ] {
        rig.api.misbehave(mischief);
        let finding = within(rig.provider.look_up(&sought(12_025_550_001, "a", ""))).await;
        assert!(
            matches!(finding, Finding::Unclear(_)),
            "{mischief:?} {finding:?}"
        );
    }
    rig.api.misbehave(Mischief::Status(429));
    let finding = within(rig.provider.look_up(&sought(12_025_550_001, "a", ""))).await;
    assert_eq!(finding, Finding::TooFast(None));
    let late = sought(12_025_550_001, "a", "");
    rig.api.stop().await;
    let finding = within(rig.provider.look_up(&late)).await;
    assert!(matches!(finding, Finding::Unclear(_)), "{finding:?}");
}

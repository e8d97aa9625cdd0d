use std::time::Duration;

use channels::LinkState;
use channels::simulator::{Smsc, SmscOptions, judge};
use channels::smpp::{SmppConfig, SmppProvider};
use channels::{Provider, SubmitOutcome};
use contract::Reason;
use tokio::sync::mpsc;

use crate::support::{
    Rig, accepted, config, nobody_at, quick, soon, text, texts, unknown, until, within,
};

#[tokio::test]
async fn a_refused_bind_is_named_and_tried_again() {
    let rig = Rig::start(SmscOptions {
        refuse_bind: true,
        ..quick()
    });
    let state = rig.provider.state();
    let refused = LinkState::Refused {
        status: "ESME_RBINDFAIL".into(),
    };
    until("refused", || *state.borrow() == refused).await;
    let ready = tokio::time::timeout(Duration::from_millis(50), rig.provider.ready()).await;
    assert!(ready.is_err());
    rig.smsc.change(|options| options.refuse_bind = false);
    rig.ready().await;
    assert_eq!(accepted(&rig.send(texts(10, "Hello")).await), 10);
}

#[tokio::test]
async fn a_wrong_password_is_refused_by_its_own_name() {
    let rig = Rig::start(SmscOptions {
        password: Some("secret".into()),
        ..quick()
    });
    let state = rig.provider.state();
    let refused = LinkState::Refused {
        status: "ESME_RINVPASWD".into(),
    };
    until("refused", || *state.borrow() == refused).await;
}

#[tokio::test]
async fn settings_that_smpp_cannot_carry_are_refused_at_once() {
    for config in [
        SmppConfig {
            password: "longer than 8".into(),
            ..SmppConfig::default()
        },
        SmppConfig {
            system_id: "Grüße".into(),
            ..SmppConfig::default()
        },
        SmppConfig {
            window: 0,
            ..SmppConfig::default()
        },
    ] {
        let (incoming, _) = mpsc::channel(1);
        assert!(SmppProvider::connect("x", config, incoming).is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_lost_mid_window_leaves_only_what_was_written_unknown() {
    const COUNT: u64 = 5_000;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("smsc.log");
    let options = SmscOptions {
        drop_connection_after: Some(1_234),
        log: Some(log.clone()),
        ..quick()
    };
    let rig = Rig::start_with(options, |config| config.window = 200);
    rig.ready().await;
    let outcomes = rig.send(texts(COUNT, "Hello")).await;
    let lost = unknown(&outcomes);
    assert!((1..=200).contains(&lost), "{lost} unknown");
    assert_eq!(accepted(&outcomes), COUNT as usize - lost);
    assert_eq!(
        accepted(&rig.send(vec![text(15_005_550_006, "again")]).await),
        1
    );
    within(rig.provider.close()).await;
    rig.smsc.stop().await;
    let verdict = judge(&log, "opted out").unwrap();
    assert_eq!(verdict.texts_twice, 0);
    // accepted ones all arrived; of the unknown ones some did
    let arrived = verdict.texts - 1;
    assert!(
        (COUNT - lost as u64..=COUNT).contains(&arrived),
        "{arrived} arrived"
    );
}

#[tokio::test]
async fn garbage_breaks_the_link_and_nothing_else() {
    let rig = Rig::start(SmscOptions {
        garbage_after: Some(500),
        ..quick()
    });
    rig.ready().await;
    let outcomes = rig.send(texts(2_000, "Hello")).await;
    let lost = unknown(&outcomes);
    assert!((1..=1_000).contains(&lost), "{lost} unknown");
    assert_eq!(accepted(&outcomes), 2_000 - lost);
    assert_eq!(accepted(&rig.send(texts(10, "again")).await), 10);
}

#[tokio::test]
async fn texts_given_while_there_is_no_carrier_leave_once_there_is_one() {
    let first = Smsc::start("127.0.0.1:0".parse().unwrap(), quick()).unwrap();
    let address = first.address();
    first.stop().await;
    let nobody = nobody_at(address);
    let (incoming, _keep) = mpsc::channel(64);
    let provider = SmppProvider::connect("simulator", config(address), incoming).unwrap();
    let now = std::time::Instant::now();
    let outcomes = within(provider.send(texts(1, "early"), now + Duration::from_millis(200))).await;
    assert_eq!(
        outcomes,
        vec![SubmitOutcome::NotSent {
            reason: Reason::PERMIT_EXPIRED
        }]
    );
    let sending = provider.send(texts(5, "Hello"), soon());
    drop(nobody);
    let second = Smsc::start(address, quick()).unwrap();
    assert_eq!(accepted(&within(sending).await), 5);
    second.stop().await;
}

#[tokio::test]
async fn a_carrier_that_never_answers_leaves_texts_unknown_and_the_link_is_given_up() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let carrier = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 1024];
        let _ = stream.read(&mut bytes).await.unwrap();
        // bind_transceiver_resp, status 0, sequence 1, empty system_id
        let answer = [0, 0, 0, 17, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0];
        stream.write_all(&answer).await.unwrap();
        while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
    });
    let (incoming, _keep) = mpsc::channel(64);
    let config = SmppConfig {
        response_timeout_seconds: 1,
        enquire_link_seconds: 1,
        ..config(address)
    };
    let provider = SmppProvider::connect("silent", config, incoming).unwrap();
    within(provider.ready()).await;
    let outcomes = within(provider.send(texts(3, "Hello"), soon())).await;
    assert_eq!(outcomes, vec![SubmitOutcome::Unknown; 3]);
    // the link is closed, so the carrier's loop ends
    within(carrier).await.unwrap();
}

#[tokio::test]
async fn receipts_that_were_not_answered_come_over_the_next_link() {
    let mut rig = Rig::start(quick());
    rig.ready().await;
    rig.send(texts(20, "Hello")).await;
    until("sent", || rig.smsc.stats().receipts_sent == 20).await;
    rig.smsc
        .change(|options| options.drop_connection_after = Some(21));
    rig.send(vec![text(15_005_550_012, "x")]).await;
    rig.ready().await;
    until("answered", || {
        while let Ok(batch) = rig.incoming.try_recv() {
            rig.provider
                .answer(batch.into_iter().map(|i| i.token).collect(), true);
        }
        rig.smsc.stats().receipts_answered == 20
    })
    .await;
}

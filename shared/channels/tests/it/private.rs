//! SMPP under TLS, and several connections of one account.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use channels::simulator::{SmscOptions, judge};
use channels::smpp::{LongMessages, Receipts, SmppConfig, SmppProvider};
use channels::{FromCarrier, LinkState, Provider};
use contract::Phone;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::{Rig, SENDER, accepted, quick, text, texts, until, within};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// Ends TLS before a carrier that speaks in the clear.
async fn tls_in_front_of(carrier: SocketAddr) -> SocketAddr {
    let certificate = CertificateDer::from_pem_file(fixture("localhost.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("localhost.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut private) = acceptor.accept(stream).await else {
                    return;
                };
                let mut clear = TcpStream::connect(carrier).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut private, &mut clear).await;
            });
        }
    });
    address
}

async fn private_rig(change: impl FnOnce(&mut SmppConfig)) -> Rig {
    let mut rig = Rig::start(quick());
    let front = tls_in_front_of(rig.smsc.address()).await;
    let mut config = SmppConfig {
        host: "localhost".into(),
        port: front.port(),
        tls: true,
        ca_file: Some(fixture("ca.pem")),
        ..SmppConfig::default()
    };
    change(&mut config);
    let (bring, incoming) = tokio::sync::mpsc::channel(64);
    rig.provider.close().await;
    rig.provider = SmppProvider::connect("private", config, bring).unwrap();
    rig.incoming = incoming;
    rig
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_receipts_and_replies_travel_under_tls() {
    let mut rig = private_rig(|_| {}).await;
    rig.ready().await;
    let outcomes = rig
        .send(texts(5000, &"A text of some length. ".repeat(5)))
        .await;
    assert_eq!(accepted(&outcomes), 5000);
    let receipts = rig.take(5000).await;
    assert!(
        receipts
            .iter()
            .all(|item| matches!(item, FromCarrier::Receipt(_)))
    );
    rig.smsc
        .send_reply(Phone::from_digits(12_025_550_123).unwrap(), SENDER, "hello");
    assert!(matches!(rig.take(1).await[0], FromCarrier::Reply { .. }));
    within(rig.provider.close()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_nobody_vouches_for_gets_nothing() {
    let rig = private_rig(|config| config.ca_file = None).await;
    let mut state = rig.provider.state();
    let down = within(state.wait_for(|state| matches!(state, LinkState::Down { .. }))).await;
    // What is held here keeps the link from saying more.
    let down = down.unwrap().to_string();
    assert!(down.contains("certificate"), "{down}");
    assert_eq!(rig.smsc.stats().submits, 0);
    rig.provider.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_connections_share_the_work_and_one_that_breaks_is_bound_again() {
    let options = SmscOptions {
        drop_connection_after: Some(500),
        ..quick()
    };
    let mut rig = Rig::start_with(options, |config| {
        config.binds = 3;
        config.window = 10;
    });
    until("all are bound", || rig.smsc.stats().bound == 3).await;
    let mut left = 0;
    for _ in 0..20 {
        let outcomes = rig.send(texts(50, "Hello")).await;
        left += accepted(&outcomes);
    }
    assert!(left >= 990, "at most one window was lost: {left}");
    until("all are bound again", || rig.smsc.stats().bound == 3).await;
    rig.take(left).await;
    within(rig.provider.close()).await;
    until("all have taken leave", || rig.smsc.stats().bound == 0).await;
    let mut state = rig.provider.state();
    let closed = within(state.wait_for(|state| *state == LinkState::Closed)).await;
    assert!(closed.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_arrive_joined_whichever_way_they_travel() {
    for (way, parts_receipts) in [
        (LongMessages::Udh, Receipts::EveryPart),
        (LongMessages::Udh16, Receipts::LastPart),
        (LongMessages::Payload, Receipts::LastPart),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("smsc.log");
        let options = SmscOptions {
            log: Some(log.clone()),
            ..quick()
        };
        let mut rig = Rig::start_with(options, |config| {
            config.long_messages = way;
            config.receipts = parts_receipts;
        });
        rig.ready().await;
        let bodies = ["grüße ".repeat(60), "😀".repeat(80), "short".to_owned()];
        let batch = bodies.iter().zip(12_025_000_000..);
        let outcomes = rig
            .send(batch.map(|(body, to)| text(to, body)).collect())
            .await;
        assert_eq!(accepted(&outcomes), 3, "{way:?}");
        rig.take(3).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(
            rig.incoming.try_recv().is_err(),
            "one receipt a text: {way:?}"
        );
        within(rig.provider.close()).await;
        rig.smsc.stop().await;
        let verdict = judge(&log, "opted out").unwrap();
        assert_eq!((verdict.texts, verdict.texts_incomplete), (3, 0), "{way:?}");
        assert_eq!(verdict.texts_twice, 0, "{way:?}");
    }
}

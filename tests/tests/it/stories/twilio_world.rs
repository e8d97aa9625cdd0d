//! The platform with a live carrier behind Twilio's API, and a proxy before it that knows it by another name.

use std::net::SocketAddr;
use std::path::PathBuf;

use channels::simulator::{SmscOptions, TwilioApi, TwilioOptions};
use tokio::net::{TcpListener, TcpStream};

use super::world::{SENDER, World};

pub struct TwilioWorld {
    pub api: TwilioApi,
    pub world: World,
    /// The carrier's log.
    pub log: PathBuf,
    pub account: String,
    /// Where the log is, as long as it is kept.
    pub folder: tempfile::TempDir,
}

impl TwilioWorld {
    /// Starts it, with the sender registered.
    pub async fn start(carrier: SmscOptions) -> Self {
        Self::with(carrier, &[]).await
    }

    /// The same with these settings, too.
    pub async fn with(carrier: SmscOptions, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("twilio.jsonl");
        let options = TwilioOptions {
            carrier: SmscOptions {
                log: Some(log.clone()),
                ..carrier
            },
            ..TwilioOptions::default()
        };
        let (account, token) = (options.account_sid.clone(), options.auth_token.clone());
        let api = TwilioApi::start(SocketAddr::from(([127, 0, 0, 1], 0)), options).unwrap();
        let (tell, towards) = tokio::sync::watch::channel(None);
        let public = format!("http://{}", proxy(towards).await);
        api.bring_replies_to(&format!("{public}/v1/webhooks/tw"));
        let url = api.url();
        let mut all = vec![
            ("HAILMAST_DISPATCH__PROVIDERS__TW__KIND", "twilio"),
            ("HAILMAST_DISPATCH__PROVIDERS__TW__BASE_URL", &url),
            ("HAILMAST_DISPATCH__PROVIDERS__TW__ACCOUNT_SID", &account),
            ("HAILMAST_DISPATCH__PROVIDERS__TW__AUTH_TOKEN", &token),
            ("HAILMAST_DISPATCH__PROVIDERS__TW__PUBLIC_URL", &public),
            ("HAILMAST_INBOUND__WEBHOOKS__TW__KIND", "twilio"),
            ("HAILMAST_INBOUND__WEBHOOKS__TW__ACCOUNT_SID", &account),
            ("HAILMAST_INBOUND__WEBHOOKS__TW__AUTH_TOKEN", &token),
            ("HAILMAST_INBOUND__WEBHOOKS__TW__PUBLIC_URL", &public),
        ];
        all.extend_from_slice(settings);
        let world = World::start(&all);
        tell.send(Some(world.address())).unwrap();
        let client = world.live_client();
        let registered = serde_json::json!({ "registration": "C123456" }).to_string();
        let papers = format!("/v1/papers/senders/{}", SENDER.replace('+', "%2B"));
        let (status, told) = client
            .send("PUT", &papers, "application/json", registered.into_bytes())
            .await
            .unwrap();
        assert_eq!(status, 200, "{told}");
        Self {
            api,
            world,
            log,
            account,
            folder,
        }
    }
}

/// Whatever is said to this address is said to another one, which is told later.
async fn proxy(towards: tokio::sync::watch::Receiver<Option<SocketAddr>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let Some(address) = *towards.borrow() else {
                continue;
            };
            tokio::spawn(async move {
                if let Ok(mut to) = TcpStream::connect(address).await {
                    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                }
            });
        }
    });
    address
}

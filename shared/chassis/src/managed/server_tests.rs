use std::path::Path;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::super::find::{FindOptions, find};
use super::super::{ServerFacts, verify_running};
use super::*;

async fn options(folder: &Path) -> NatsOptions {
    let found = find(&FindOptions::of_this_user(None)).await.unwrap();
    NatsOptions {
        binary: found.binary,
        store_dir: folder.to_path_buf(),
        port: None,
    }
}

async fn answers(url: &str) -> bool {
    crate::bus::connect(url, "test").await.is_ok()
}

fn pid_in(folder: &Path) -> u32 {
    std::fs::read_to_string(folder.join("nats.pid"))
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn a_managed_server_syncs_every_write_and_lets_nobody_in_without_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let server = NatsServer::start(options(folder.path()).await)
        .await
        .unwrap();
    let (client, _) = crate::bus::connect(&server.url(), "test").await.unwrap();
    let facts = verify_running(&client, Some(&server.monitor_url()))
        .await
        .unwrap();
    assert!(
        matches!(
            facts,
            ServerFacts {
                sync_always: Some(true),
                jetstream: true,
                ..
            }
        ),
        "{facts:?}"
    );
    assert_eq!(facts.complaints(), Vec::<String>::new());
    assert!(!answers(&format!("nats://127.0.0.1:{}", server.port())).await);
    let url = server.url();
    server.stop().await.unwrap();
    assert!(!answers(&url).await);
}

#[tokio::test]
async fn a_folder_in_use_is_refused_and_its_server_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let first = NatsServer::start(options(folder.path()).await)
        .await
        .unwrap();
    let second = NatsServer::start(options(folder.path()).await).await;
    let error = second.err().unwrap().to_string();
    assert!(error.contains("in use"), "{error}");
    assert!(answers(&first.url()).await);
}

#[tokio::test]
async fn a_server_left_over_from_a_killed_process_is_stopped_first() {
    let folder = tempfile::tempdir().unwrap();
    let first = NatsServer::start(options(folder.path()).await)
        .await
        .unwrap();
    let (url, pid) = (first.url(), first.pid());
    first.abandon();
    assert!(answers(&url).await);
    let second = NatsServer::start(options(folder.path()).await)
        .await
        .unwrap();
    assert!(!answers(&url).await);
    assert_ne!(second.pid(), pid);
    assert!(answers(&second.url()).await);
}

#[tokio::test]
async fn a_supervised_server_comes_back_at_the_same_address_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let server = NatsServer::start(options(folder.path()).await)
        .await
        .unwrap();
    let (url, first) = (server.url(), server.pid());
    let stopping = CancellationToken::new();
    let supervised = tokio::spawn(server.supervise(stopping.clone()));
    super::super::child::signal(first, rustix::process::Signal::KILL);
    let since = Instant::now();
    while pid_in(folder.path()) == first || !answers(&url).await {
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "it did not come back"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stopping.cancel();
    supervised.await.unwrap().unwrap();
    assert!(!answers(&url).await);
}

#[tokio::test]
async fn a_store_that_cannot_be_used_is_named_in_the_message() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("jetstream"),
        b"a file where a folder should be",
    )
    .unwrap();
    let error = NatsServer::start(options(folder.path()).await)
        .await
        .err()
        .unwrap();
    assert!(
        format!("{error:#}").to_lowercase().contains("jetstream"),
        "{error:#}"
    );
}

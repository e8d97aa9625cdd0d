//! `hailmast doctor` tells what is wrong and how to mend it, and its exit code says whether anything is.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use testkit::binary;

use super::sums::wait_for;

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _killed = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Exit code and findings.
fn doctor(data: &Path, settings: &[(&str, &str)]) -> (i32, Vec<Value>) {
    let output = Command::new(binary())
        .args(["doctor", "--json", "--data"])
        .arg(data)
        .env("HAILMAST_HTTP__LISTEN", "127.0.0.1:0")
        .envs(settings.iter().copied())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let findings = serde_json::from_str(&told);
    let findings =
        findings.unwrap_or_else(|_| panic!("{told}{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), findings)
}

/// The finding on `check` says that it is wrong, and how to mend it.
#[track_caller]
fn assert_wrong((code, findings): &(i32, Vec<Value>), check: &str, mend: &str) {
    assert_eq!(*code, 1, "{findings:?}");
    let wrong: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["verdict"] == "wrong")
        .collect();
    let told = wrong.iter().any(|finding| {
        finding["check"] == check && finding["mend"].as_str().unwrap().contains(mend)
    });
    assert!(told, "{check}: {findings:?}");
}

#[test]
fn a_fresh_folder_is_fine() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (code, findings) = doctor(&data, &[]);
    assert_eq!(code, 0, "{findings:?}");
    for check in [
        "nats-server",
        "port",
        "disk",
        "clock",
        "nats sync",
        "schema",
    ] {
        let finding = findings.iter().find(|finding| finding["check"] == check);
        let finding = finding.unwrap_or_else(|| panic!("{check} is not looked at: {findings:?}"));
        assert_ne!(finding["verdict"], "wrong");
        assert!(!finding["found"].as_str().unwrap().is_empty());
    }
    assert!(!data.exists(), "looking makes nothing");
}

#[test]
fn a_nats_url_that_nobody_serves_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let seen = doctor(
        folder.path(),
        &[("HAILMAST_NATS__URL", "nats://127.0.0.1:1")],
    );
    assert_wrong(&seen, "nats", "start the server");
    let seen = doctor(folder.path(), &[("HAILMAST_NATS__URL", "not a url")]);
    assert_wrong(&seen, "nats", "nats.url");
}

#[test]
fn a_database_url_that_is_nonsense_or_leads_nowhere_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for url in [
        "mysql://root@localhost/sms",
        "nonsense",
        "postgres://nobody@127.0.0.1:1/none",
    ] {
        let seen = doctor(folder.path(), &[("HAILMAST_DATABASE__URL", url)]);
        assert_wrong(&seen, "database", "database.url");
    }
}

#[test]
fn a_missing_nats_server_binary_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let seen = doctor(
        folder.path(),
        &[("HAILMAST_NATS__SERVER", "/nowhere/nats-server")],
    );
    assert_wrong(&seen, "nats-server", "install nats-server");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_acknowledges_before_its_disk_has_the_data_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ports = [0, 0].map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).unwrap());
    let [port, monitor] = ports.map(|listener| listener.local_addr().unwrap().port());
    let server = testkit::nats_server().await;
    let start = |jetstream: &str| {
        let conf = folder.path().join("plain.conf");
        let store = folder.path().join("store");
        let text = format!(
            "listen: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:{monitor}\"\njetstream {{ store_dir: \"{}\"{jetstream} }}\n",
            store.display()
        );
        std::fs::write(&conf, text).unwrap();
        let mut command = Command::new(&server);
        command
            .arg("-c")
            .arg(&conf)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Killed(command.spawn().unwrap())
    };
    let url = format!("nats://127.0.0.1:{port}");
    let door = format!("http://127.0.0.1:{monitor}");
    let settings = [
        ("HAILMAST_NATS__URL", url.as_str()),
        ("HAILMAST_NATS__MONITOR", door.as_str()),
    ];
    let ready = async || {
        wait_for("the server", Duration::from_secs(10), async || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        })
        .await
    };

    let careless = start("");
    ready().await;
    assert_wrong(
        &doctor(folder.path(), &settings),
        "nats sync",
        "sync_interval: always",
    );
    let (code, findings) = doctor(folder.path(), &settings[..1]);
    assert_eq!(
        code, 0,
        "without its door nothing is known to be wrong: {findings:?}"
    );
    assert!(
        findings
            .iter()
            .any(|finding| finding["verdict"] == "warning"
                && finding["mend"].as_str().unwrap().contains("nats.monitor"))
    );
    drop(careless);

    let _careful = start(", sync_interval: always");
    ready().await;
    let (code, findings) = doctor(folder.path(), &settings);
    assert_eq!(code, 0, "{findings:?}");
}

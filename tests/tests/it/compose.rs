//! docker-compose.yml, read and compared with the code: its services, their settings and ports.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use contract::Owner;
use serde::Deserialize;
use serde_yaml_ng::Value;

use crate::workspace::read;

#[derive(Deserialize)]
struct Compose {
    services: BTreeMap<String, Container>,
    volumes: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Container {
    image: String,
    #[serde(default)]
    build: Option<Build>,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    ports: Vec<String>,
    #[serde(default)]
    volumes: Vec<String>,
    #[serde(default)]
    depends_on: BTreeMap<String, Value>,
    healthcheck: Health,
}

#[derive(Deserialize)]
struct Build {
    context: String,
    dockerfile: String,
}

#[derive(Deserialize)]
struct Health {
    test: Vec<String>,
}

const NODES: [&str; 3] = ["nats-1", "nats-2", "nats-3"];

fn compose() -> Compose {
    let mut file: Value = serde_yaml_ng::from_str(&read("docker-compose.yml")).unwrap();
    file.apply_merge().unwrap();
    serde_yaml_ng::from_value(file).unwrap()
}

fn of_ours(compose: &Compose) -> impl Iterator<Item = (Owner, &Container)> {
    Owner::ALL
        .into_iter()
        .map(|owner| (owner, &compose.services[owner.as_str()]))
}

/// Every key of the embedded default settings, as `section.key`, from the binary itself.
fn known_settings() -> BTreeSet<String> {
    let output = Command::new(testkit::binary())
        .arg("config")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut section = String::new();
    let mut known = BTreeSet::new();
    for line in text.lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            section = name.to_string();
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            known.insert(format!("{section}.{key}"));
        }
    }
    assert!(known.contains("nats.url"), "{known:?}");
    known
}

#[test]
fn there_is_one_container_a_service_a_cluster_of_three_and_a_database() {
    let compose = compose();
    let found: BTreeSet<&str> = compose.services.keys().map(String::as_str).collect();
    let mut expected: BTreeSet<&str> = Owner::ALL.map(Owner::as_str).into();
    expected.extend(NODES);
    expected.insert("postgres");
    assert_eq!(found, expected);
    for (owner, container) in of_ours(&compose) {
        assert_eq!(container.command, ["run", owner.as_str()]);
        assert_eq!(container.image, "hailmast");
        let build = container.build.as_ref().unwrap();
        assert_eq!(
            (build.context.as_str(), build.dockerfile.as_str()),
            (".", "deploy/Dockerfile")
        );
    }
}

#[test]
fn every_setting_in_it_exists() {
    let (compose, known) = (compose(), known_settings());
    for (owner, container) in of_ours(&compose) {
        for name in container.environment.keys() {
            let key = name
                .strip_prefix("HAILMAST_")
                .unwrap()
                .replace("__", ".")
                .to_ascii_lowercase();
            assert!(
                known.contains(&key),
                "{name} of {} is no setting",
                owner.as_str()
            );
        }
        for needed in [
            "HAILMAST_NATS__URL",
            "HAILMAST_NATS__MONITOR",
            "HAILMAST_DATABASE__URL",
        ] {
            assert!(
                container.environment.contains_key(needed),
                "{} lacks {needed}",
                owner.as_str()
            );
        }
        assert_eq!(
            container.environment["HAILMAST_BUS__REPLICAS"],
            NODES.len().to_string()
        );
    }
}

#[test]
fn the_image_sets_only_settings_that_exist() {
    let known = known_settings();
    let dockerfile = read("deploy/Dockerfile");
    let names: Vec<&str> = dockerfile
        .split_whitespace()
        .filter_map(|word| {
            word.split_once('=')
                .map(|(name, _)| name)
                .filter(|name| name.starts_with("HAILMAST_"))
        })
        .collect();
    assert!(!names.is_empty());
    for name in names {
        let key = name
            .trim_start_matches("HAILMAST_")
            .replace("__", ".")
            .to_ascii_lowercase();
        assert!(known.contains(&key), "{name}");
    }
    let default = dockerfile
        .lines()
        .find(|line| line.starts_with("CMD "))
        .unwrap();
    assert!(
        Owner::ALL
            .iter()
            .all(|owner| default.contains(&format!("\"{}\"", owner.as_str()))),
        "{default}"
    );
}

#[test]
fn every_address_in_it_leads_to_a_container_that_is_awaited() {
    let compose = compose();
    for (owner, container) in of_ours(&compose) {
        let urls = &container.environment["HAILMAST_NATS__URL"];
        for node in NODES {
            assert!(
                urls.contains(&format!("@{node}:4222")),
                "{}: {urls}",
                owner.as_str()
            );
        }
        assert!(
            container.environment["HAILMAST_DATABASE__URL"].contains("@postgres:5432/hailmast")
        );
        let awaited: BTreeSet<&str> = container.depends_on.keys().map(String::as_str).collect();
        assert_eq!(
            awaited,
            BTreeSet::from(["nats-1", "nats-2", "nats-3", "postgres"])
        );
    }
    assert_eq!(
        compose.services["postgres"].environment["POSTGRES_DB"],
        "hailmast"
    );
}

#[test]
fn ports_are_those_the_service_listens_on_and_none_is_published_twice() {
    let compose = compose();
    let mut published = BTreeSet::new();
    for (owner, container) in of_ours(&compose) {
        let (_, listens) = container.environment["HAILMAST_HTTP__LISTEN"]
            .rsplit_once(':')
            .unwrap();
        let (outside, inside) = container.ports[0].split_once(':').unwrap();
        assert_eq!(inside, listens, "{}", owner.as_str());
        assert!(
            published.insert(outside.to_string()),
            "{outside} is published twice"
        );
        let probe = container.healthcheck.test.last().unwrap();
        assert_eq!(probe, &format!("http://127.0.0.1:{listens}/ready"));
    }
    for node in NODES.iter().chain(&["postgres"]) {
        assert!(
            compose.services[*node].ports.is_empty(),
            "{node} is reachable from outside"
        );
    }
}

#[test]
fn every_node_has_its_own_name_and_disk_and_syncs_every_write() {
    let compose = compose();
    let conf = read("deploy/nats/nats.conf");
    assert!(conf.contains("sync_interval: always"));
    for node in NODES {
        let container = &compose.services[node];
        assert_eq!(container.environment["NATS_NODE"], node);
        assert!(
            container.volumes.contains(&format!("{node}:/data")),
            "{:?}",
            container.volumes
        );
        assert!(compose.volumes.contains_key(node));
        assert!(conf.contains(&format!("nats-route://{node}:6222")));
        assert!(
            container.image.starts_with("nats:2.15."),
            "{}",
            container.image
        );
    }
}

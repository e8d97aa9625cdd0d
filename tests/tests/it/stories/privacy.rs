//! Numbers, names and texts of people stand in no log, no metric and no event.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::desk::{self, SENDER};
use super::raw::ask;
use super::world::{World, sum, wait_for};

const NAME: &str = "Quetzalina";
const TEXT: &str = "Hi {{ contact.first_name }}, heliotrope-sale today. Reply STOP to opt out.";
const REPLY: &str = "is the vermilion-coat still there?";
/// All their numbers begin so.
const AREA: &str = "1312877";

fn canaries() -> Vec<Vec<u8>> {
    let words = [NAME, "heliotrope", "vermilion", AREA];
    words.map(|word| word.as_bytes().to_vec()).into()
}

/// The canaries found in a file, with what stands around them.
fn found(bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for canary in canaries() {
        let place = bytes
            .windows(canary.len())
            .position(|window| window == canary);
        if let Some(place) = place {
            let around = &bytes[place.saturating_sub(300)..(place + 60).min(bytes.len())];
            found.push(String::from_utf8_lossy(around).into_owned());
        }
    }
    found
}

fn files(below: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(below).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_name_or_text_of_a_person_leaves_the_databases_and_commands() {
    let ways = ["--reply-percent", "5", "--failed-percent", "10"];
    let mut world = World::with_carrier(
        &ways,
        &[
            ("HAILMAST_LOG__LEVEL", "debug"),
            ("HAILMAST_LOG__FORMAT", "json"),
        ],
    );
    let people: Vec<String> = (0..400).map(|index| format!("+{AREA}{index:04}")).collect();
    let client = world.client();
    let mut csv = desk::csv(&people, NAME);
    // Rows that are refused are people too.
    csv.push_str(&format!(
        "+{AREA}99999,{NAME},Mars/Base\n{AREA}1,{NAME},\n+{AREA}0001,{NAME}\n"
    ));
    let list = desk::import(&client, csv).await;
    desk::opt_in(&client, &people[..380]).await;
    let template = desk::published(&client, TEXT).await;
    let campaign = desk::draft(&client, &template, &list).await;
    // Requests that are refused carry numbers too.
    let bearer = format!("Bearer {}", world.key());
    for (head, body) in [
        (
            format!("POST /v1/contacts?phone={AREA}0001"),
            format!(r#"{{"phone":"+{AREA}0001","{NAME}":1}}"#),
        ),
        (
            format!("GET /v1/contacts?phone=%2B{AREA}0001"),
            String::new(),
        ),
        (format!("GET /v1/standing?phone={AREA}0001"), String::new()),
        (format!("GET /v1/contacts/{AREA}0001"), String::new()),
        (format!("GET /{AREA}0001/{NAME}"), String::new()),
    ] {
        ask(
            world.address(),
            Some(&bearer),
            &head,
            "application/json",
            body.as_bytes(),
        )
        .await;
    }
    world.launch(&campaign).await;
    let progress = world.completed(&campaign, Duration::from_secs(60)).await;
    assert!(sum(&progress["handed_over"]) >= 380, "{progress}");
    world.text_in(&people[7], "STOP");
    world.text_in(&people[8], REPLY);
    world.text_in(&people[9], "HELP");
    wait_for("the replies", Duration::from_secs(20), async || {
        let stats = world.carrier_stats();
        (stats["replies_sent"].as_u64()? >= 3 && stats["replies_sent"] == stats["replies_answered"])
            .then_some(())
    })
    .await;
    world.funnel(&campaign, Duration::from_secs(15)).await;
    wait_for("the confirmation", Duration::from_secs(20), async || {
        world
            .carrier_log()
            .contains("You are unsubscribed")
            .then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let metrics = ask(world.address(), None, "GET /metrics", "", b"").await;
    assert_eq!(metrics.status, 200);
    assert!(
        metrics.text.contains("http_request_seconds"),
        "{}",
        metrics.text
    );
    let (code, _) = world.terminate();
    assert_eq!(code, 0);

    // They are found where they belong, so they would be found elsewhere.
    let log = world.carrier_log();
    assert!(
        log.contains(REPLY) && log.contains(NAME) && log.contains(SENDER),
        "{log}"
    );
    let streams = files(&world.data().join("nats/jetstream"));
    let of = |kind: &str| {
        let marker = format!("/streams/{kind}_");
        let wanted = streams
            .iter()
            .filter(move |path| path.to_string_lossy().contains(&marker));
        wanted
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect::<Vec<_>>()
    };
    let commands: Vec<u8> = of("CMD").into_iter().flat_map(|(_, bytes)| bytes).collect();
    assert!(
        found(&commands).len() >= 3,
        "commands carry names, texts and numbers: {:?}",
        found(&commands)
    );

    let log = world.log();
    assert!(
        log.lines().count() > 50 && log.contains(r#""level":"DEBUG""#),
        "{log}"
    );
    assert_eq!(found(log.as_bytes()), Vec::<String>::new(), "in the log");
    assert_eq!(
        found(metrics.text.as_bytes()),
        Vec::<String>::new(),
        "in the metrics"
    );
    let events = of("EVT");
    assert!(
        events.iter().any(|(_, bytes)| bytes.len() > 1000),
        "no event was said"
    );
    for (path, bytes) in events {
        assert_eq!(found(&bytes), Vec::<String>::new(), "in {}", path.display());
    }
    for name in ["nats.log", "nats.err"] {
        let bytes = std::fs::read(world.data().join("nats").join(name)).unwrap_or_default();
        assert_eq!(found(&bytes), Vec::<String>::new(), "in {name}");
    }
}

//! Whatever is sent, the answer is a problem with a code that is explained, and nothing is half-done.

use serde_json::json;

use super::desk;
use super::raw::{Answer, ask};
use super::world::{World, people};

/// Status and code, where several faults are told at once one of them, request, body.
const BAD_REQUESTS: &str = include_str!("bad_requests.txt");
/// All that is listed page by page.
const LISTS: [&str; 7] = [
    "contacts",
    "lists",
    "imports",
    "templates",
    "campaigns",
    "api-keys",
    "inbound",
];

async fn send(world: &World, head: &str, body: &[u8]) -> Answer {
    let bearer = format!("Bearer {}", world.key());
    let kind = if head.contains("/imports") {
        "text/csv"
    } else {
        "application/json"
    };
    ask(world.address(), Some(&bearer), head, kind, body).await
}

/// How many there are of everything that a request could have made.
async fn counts(world: &World) -> Vec<(&'static str, usize)> {
    let mut counts = Vec::new();
    for list in LISTS {
        let page = world
            .client()
            .get(&format!("/v1/{list}?limit=200"))
            .await
            .unwrap();
        assert_eq!(page["has_more"], false);
        counts.push((list, page["data"].as_array().unwrap().len()));
    }
    let history = world
        .client()
        .get("/v1/consents?phone=12122200000")
        .await
        .unwrap();
    counts.push(("consents", history["data"].as_array().unwrap().len()));
    let kept = std::fs::read_dir(world.data().join("imports")).unwrap();
    counts.push(("files", kept.count()));
    counts
}

/// `for` loops within each other: ten million rounds in a hundred characters.
fn loop_bomb() -> String {
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let open: String = names
        .iter()
        .map(|name| format!("{{% for {name} in [1,2,3,4,5,6,7,8,9,0] %}}"))
        .collect();
    format!("{open}x{}", "{% endfor %}".repeat(names.len()))
}

/// What does not fit on a line.
fn large_and_strange() -> Vec<(&'static str, Vec<u8>, u16, &'static str)> {
    let template = |body: &str| {
        json!({ "name": "bad", "body": body })
            .to_string()
            .into_bytes()
    };
    let opt_out = json!({ "phone": "+12122200000", "action": "opt_out" });
    let many = json!({ "items": vec![opt_out; 1001] }).to_string();
    let concatenation = format!("{{{{ {}1 }}}}", "1~".repeat(4000));
    let nesting = format!("{{{{ {}1{} }}}}", "(".repeat(4000), ")".repeat(4000));
    let preview = json!({ "body": loop_bomb() }).to_string().into_bytes();
    let utf16 = b"\xff\xfep\0h\0o\0n\0e\0\n\0".to_vec();
    vec![
        (
            "POST /v1/contacts",
            b"\0\x01\xff".to_vec(),
            400,
            "body.malformed",
        ),
        (
            "POST /v1/consents/batch",
            many.into_bytes(),
            422,
            "field.range",
        ),
        (
            "POST /v1/imports?list_name=big",
            b"phone\n".repeat(20_000),
            413,
            "body.too_large",
        ),
        ("POST /v1/imports", utf16, 422, "import.encoding"),
        (
            "POST /v1/templates",
            template(&"x".repeat(1_100_000)),
            413,
            "body.too_large",
        ),
        (
            "POST /v1/templates",
            template(&"x".repeat(10_001)),
            422,
            "template.too_long",
        ),
        (
            "POST /v1/templates",
            template(&loop_bomb()),
            422,
            "template.too_expensive",
        ),
        (
            "POST /v1/templates/preview",
            preview,
            422,
            "template.too_expensive",
        ),
        (
            "POST /v1/templates",
            template(&concatenation),
            422,
            "template.too_expensive",
        ),
        (
            "POST /v1/templates",
            template(&nesting),
            422,
            "template.syntax",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_request_gets_its_code_and_changes_nothing() {
    let mut world = World::start(&[("HAILMAST_CONTACTS__IMPORT_MAX_BYTES", "100000")]);
    // One contact with its consent, so that a change would show.
    desk::import(&world.client(), desk::csv(&people(1), "Ana")).await;
    desk::opt_in(&world.client(), &people(1)).await;
    let before = counts(&world).await;

    let mut complaints = Vec::new();
    for line in BAD_REQUESTS.lines() {
        let [wanted, head, body] = line.splitn(3, '|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{line}");
        };
        let (status, codes) = wanted.split_once(' ').unwrap();
        let (code, fault) = codes.split_once(", ").unwrap_or((codes, ""));
        let answer = send(&world, head, body.as_bytes()).await;
        let told = fault.is_empty() || answer.faults().contains(&fault);
        let silent = || (!told).then(|| format!("{fault} is not told: {}", answer.text));
        let complaint = answer
            .complaint(status.parse().unwrap(), code)
            .or_else(silent);
        complaints.extend(complaint.map(|complaint| format!("{line}\n  {complaint}")));
    }
    for (head, body, status, code) in large_and_strange() {
        let complaint = send(&world, head, &body).await.complaint(status, code);
        let shown: String = String::from_utf8_lossy(&body).chars().take(80).collect();
        complaints.extend(complaint.map(|complaint| format!("{head} {shown}\n  {complaint}")));
    }
    for list in LISTS {
        for (query, code) in [
            ("limit=many", "query.invalid"),
            ("cursor=rubbish", "cursor.invalid"),
            ("limti=3", "field.unknown"),
        ] {
            let head = format!("GET /v1/{list}?{query}");
            let complaint = send(&world, &head, b"").await.complaint(400, code);
            complaints.extend(complaint.map(|complaint| format!("{head}\n  {complaint}")));
        }
    }

    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert_eq!(counts(&world).await, before);
    world.assert_unharmed();
    assert_eq!(world.verdict().texts, 0);
}

//! A file with every fault that a row can have.

use std::time::Duration;

use super::raw::{ask, is_explained};
use super::world::{World, wait_for};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_full_of_faults_loses_no_good_row_and_tells_every_bad_one() {
    let mut world = World::start(&[]);
    let long = "x".repeat(70_000);
    let mut file = b"phone,first_name,timezone\n".to_vec();
    for row in [
        "+12122200001,Ana,America/New_York",
        "12345,Nobody,America/New_York",
        "+1212,Short,America/New_York",
        "1.21E+10,Excel,America/New_York",
        ",Empty,America/New_York",
        "+12122200002,Mars,Mars/Base",
        "+12122200003,Few",
        "+12122200004,Too,many,cells",
        "+12122200001,Ana again,America/New_York",
        "+1 (212) 220-0005,\"Ben, Jr.\",America/New_York",
        &format!("+12122200006,{long},America/New_York"),
        "+12122200007,\"open,America/New_York",
        "+12122200008,Last,America/New_York",
    ] {
        file.extend_from_slice(row.as_bytes());
        file.push(b'\n');
    }
    file.extend_from_slice(b"+12122200009,\xff\xfe,America/New_York\n");
    let client = world.client();
    let job = client
        .post_csv("/v1/imports?list_name=faults", file)
        .await
        .unwrap();
    let path = format!("/v1/imports/{}", job["id"].as_str().unwrap());
    let job = wait_for("the import", Duration::from_secs(30), async || {
        client
            .get(&path)
            .await
            .ok()
            .filter(|job| job["finished_at"].is_string())
    })
    .await;
    let number = |field: &str| job[field].as_u64().unwrap();
    assert_eq!(job["state"], "succeeded_with_errors", "{job}");
    assert_eq!(
        (number("created"), number("duplicates"), number("rejected")),
        (3, 1, 10),
        "{job}"
    );
    assert_eq!(number("rows"), 14, "{job}");
    let bearer = format!("Bearer {}", world.key());
    let errors = ask(
        world.address(),
        Some(&bearer),
        &format!("GET {path}/errors"),
        "",
        b"",
    )
    .await
    .text;
    for code in [
        "phone.no_region",
        "phone.invalid",
        "phone.scientific_notation",
        "phone.empty",
        "timezone.unknown",
        "row.column_count",
        "row.too_long",
        "row.unclosed_quote",
        "encoding.invalid",
    ] {
        assert!(
            errors.contains(&format!(",{code},")),
            "{code} is not told: {errors}"
        );
        assert!(is_explained(code), "{code} has no entry in docs/errors.md");
    }
    let kept = client.get("/v1/contacts?limit=200").await.unwrap();
    assert_eq!(kept["data"].as_array().unwrap().len(), 3, "{kept}");
    world.assert_unharmed();
}

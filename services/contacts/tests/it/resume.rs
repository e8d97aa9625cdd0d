use std::io::Write;

use contract::contacts::PageAudience;

use crate::upload::{ended, people, post, raw};
use testkit::Kit;

#[tokio::test]
async fn an_import_goes_on_after_a_restart_where_it_stopped() {
    let kit = Kit::start_with(&[contacts::SERVICE], |settings| {
        settings.with("contacts.import_batch_rows", 50)
    })
    .await;
    let mut csv = String::from("phone,first_name,external_id,timezone,city\n");
    for (index, row) in people(0, 8000).lines().skip(1).enumerate() {
        csv.push_str(row);
        csv.push('\n');
        if index % 10 == 0 {
            csv.push_str("nobody,,,,\n");
        }
    }
    let job = post(&kit, "list_name=all", csv.as_bytes()).await;
    let id = job["id"].as_str().unwrap();
    let rows = loop {
        let (_, job) = kit.get(&format!("/v1/imports/{id}")).await;
        if job["rows"].as_u64() > Some(500) {
            break job["rows"].as_u64().unwrap();
        }
    };
    assert!(rows < 8000, "the import was too quick to be interrupted");
    // A crash can leave rejected rows in the file whose batch was never committed.
    let errors = kit
        .data_dir()
        .join("imports")
        .join(format!("{id}.errors.csv"));
    std::fs::OpenOptions::new()
        .append(true)
        .open(&errors)
        .unwrap()
        .write_all(b"never committed\n")
        .unwrap();
    let kit = kit.restart().await;

    let job = ended(&kit, id).await;
    assert_eq!(job["state"], "succeeded_with_errors", "{job}");
    let counts = ["rows", "created", "updated", "duplicates", "rejected"]
        .map(|name| job[name].as_u64().unwrap());
    assert_eq!(counts, [8800, 8000, 0, 0, 800]);
    let (_, errors) = raw(
        &kit,
        "GET",
        &format!("/v1/imports/{id}/errors"),
        &kit.key,
        b"",
    )
    .await;
    assert_eq!(
        (errors.lines().count(), errors.contains("never committed")),
        (801, false)
    );
    let list = job["list"].as_str().unwrap().parse().unwrap();
    let ask = PageAudience {
        include: vec![list],
        exclude: vec![],
        after: None,
        limit: 20_000,
    };
    assert_eq!(
        kit.bus.ask(kit.tenant, &ask).await.unwrap().contacts.len(),
        8000
    );
    kit.stop().await;
}

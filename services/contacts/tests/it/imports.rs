use testkit::Kit;

use crate::upload::{import, people, post, raw};

#[tokio::test]
async fn every_bad_row_is_reported_and_every_good_row_is_taken() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let csv = b"\xEF\xBB\xBFPhone;First Name;timezone;Tier\r\n\
        +15005550001;Ada;America/New_York;gold\r\n\
        ;Bob;;\r\n\
        1.21E+10;Cem;;\r\n\
        12;Dee;;\r\n\
        +15005550002;E\xFFe;;\r\n\
        +15005550003;Fay;Mars/Base;\r\n\
        +15005550004;too;few\r\n\
        +15005550005;\"open;;\r\n\
        \r\n\
        (415) 555-2671;Gil;Europe/Berlin;silver\r\n\
        +15005550001;Ada again;;\r\n";
    let job = import(&kit, "default_region=US&list_name=Friends", csv).await;
    assert_eq!(job["state"], "succeeded_with_errors", "{job}");
    let counts = ["rows", "created", "updated", "duplicates", "rejected"]
        .map(|name| job[name].as_u64().unwrap());
    assert_eq!(counts, [10, 2, 0, 1, 7]);

    let id = job["id"].as_str().unwrap();
    let (status, errors) = raw(
        &kit,
        "GET",
        &format!("/v1/imports/{id}/errors"),
        &kit.key,
        b"",
    )
    .await;
    assert_eq!(status, 200);
    let rows: Vec<Vec<&str>> = errors
        .lines()
        .map(|line| line.splitn(4, ',').take(3).collect())
        .collect();
    let expected = [
        ["row", "column", "code"],
        ["3", "Phone", "phone.empty"],
        ["4", "Phone", "phone.scientific_notation"],
        ["5", "Phone", "phone.invalid"],
        ["6", "First Name", "encoding.invalid"],
        ["7", "timezone", "timezone.unknown"],
        ["8", "", "row.column_count"],
        ["9", "", "row.unclosed_quote"],
    ];
    assert_eq!(rows, expected, "{errors}");

    let (_, people) = kit
        .get(&format!(
            "/v1/contacts?list={}",
            job["list"].as_str().unwrap()
        ))
        .await;
    assert_eq!(people["data"].as_array().unwrap().len(), 2, "{people}");
    assert_eq!(people["data"][0]["first_name"], "Ada again");
    assert_eq!(people["data"][0]["attributes"]["tier"], "gold");
    kit.stop().await;
}

#[tokio::test]
async fn a_dry_run_checks_and_counts_and_changes_nothing() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    import(&kit, "", people(0, 3).as_bytes()).await;
    let csv = format!("{}nonsense,,,,\n+15005550004,Again,,,\n", people(2, 3));
    let job = import(&kit, "dry_run=true&list_name=Nobody", csv.as_bytes()).await;
    let counts = ["rows", "created", "updated", "duplicates", "rejected"]
        .map(|name| job[name].as_u64().unwrap());
    assert_eq!(counts, [5, 2, 1, 1, 1], "{job}");
    let (_, contacts) = kit.get("/v1/contacts").await;
    assert_eq!(contacts["data"].as_array().unwrap().len(), 3);
    let (_, lists) = kit.get("/v1/lists").await;
    assert_eq!(lists["data"].as_array().unwrap().len(), 0);
    kit.stop().await;
}

#[tokio::test]
async fn importing_a_file_again_updates_the_same_people() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    import(&kit, "", people(0, 2500).as_bytes()).await;
    let job = import(&kit, "", people(0, 2500).as_bytes()).await;
    assert_eq!(
        (job["created"].as_u64(), job["updated"].as_u64()),
        (Some(0), Some(2500)),
        "{job}"
    );
    kit.stop().await;
}

#[tokio::test]
async fn people_who_trade_numbers_in_one_file_are_written_row_by_row() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    import(
        &kit,
        "",
        b"phone,external_id\n+15005550001,a\n+15005550002,b\n",
    )
    .await;
    // `a` moves to a free number, `b` to the number that `a` leaves.
    let job = import(
        &kit,
        "",
        b"phone,external_id\n+15005550003,a\n+15005550001,b\n+15005550004,c\n",
    )
    .await;
    assert_eq!(
        (job["updated"].as_u64(), job["created"].as_u64()),
        (Some(2), Some(1)),
        "{job}"
    );
    let (_, a) = kit.get("/v1/contacts/ext:a").await;
    let (_, b) = kit.get("/v1/contacts/ext:b").await;
    assert_eq!(
        (&a["phone"], &b["phone"]),
        (&"+15005550003".into(), &"+15005550001".into())
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_file_without_one_valid_row_fails_with_a_code() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let job = import(&kit, "", b"phone\nnothing\n\n").await;
    assert_eq!(
        (&job["state"], &job["failure"]),
        (&"failed".into(), &"import.no_valid_rows".into())
    );
    let job = import(&kit, "", b"phone\n").await;
    assert_eq!(job["failure"], "import.no_valid_rows");
    kit.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_with_a_code() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    for (query, body, status, code) in [
        ("", &b""[..], 422, "import.empty"),
        (
            "",
            b"name,city\nAda,London\n",
            422,
            "import.no_phone_column",
        ),
        ("", b"\xFF\xFEp\0h\0", 422, "import.encoding"),
        ("mapping=5", b"phone\n", 422, "import.mapping"),
        ("delimiter=x", b"phone\n", 422, "import.delimiter"),
        (
            "default_region=Utopia",
            b"phone\n",
            422,
            "phone.unknown_region",
        ),
        ("color=red", b"phone\n", 400, "field.unknown"),
        (
            "list=lst_01ARZ3NDEKTSV4RRFFQ69G5FAV",
            b"phone\n1\n",
            404,
            "not_found",
        ),
    ] {
        let (got, answer) = raw(
            &kit,
            "POST",
            &format!("/v1/imports?{query}"),
            &kit.key,
            body,
        )
        .await;
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            (got, answer["code"].as_str()),
            (status, Some(code)),
            "{answer}"
        );
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_mapping_names_the_fields() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let mapping =
        "%7B%22Nr%22%3A%22phone%22%2C%22Wer%22%3A%22first_name%22%2C%22Notiz%22%3A%22%22%7D";
    let job = import(
        &kit,
        &format!("mapping={mapping}&default_region=DE"),
        b"Nr\tWer\tNotiz\n0151 12345678\tUte\tx\n",
    )
    .await;
    assert_eq!(job["created"], 1, "{job}");
    let (_, contacts) = kit.get("/v1/contacts").await;
    assert_eq!(contacts["data"][0]["phone"], "+4915112345678");
    assert_eq!(contacts["data"][0]["attributes"], serde_json::json!({}));
    kit.stop().await;
}

#[tokio::test]
async fn a_cancelled_import_takes_no_further_row_and_cannot_be_cancelled_twice() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let job = post(&kit, "", people(0, 9000).as_bytes()).await;
    let path = format!("/v1/imports/{}/cancel", job["id"].as_str().unwrap());
    let (status, cancelled) = kit.post(&path, serde_json::json!({})).await;
    if status == 200 {
        assert_eq!(cancelled["state"], "cancelled");
        let taken = kit
            .get(&format!("/v1/imports/{}", job["id"].as_str().unwrap()))
            .await
            .1["rows"]
            .clone();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let later = kit
            .get(&format!("/v1/imports/{}", job["id"].as_str().unwrap()))
            .await
            .1;
        assert_eq!(
            (&later["rows"], &later["state"]),
            (&taken, &"cancelled".into())
        );
    }
    let (status, problem) = kit.post(&path, serde_json::json!({})).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (409, Some("import.state"))
    );
    kit.stop().await;
}

//! Appointments from CSV.

use chassis::Engine;
use chassis::http::client::Client;
use serde_json::{Value, json};

use super::*;
use crate::locks::{hold, until_waiting};

async fn import(kit: &Kit, csv: &str) -> (u16, Value) {
    let path = "/v1/appointments/import";
    kit.send("POST", path, "text/csv", csv.as_bytes().to_vec())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_makes_moves_and_cancels_and_the_same_again_changes_nothing() {
    let kit = kit().await;
    let mut csv =
        "external_id;contact;starts_at;timezone;duration;source_version;status\r\n".to_string();
    for n in 0..250 {
        csv.push_str(&format!(
            "pms-{n};ext:p{n};2026-06-15 14:00;America/New_York;PT45M;1;\r\n"
        ));
    }
    let (status, imported) = import(&kit, &csv).await;
    assert_eq!(
        (status, &imported["scheduled"]),
        (200, &json!(250)),
        "{imported}"
    );
    let (_, again) = import(&kit, &csv).await;
    assert_eq!(
        (&again["unchanged"], &again["scheduled"]),
        (&json!(250), &json!(0))
    );
    let change = "external_id,starts_at,timezone,source_version,status\n\
                  pms-1,2026-06-16T14:00,America/New_York,2,scheduled\n\
                  pms-2,2026-06-15T14:00,America/New_York,2,cancelled\n\
                  pms-3,2026-06-16T14:00,America/New_York,0,scheduled\n\
                  nobody,2026-06-15T14:00,America/New_York,2,cancelled\n";
    let (status, changed) = import(&kit, change).await;
    assert_eq!(status, 200, "{changed}");
    let counts = ["rescheduled", "cancelled", "ignored_stale", "unchanged"]
        .map(|name| changed[name].clone());
    assert_eq!(counts, [1, 1, 1, 1].map(|n: i32| json!(n)));
    assert_eq!(get(&kit, "pms-2").await["status"], "cancelled");
    assert_eq!(get(&kit, "pms-1").await["duration_minutes"], 45);
    let mut seen = 0;
    let mut cursor = String::new();
    loop {
        let (_, page) = kit
            .get(&format!("/v1/appointments?limit=100{cursor}"))
            .await;
        seen += page["data"].as_array().unwrap().len();
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, 250);
    kit.stop().await;
}

const WITH_FAULTS: &str = "external_id,contact,starts_at,timezone,duration\n\
    ok,ext:p1,2026-06-15T14:00,America/New_York,\n\
    a,ext:p2,2026-06-15T14:00,EST,\n\
    b,,2026-06-15T14:00,America/New_York,45\n\
    c,ext:p9999,2026-06-15T14:00,America/New_York,\n\
    walk-in,ext:p3,2026-06-10T09:00,America/New_York,\n\
    apt_00000000000000000000000001,ext:p4,2026-06-15T14:00,America/New_York,\n\
    ok,ext:p1,2026-06-15T15:00,America/New_York,\n";

#[tokio::test(flavor = "multi_thread")]
async fn lines_without_a_fault_are_taken_and_the_others_are_told_with_line_and_column() {
    let kit = kit().await;
    let mut file = WITH_FAULTS.as_bytes().to_vec();
    file.extend(b"latin,ext:p5,2026-06-15T14:00,America/New_York,\xfc\n");
    let path = "/v1/appointments/import";
    let (status, imported) = kit.send("POST", path, "text/csv", file.clone()).await;
    assert_eq!(status, 200, "{imported}");
    let counts = ["lines", "scheduled", "repeated", "rejected"].map(|name| imported[name].clone());
    assert_eq!(counts, [8, 1, 1, 6].map(|n: i32| json!(n)), "{imported}");
    let faults: Vec<String> = imported["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let of = |name: &str| one[name].as_str().unwrap_or("-").to_string();
            assert!(!of("detail").is_empty());
            format!("{} {} {}", one["line"], of("column"), of("code"))
        })
        .collect();
    assert_eq!(
        faults,
        [
            "3 timezone timezone.unknown",
            "4 contact field.required",
            "4 duration duration.invalid",
            "5 contact contact.unknown",
            "6 starts_at appointment.in_past",
            "7 external_id appointment.unknown",
            "9 - import.line",
        ]
    );
    // The last line about it counts.
    assert_eq!(
        get(&kit, "ok").await["starts_at"]["local"],
        "2026-06-15T15:00"
    );
    let (_, again) = kit.send("POST", path, "text/csv", file).await;
    let counts = ["unchanged", "scheduled", "rejected"].map(|name| again[name].clone());
    assert_eq!(counts, [1, 0, 6].map(|n: i32| json!(n)), "{again}");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_import_with_a_fault_changes_nothing_and_so_does_a_file_that_cannot_be_read() {
    let kit = kit().await;
    let path = "/v1/appointments/import?strict=true";
    let file = WITH_FAULTS.as_bytes().to_vec();
    let (status, problem) = kit.send("POST", path, "text/csv", file).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("appointment.import"))
    );
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let faults: Vec<String> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", text(&one["pointer"]), text(&one["code"])))
        .collect();
    for fault in [
        "/2/external_id import.repeated",
        "/3/timezone timezone.unknown",
    ] {
        assert!(faults.contains(&fault.to_string()), "{faults:?}");
    }
    let (status, _) = kit.get("/v1/appointments/ext:ok").await;
    assert_eq!(status, 404);
    for (csv, code) in [
        ("external_id,starts_at,timezone\n", "import.empty"),
        ("external_id,starts_at\n1,2\n", "field.required"),
    ] {
        let (status, problem) = import(&kit, csv).await;
        assert_eq!((status, &problem["errors"][0]["code"]), (422, &json!(code)));
    }
    let (status, problem) = kit
        .put(
            "/v1/appointments/apt_00000000000000000000000001",
            booking(1, "2026-06-15T14:00"),
        )
        .await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_taken_one_by_one_where_somebody_else_changes_one_of_them_meanwhile() {
    let kit = kit().await;
    if kit.db("campaigns").engine() == Engine::Sqlite {
        // A file has one writer: nothing of this can happen.
        return kit.stop().await;
    }
    let beside = kit.beside().await;
    put(&kit, "old", booking(2, "2026-06-16T14:00")).await;
    // The import is held up after it has seen that nobody has booked `b`.
    let old = "select id from appointment where external_id = 'old' for update";
    let held = hold(&kit, old).await;
    let csv = "external_id;contact;starts_at;timezone;subject;replaces\n\
               a;ext:p1;2026-06-17T14:00;America/New_York;Cleaning;\n\
               b;ext:p2;2026-06-18T14:00;America/New_York;Cleaning;ext:old\n";
    let here = kit.with_key(&kit.key);
    let imported = tokio::spawn(async move {
        let (path, csv) = ("/v1/appointments/import", csv.as_bytes().to_vec());
        here.send("POST", path, "text/csv", csv).await.unwrap()
    });
    until_waiting(&kit, 1).await;
    let there = Client::new(beside.address, kit.key.clone());
    let body = serde_json::to_vec(&booking(3, "2026-06-19T14:00")).unwrap();
    let path = "/v1/appointments/ext:b";
    let first = there.send("PUT", path, "application/json", body).await;
    let (status, first) = first.unwrap();
    assert_eq!(status, 200, "{first}");
    held.commit().await.unwrap();
    let (status, imported) = imported.await.unwrap();
    assert_eq!(status, 200, "{imported}");
    assert_eq!(
        (
            &imported["scheduled"],
            &imported["rescheduled"],
            &imported["rejected"]
        ),
        (&json!(1), &json!(1), &json!(0)),
        "{imported}"
    );
    let (a, b) = (get(&kit, "a").await, get(&kit, "b").await);
    assert_eq!(a["version"], 1, "the first attempt has left nothing");
    assert_eq!(
        (&b["id"], &b["starts_at"]["local"]),
        (&first["id"], &json!("2026-06-18T14:00"))
    );
    assert_eq!(get(&kit, "old").await["replaced_by"], b["id"]);
    beside.stop().await.unwrap();
    kit.stop().await;
}

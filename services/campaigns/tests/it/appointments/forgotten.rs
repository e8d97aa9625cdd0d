//! Appointments of people who are gone, and those that are long over.

use contract::contacts::ContactDeleted;
use sea_orm::ConnectionTrait;

use super::*;

async fn count(kit: &Kit, rows: &str) -> i64 {
    let db = kit.db("campaigns");
    let text = format!("SELECT COUNT(*) AS n FROM {rows}");
    let row = db.read().query_one_raw(db.engine().sql(text, [])).await;
    row.unwrap().unwrap().try_get("", "n").unwrap()
}

#[tokio::test]
async fn an_appointment_of_somebody_who_is_deleted_is_cancelled_without_a_text_and_names_nobody() {
    let kit = told().await;
    put(&kit, "b", booking(2, "2026-06-16T14:00")).await;
    let id = get(&kit, "a").await["id"].as_str().unwrap().to_string();
    let offered = world(kit.tenant).flow_texts.len();
    world(kit.tenant).gone.insert(1);
    let deleted = ContactDeleted {
        contact: contact(1),
    };
    kit.bus.publish(kit.tenant, &deleted).await.unwrap();
    let path = format!("/v1/appointments/{id}");
    until("it is cancelled", async || {
        kit.get(&path).await.1["status"] == "cancelled"
    })
    .await;
    let (_, found) = kit.get(&path).await;
    assert_eq!(found["subject"], "", "{found}");
    assert_eq!(kit.get("/v1/appointments/ext:a").await.0, 404);
    assert_eq!(get(&kit, "b").await["status"], "scheduled");
    let planned = "reminder WHERE state = 'planned' AND appointment IN (SELECT id FROM appointment WHERE status = 'cancelled')";
    assert_eq!(count(&kit, planned).await, 0);
    // Neither a reminder nor the notice of a cancellation comes to them.
    go_to(&kit, "2026-06-14T14:00");
    until("the other one is reminded", async || {
        world(kit.tenant).flow_texts.len() > offered
    })
    .await;
    go_to(&kit, "2026-06-16T12:00");
    until("the other one is reminded again", async || {
        world(kit.tenant).flow_texts.len() > offered + 1
    })
    .await;
    let texts = world(kit.tenant).flow_texts[offered..].to_vec();
    assert!(texts.iter().all(|text| text.contact == contact(2)));
    kit.stop().await;
}

#[tokio::test]
async fn an_appointment_that_is_long_over_is_gone_with_its_reminders_and_what_was_told_of_it() {
    let kit = told().await;
    assert!(count(&kit, "reminder").await > 0 && count(&kit, "telling").await > 0);
    kit.clock.advance(TimeDelta::days(790));
    // Just over, and still there when the old one is not.
    put(&kit, "b", booking(2, "2028-08-20T14:00")).await;
    kit.clock.advance(TimeDelta::days(30));
    until("it is gone", async || {
        kit.get("/v1/appointments/ext:a").await.0 == 404
    })
    .await;
    assert_eq!(get(&kit, "b").await["subject"], "Cleaning");
    assert_eq!(count(&kit, "appointment").await, 1);
    let b = get(&kit, "b").await["id"].clone();
    let b: contract::AppointmentId = b.as_str().unwrap().parse().unwrap();
    let db = kit.db("campaigns");
    for table in ["reminder", "telling"] {
        let text = format!("SELECT COUNT(*) AS n FROM {table} WHERE appointment <> $1");
        let row = db
            .read()
            .query_one_raw(db.engine().sql(text, [b.uuid().into()]))
            .await;
        let left: i64 = row.unwrap().unwrap().try_get("", "n").unwrap();
        assert_eq!(left, 0, "{table}");
    }
    kit.stop().await;
}

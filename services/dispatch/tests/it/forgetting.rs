//! A person who is erased: what stood under their number and contact goes.

use contract::Phone;
use contract::chunk::Outcome;
use contract::contacts::ContactDeleted;
use contract::dispatch::ForgetPerson;
use sea_orm::ConnectionTrait;
use serde_json::json;
use testkit::eventually;

use super::rig::{Rig, SENDER, Wish, kind, until};

/// The simulated carrier answers it with a fault of its own, always.
const FAULTY: &str = "+15005550002";

async fn rows(rig: &Rig, of: &str) -> i64 {
    let db = rig.db();
    let sql = format!("SELECT COUNT(*) FROM {of}");
    let row = db.read().query_one_raw(db.engine().sql(sql, [])).await;
    row.unwrap().unwrap().try_get_by_index(0).unwrap()
}

async fn gone(rig: &Rig, of: &str) {
    eventually(of, || async { (rows(rig, of).await == 0).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_leaves_no_sender_no_look_up_and_no_words_and_others_keep_theirs() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![
            ("dispatch.sends.answer_within_ms", json!(10_000)),
            ("dispatch.retry.most_attempts", json!(1)),
            ("dispatch.breaker.in_a_row", json!(0)),
        ],
        ..Wish::default()
    })
    .await;
    let pool = json!({"name": "us", "senders": ["+12125550100", "+14155550100"]});
    assert_eq!(rig.kit.post("/v1/sender-pools", pool).await.0, 201);
    let mut chunk = rig.chunk(1, 0..3);
    chunk.head.sender = "pool:us".to_string();
    let faulty = Phone::from_digits(15_005_550_002).unwrap();
    chunk.texts[0].phone = faulty;
    let contacts: Vec<_> = chunk.texts.iter().map(|text| text.contact).collect();
    rig.stub.with(|state| {
        state.contacts.insert(faulty, contacts[0]);
    });
    rig.send(&chunk).await;
    until("two are delivered", || {
        rig.said.count(Outcome::Delivered) == 2
    })
    .await;
    let other = chunk.texts[1].phone.to_string();
    let numbers = json!({"numbers": [
        {"phone": FAULTY, "operator": "one"}, {"phone": other, "operator": "two"}]});
    assert_eq!(rig.kit.post("/v1/number-lookups", numbers).await.0, 200);
    let text = json!({"to": {"phone": FAULTY}, "class": "otp", "sender": SENDER, "text": "Code 1"});
    let (_, failed) = rig.kit.post("/v1/messages", text).await;
    assert_eq!(failed["state"], "failed", "{failed}");
    let works = "api_message WHERE work IS NOT NULL";
    assert_eq!(rows(&rig, "sticky_sender").await, 3);
    assert_eq!(rows(&rig, works).await, 1);

    let order = ForgetPerson { phone: faulty };
    rig.kit.bus.publish(rig.kit.tenant, &order).await.unwrap();
    gone(&rig, "number_lookup WHERE operator = 'one'").await;
    gone(&rig, works).await;
    assert_eq!(rows(&rig, "sticky_sender").await, 2);
    assert_eq!(rows(&rig, "number_lookup").await, 1);

    let said = ContactDeleted {
        contact: contacts[1],
    };
    rig.kit.bus.publish(rig.kit.tenant, &said).await.unwrap();
    eventually("the deleted contact's sender is gone", || async {
        (rows(&rig, "sticky_sender").await == 1).then_some(())
    })
    .await;
    rig.stop().await;
}

//! Outcomes, replies and opt-outs count for the variant a person got.

use std::time::Duration;

use chrono::Duration as Span;
use contract::chunk::Outcome;
use contract::consent::{OptOutRecorded, Reply};
use contract::dispatch::{Receipt, ReceiptsRecorded};
use contract::inbound::MessageReceived;
use contract::{ConsentId, InboundId, Mode, Phone, Reason, UnixMillis};
use serde_json::json;

use super::winner::tested;
use super::*;
use crate::story::*;

#[tokio::test]
async fn receipts_are_counted_by_variant_once_and_in_any_order() {
    let kit = kit(2_000).await;
    let id = launch(&kit, split()).await;
    let progress = until_state(&kit, &id, "completed").await;
    let heads = heads(&kit);
    let b = of(&heads, OTHER);
    let receipts = |outcome| {
        let item = |person: &u32| Receipt {
            message: heads[person].message,
            outcome,
            reason: Reason::OK,
            at: UnixMillis(1),
        };
        ReceiptsRecorded {
            items: b
                .iter()
                .filter(|person| heads[*person].message.position() % 10 > 1)
                .map(item)
                .collect(),
        }
    };
    for outcome in [
        Outcome::Undelivered,
        Outcome::Delivered,
        Outcome::Undelivered,
    ] {
        kit.bus
            .publish(kit.tenant, &receipts(outcome))
            .await
            .unwrap();
    }
    let wanted = receipts(Outcome::Delivered).items.len();
    let body = until_variants(&kit, &id, |body| body["variants"][1]["delivered"] == wanted).await;
    assert_eq!(body["variants"][0]["delivered"], 0);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let body = variants(&kit, &id).await;
    assert_eq!(
        (
            &body["variants"][1]["delivered"],
            &body["variants"][1]["undelivered"]
        ),
        (&json!(wanted), &json!(0))
    );
    let after = crate::story::progress(&kit, &id).await;
    assert_eq!(
        (&after["handed_over"], &after["revision"]),
        (&progress["handed_over"], &json!(1))
    );
    kit.stop().await;
}

#[tokio::test]
async fn replies_and_opt_outs_count_for_the_variant_a_person_got() {
    let kit = kit(3_000).await;
    let answers = launch(&kit, with_winner("reply_rate", "first")).await;
    tested(&kit, &answers).await;
    let heads_of_answers = heads(&kit);
    {
        let mut world = fake::world(kit.tenant);
        world.released.clear();
        world.heads.clear();
    }
    let left = launch(&kit, with_winner("opt_out_rate", "best")).await;
    tested(&kit, &left).await;
    let heads_of_left = heads(&kit);
    let gone = |heads: &BTreeMap<u32, Released>, name| {
        let of = of(heads, name).into_iter();
        of.filter(|person| heads[person].message.position() % 10 > 1)
            .collect::<Vec<u32>>()
    };
    let answering = gone(&heads_of_answers, OTHER);
    for (n, person) in (1u128..).zip(&answering[..20]) {
        let inbound = InboundId::from_raw(n);
        let text = if n.is_multiple_of(2) {
            "STOP"
        } else {
            "tell me more"
        };
        let reply = Reply {
            inbound,
            contact: Some(fake::contact(*person)),
            from: Phone::from_digits(12_025_550_000 + u64::from(*person)).unwrap(),
            to: "+15005550100".into(),
            text: text.into(),
            received_at: kit.clock.millis(),
            mode: Mode::Test,
        };
        fake::world(kit.tenant).replies.insert(inbound, reply);
        let event = MessageReceived {
            inbound,
            contact: Some(fake::contact(*person)),
            provider: "simulated".into(),
            at: kit.clock.millis(),
        };
        kit.bus.publish(kit.tenant, &event).await.unwrap();
    }
    let leaving = gone(&heads_of_left, TEMPLATE);
    for (n, person) in (1u128..).zip(&leaving[..15]) {
        let event = OptOutRecorded {
            consent: ConsentId::from_raw(n),
            contact: Some(fake::contact(*person)),
            method: "keyword".into(),
            at: kit.clock.millis(),
        };
        kit.bus.publish(kit.tenant, &event).await.unwrap();
    }
    let body = until_variants(&kit, &answers, |body| {
        body["winner"]["rates"][1]["hits"] == 10
    })
    .await;
    assert_eq!(body["winner"]["rates"][0]["hits"], 0);
    let body = until_variants(&kit, &left, |body| body["winner"]["rates"][0]["hits"] == 15).await;
    assert_eq!(body["winner"]["rates"][1]["hits"], 0);
    kit.clock.advance(Span::hours(4));
    for id in [&answers, &left] {
        until_state(&kit, id, "completed").await;
    }
    // Fewer opt-outs are better.
    let decision = variants(&kit, &left).await["winner"]["decision"].clone();
    assert_eq!(decision["winner"], "b", "{decision}");
    kit.stop().await;
}

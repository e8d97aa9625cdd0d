//! Attempts that a dispatcher left which is gone, and those of long ago.

use contract::chunk::{Outcome, SlotRef};
use contract::consent::OpenSlot;
use contract::ids::{CampaignId, ContactId, DecisionId, MessageId};
use contract::{Reason, UnixMillis};
use dispatch::db::attempt::{self, Attempt};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::rig::{Rig, Wish, kind, until};

const DAY_MS: i64 = 86_400_000;

fn attempt(rig: &Rig, chunk: u32, age_ms: i64) -> Attempt {
    let at = UnixMillis(rig.kit.clock.millis().0 - age_ms);
    Attempt {
        slot: SlotRef {
            run: rig.run,
            chunk,
            slot: 0,
        },
        position: 0,
        number: 1,
        tenant: rig.kit.tenant,
        campaign: CampaignId::from_raw(5),
        contact: ContactId::from_raw(1),
        decision: DecisionId::from_raw(1),
        at,
        until: at,
        provider: "simulator".to_string(),
        reason: Reason::CARRIER_FAULT,
        code: String::new(),
    }
}

async fn write(rig: &Rig, dispatcher: &'static str, attempts: Vec<Attempt>, returned: bool) {
    let db = rig.db();
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            attempt::insert(engine, tx, dispatcher, &attempts).await?;
            let permits: Vec<_> = attempts.iter().map(Attempt::permit).collect();
            if returned {
                attempt::mark_returned(engine, tx, &permits).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
}

/// Chunk and whether the permit is back, of every attempt.
async fn rows(rig: &Rig) -> Vec<(i64, bool)> {
    let db = rig.db();
    let sql = "SELECT chunk, returned FROM attempt ORDER BY chunk";
    let rows = db.read().query_all_raw(db.engine().sql(sql, [])).await;
    let rows = rows.unwrap().into_iter().map(|row| {
        let returned: i64 = row.try_get("", "returned").unwrap();
        (row.try_get("", "chunk").unwrap(), returned != 0)
    });
    rows.collect()
}

/// What the one that is gone had in hand of a slot: these positions.
fn open(rig: &Rig, chunk: u32, positions: u16) -> OpenSlot {
    let slot = attempt(rig, chunk, 0).slot;
    rig.stub.with(|state| {
        for position in 0..positions {
            state
                .permitted
                .insert(MessageId::of(rig.run, chunk, position));
        }
        state.open.insert(slot, usize::from(positions));
    });
    OpenSlot {
        tenant: rig.kit.tenant,
        slot,
        campaign: CampaignId::from_raw(5),
        positions: (0..positions).collect(),
        contacts: vec![ContactId::from_raw(1); usize::from(positions)],
        decisions: vec![DecisionId::from_raw(1); usize::from(positions)],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn permits_that_a_gone_dispatcher_did_not_use_come_back_and_what_may_have_left_waits_for_its_name()
 {
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![("dispatch.retry.take_over_after_seconds", json!(60))],
        ..Wish::default()
    })
    .await;
    // The first is accounted for; in the second a text may have left; the third is of somebody gone for a moment only.
    let left = vec![attempt(&rig, 1, 120_000), attempt(&rig, 2, 120_000)];
    write(&rig, "dispatch-9", left, false).await;
    write(&rig, "dispatch-8", vec![attempt(&rig, 3, 10_000)], false).await;
    let slots = vec![open(&rig, 1, 1), open(&rig, 2, 2)];
    rig.stub.with(|state| {
        state.left_open_of.insert("dispatch-9".to_string(), slots);
    });
    let rig = rig.restart().await;
    for chunk in 1..3 {
        rig.send(&rig.chunk(chunk, 0..1)).await;
    }
    until("the first leaves", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    let message = |chunk| MessageId::of(rig.run, chunk, 0);
    let returned = rig.stub.with(|state| state.returned.clone());
    assert_eq!(returned.get(&message(1)), Some(&1));
    assert_eq!(returned.get(&message(2)), None);
    assert_eq!(rows(&rig).await, [(1, true), (2, false), (3, false)]);
    assert!(
        !rig.stub
            .with(|state| state.epochs.contains_key("dispatch-8"))
    );
    assert_eq!(rig.stop().await.texts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_go_when_their_days_are_over_unless_their_permits_are_still_out() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let old = vec![attempt(&rig, 1, 32 * DAY_MS), attempt(&rig, 2, 30 * DAY_MS)];
    write(&rig, "dispatch-9", old, true).await;
    let rig = rig.restart().await;
    let left = testkit::eventually("the old one is gone", || async {
        let rows = rows(&rig).await;
        (rows.len() == 1).then_some(rows)
    })
    .await;
    assert_eq!(left, [(2, true)]);
    rig.stop().await;
}

//! Budgets of processes that were killed, or that run side by side.

use contract::chunk::{Outcome, SlotRef};
use contract::consent::OpenSlot;
use contract::ids::{CampaignId, ContactId, DecisionId};
use contract::{Mode, Reason, TenantId};
use dispatch::book::PartKey;
use dispatch::money::account::Account;
use dispatch::money::charge::Costs;
use dispatch::money::currency::Currency;
use dispatch::money::db::holds;
use dispatch::money::db::reserve::{self, Ask};
use dispatch::money::period::Period;
use serde_json::json;

use super::{cap, no_counter_is_wrong, priced, reasons};
use crate::rig::until;

/// Of a text in each of the first `places`.
fn costs(tenant: TenantId, day: String, places: u8) -> Costs {
    Costs {
        account: Account {
            tenant,
            mode: Mode::Test,
        },
        campaign: CampaignId::from_raw(5),
        day,
        currency: Currency::parse("USD").unwrap(),
        places: (0..places).map(|place| (place, 1000)).collect(),
    }
}

/// Budget that a killed process held for a piece: permits were asked for the first, not for the second.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_held_is_spent_where_texts_may_have_left_and_given_back_elsewhere() {
    let rig = priced().await;
    // What is left open is for the next one to find, not for this one.
    rig.send(&rig.chunk(9, 0..1)).await;
    until("it has taken over", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    cap(
        &rig,
        json!({"period": "total", "micros": 11_000, "currency": "USD"}),
    )
    .await;
    let slot = |chunk| SlotRef {
        run: rig.run,
        chunk,
        slot: 0,
    };
    let db = rig.db();
    for chunk in 0..2 {
        let key = PartKey {
            slot: slot(chunk),
            part: 0,
        };
        let costs = costs(rig.kit.tenant, Period::Day.key(rig.kit.clock.millis()), 4);
        let engine = db.engine();
        db.write(move |tx| {
            Box::pin(async move { holds::insert(engine, tx, "dispatch-1", key, &costs).await })
        })
        .await
        .unwrap();
    }
    let (_, seen) = rig.kit.get("/v1/spend-caps").await;
    assert_eq!(seen["data"][0]["left_micros"], 2000, "{seen}");
    let open = OpenSlot {
        tenant: rig.kit.tenant,
        slot: slot(0),
        campaign: CampaignId::from_raw(5),
        positions: (0..3).collect(),
        contacts: vec![ContactId::from_raw(1); 3],
        decisions: vec![DecisionId::from_raw(1); 3],
    };
    rig.stub.with(|state| {
        state.open.insert(open.slot, 3);
        state.left_open.push(open);
    });
    let rig = rig.restart().await;
    until("the three are unknown", || {
        rig.said.count(Outcome::Unknown) == 3
    })
    .await;
    rig.send(&rig.chunk(5, 0..20)).await;
    until("eight have left", || {
        rig.said.count(Outcome::Delivered) == 8
    })
    .await;
    until("the rest is stopped", || {
        reasons(&rig, &Reason::SPEND_CAP) == 13
    })
    .await;
    no_counter_is_wrong(&rig).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_never_spend_more_than_a_cap() {
    if testkit::database_url().is_none() {
        return;
    }
    let rig = priced().await;
    cap(
        &rig,
        json!({"period": "total", "micros": 400_000, "currency": "USD"}),
    )
    .await;
    let beside = rig.kit.beside().await;
    let taking = |name: &'static str, db: chassis::Db, first: u32| {
        let (tenant, run, now) = (rig.kit.tenant, rig.run, rig.kit.clock.millis());
        async move {
            let mut taken = 0;
            for chunk in first..first + 60 {
                let slot = SlotRef {
                    run,
                    chunk,
                    slot: 0,
                };
                let ask = Ask {
                    dispatcher: name.to_string(),
                    key: PartKey { slot, part: 0 },
                    costs: costs(tenant, Period::Day.key(now), 10),
                    now,
                };
                let answer = reserve::take(&db, ask).await.unwrap();
                taken += answer
                    .stopped_by
                    .iter()
                    .filter(|stop| stop.is_none())
                    .count();
            }
            taken
        }
    };
    let theirs = taking(
        "dispatch-2",
        beside.cx("dispatch").unwrap().db.clone(),
        2000,
    );
    let (ours, theirs) = tokio::join!(taking("dispatch-3", rig.db(), 1000), theirs);
    assert_eq!(ours + theirs, 400, "{ours} and {theirs}");
    beside.stop().await.unwrap();
    rig.stop().await;
}

use channels::simulator::SmscOptions;
use chrono::TimeDelta;

use contract::chunk::Outcome;
use contract::chunk::SlotRef;
use contract::consent::OpenSlot;
use contract::dispatch::{SpendOf, Spent, UndeliveredOf};
use contract::ids::{CampaignId, ContactId, DecisionId, MessageId};
use contract::{Class, Mode, Phone, Reason, TenantId};
use dispatch::book::PartKey;
use dispatch::money::account::Account;
use dispatch::money::charge::Costs;
use dispatch::money::currency::Currency;
use dispatch::money::db::reserve::{self, Ask};
use dispatch::money::db::{holds, spend};
use dispatch::money::period::Period;
use serde_json::{Value, json};

use super::rig::{Rig, Wish, kind, until};

/// A rig whose simulated carrier takes 1,000 micros for a segment to the US.
async fn priced() -> Rig {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let prices = json!({"prices": [
        {"provider": "simulator", "country": "US", "micros": 1000, "currency": "USD"}]});
    assert_eq!(rig.kit.put("/v1/prices", prices).await.0, 200);
    rig
}

async fn cap(rig: &Rig, body: Value) {
    let (status, answer) = rig.kit.put("/v1/spend-caps", body).await;
    assert_eq!(status, 204, "{answer}");
}

fn reasons(rig: &Rig, reason: &Reason) -> usize {
    let hand_overs = rig.said.hand_overs.lock().unwrap();
    hand_overs
        .iter()
        .filter(|(_, item)| item.reason == *reason)
        .count()
}

async fn no_counter_is_wrong(rig: &Rig) {
    let db = rig.db();
    assert_eq!(spend::recount(db.engine(), db.read()).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_reached_in_the_middle_of_a_campaign_lets_exactly_its_amount_through() {
    let rig = priced().await;
    cap(
        &rig,
        json!({"period": "total", "micros": 300_500, "currency": "USD"}),
    )
    .await;
    for chunk in 0..2 {
        rig.send(&rig.chunk(chunk, 0..500)).await;
    }
    until("the rest is stopped", || {
        reasons(&rig, &Reason::SPEND_CAP) == 700
    })
    .await;
    until("all else is delivered", || {
        rig.said.count(Outcome::Delivered) == 300
    })
    .await;
    assert_eq!(rig.said.count(Outcome::Failed), 700);
    let (_, seen) = rig.kit.get("/v1/spend").await;
    let cap = &seen["caps"][0];
    assert_eq!(
        (
            &cap["spent_micros"],
            &cap["reserved_micros"],
            &cap["left_micros"]
        ),
        (&json!(300_000), &json!(0), &json!(500)),
        "{seen}"
    );
    assert_eq!(seen["data"][0]["texts"], 300);
    // Another tenant sees none of it, and is stopped by none of it.
    let other = rig.kit.with_key(&rig.kit.other_key);
    assert_eq!(
        other.get("/v1/spend-caps").await.unwrap()["data"],
        json!([])
    );
    assert_eq!(other.get("/v1/prices").await.unwrap()["data"], json!([]));
    assert_eq!(other.get("/v1/spend").await.unwrap()["data"], json!([]));
    no_counter_is_wrong(&rig).await;
    // What was spent is still spent after a restart.
    let rig = rig.restart().await;
    rig.send(&rig.chunk(2, 0..10)).await;
    until("it is stopped too", || {
        reasons(&rig, &Reason::SPEND_CAP) == 710
    })
    .await;
    assert_eq!(rig.stop().await.texts, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_s_cap_holds_texts_until_the_next_day_and_a_text_says_what_it_cost() {
    let rig = priced().await;
    cap(
        &rig,
        json!({"period": "day", "micros": 5_000, "currency": "USD"}),
    )
    .await;
    let mut chunk = rig.chunk(0, 0..8);
    chunk.head.valid_until.0 += 2 * 86_400_000;
    rig.send(&chunk).await;
    until("three are held", || rig.said.count(Outcome::Held) == 3).await;
    until("five are delivered", || {
        rig.said.count(Outcome::Delivered) == 5
    })
    .await;
    let held = rig.said.hand_overs.lock().unwrap().clone();
    let until_when: Vec<_> = held.iter().filter_map(|(_, item)| item.until).collect();
    assert!(
        until_when
            .iter()
            .all(|at| at.0 % 86_400_000 == 0 && at.0 > rig.kit.clock.millis().0)
    );
    let id = MessageId::of(rig.run, 0, 0);
    let (_, seen) = rig.kit.get(&format!("/v1/messages/{id}/dispatch")).await;
    assert_eq!(
        (&seen["cost_micros"], &seen["currency"]),
        (&json!(1000), &json!("USD"))
    );
    rig.kit.clock.advance(TimeDelta::days(1));
    let mut again = rig.chunk(0, 5..8);
    again.head.valid_until.0 += 86_400_000;
    rig.send(&again).await;
    until("they leave the next day", || {
        rig.said.count(Outcome::Delivered) == 8
    })
    .await;
    no_counter_is_wrong(&rig).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_consent_refused_is_given_back() {
    let rig = priced().await;
    let campaign = CampaignId::from_raw(5);
    cap(
        &rig,
        json!({"period": "total", "campaign": campaign, "micros": 20_000, "currency": "USD"}),
    )
    .await;
    rig.stub.with(|state| {
        for position in 0..15 {
            state
                .refuse
                .push((position, Outcome::Suppressed, Reason::OPTED_OUT_GLOBAL));
        }
    });
    rig.send(&rig.chunk(0, 0..20)).await;
    until("five are delivered", || {
        rig.said.count(Outcome::Delivered) == 5
    })
    .await;
    rig.stub.all_closed().await;
    rig.send(&rig.chunk(1, 20..40)).await;
    until("there is room for fifteen", || {
        rig.said.count(Outcome::Delivered) == 20
    })
    .await;
    until("five are stopped", || {
        reasons(&rig, &Reason::SPEND_CAP) == 5
    })
    .await;
    no_counter_is_wrong(&rig).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_the_prices_leaves_without_a_cap_and_fails_with_one() {
    let rig = priced().await;
    let mut chunk = rig.chunk(0, 0..4);
    chunk.texts[0].phone = Phone::from_digits(4_915_112_345_678).unwrap();
    rig.send(&chunk).await;
    until("all leave", || rig.said.count(Outcome::Delivered) == 4).await;
    cap(
        &rig,
        json!({"period": "month", "micros": 1_000_000, "currency": "USD"}),
    )
    .await;
    let mut chunk = rig.chunk(1, 0..4);
    chunk.texts[0].phone = Phone::from_digits(4_915_112_345_678).unwrap();
    rig.send(&chunk).await;
    until("three leave", || rig.said.count(Outcome::Delivered) == 7).await;
    assert_eq!(reasons(&rig, &Reason::PRICE_UNKNOWN), 1);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_countries_are_texted_and_no_permit_is_asked_for_others() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let countries = json!({"countries": ["DE", "fr"]});
    assert_eq!(
        rig.kit.put("/v1/destination-countries", countries).await.0,
        204
    );
    let (_, seen) = rig.kit.get("/v1/destination-countries").await;
    assert_eq!(seen, json!({"countries": ["DE", "FR"], "own": true}));
    rig.send(&rig.chunk(0, 0..5)).await;
    until("all failed", || {
        reasons(&rig, &Reason::COUNTRY_NOT_ALLOWED) == 5
    })
    .await;
    assert_eq!(rig.stub.with(|state| state.asks), 0);
    assert_eq!(rig.kit.delete("/v1/destination-countries").await.0, 204);
    rig.send(&rig.chunk(1, 0..5)).await;
    until("all leave", || rig.said.count(Outcome::Delivered) == 5).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_pumped_to_one_number_are_stopped_and_seen() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![("dispatch.money.velocity.per_number_per_hour", json!(3))],
        ..Wish::default()
    })
    .await;
    let mut chunk = rig.chunk(0, 0..50);
    chunk.head.class = Class::Otp;
    let to = chunk.texts[0].phone;
    chunk.texts.iter_mut().for_each(|text| text.phone = to);
    rig.send(&chunk).await;
    until("three leave", || rig.said.count(Outcome::Delivered) == 3).await;
    until("the rest failed", || {
        reasons(&rig, &Reason::VELOCITY_LIMIT) == 47
    })
    .await;
    let (_, seen) = rig.kit.get("/v1/velocity").await;
    assert_eq!(
        (
            &seen["prefixes"][0]["prefix"],
            &seen["prefixes"][0]["texts"]
        ),
        (&json!("12125"), &json!(3))
    );
    assert_eq!(seen["numbers"], json!([3]));
    rig.stop().await;
}

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

#[tokio::test(flavor = "multi_thread")]
async fn bad_prices_caps_and_limits_are_refused_with_place_and_remedy() {
    let rig = priced().await;
    let good = json!({"provider": "simulator", "prefix": "49", "micros": 1, "currency": "USD"});
    for (field, value, pointer) in [
        ("country", json!("DE"), "/prices/0/prefix"),
        ("prefix", json!("0049"), "/prices/0/prefix"),
        ("micros", json!(-1), "/prices/0/micros"),
        ("currency", json!("usd"), "/prices/0/currency"),
        ("provider", json!(" "), "/prices/0/provider"),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let (status, answer) = rig.kit.put("/v1/prices", json!({"prices": [bad]})).await;
        assert_eq!(
            (status, &answer["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{answer}"
        );
    }
    let mut euro = good.clone();
    euro["currency"] = json!("EUR");
    let (status, answer) = rig.kit.put("/v1/prices", json!({"prices": [euro]})).await;
    assert_eq!(
        (status, &answer["code"]),
        (422, &json!("money.currency_mixed"))
    );
    let euro = json!({"period": "day", "micros": 1, "currency": "EUR"});
    let (status, answer) = rig.kit.put("/v1/spend-caps", euro).await;
    assert_eq!(
        (status, &answer["code"]),
        (422, &json!("money.currency_mixed"))
    );
    let week = json!({"period": "week", "micros": 1, "currency": "USD"});
    assert_eq!(rig.kit.put("/v1/spend-caps", week).await.0, 422);
    let nowhere = json!({"countries": ["QQ"]});
    assert_eq!(
        rig.kit.put("/v1/destination-countries", nowhere).await.0,
        422
    );
    assert_eq!(
        rig.kit.get("/v1/prices?cursor=zz").await.1["code"],
        "cursor.invalid"
    );
    assert_eq!(rig.kit.delete("/v1/spend-caps?period=day").await.0, 404);
    assert_eq!(
        rig.kit
            .get("/v1/spend?from=2026-02-01&to=2026-01-01")
            .await
            .0,
        400
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_come_from_csv_as_a_whole_or_not_at_all_and_are_listed_in_pages() {
    let rig = priced().await;
    let import = async |text: &str| {
        let body = text.as_bytes().to_vec();
        rig.kit
            .send("POST", "/v1/prices/import", "text/csv", body)
            .await
    };
    let head = "provider,country,prefix,operator,micros,currency,effective_from\n";
    let bad = format!("{head}simulator,DE,,,7000,USD,\nsimulator,XX,,,7000,USD,\nsimulator,,49\n");
    let (status, answer) = import(&bad).await;
    assert_eq!((status, &answer["code"]), (422, &json!("price.import")));
    assert_eq!(answer["errors"][0]["pointer"], "/3/country", "{answer}");
    assert_eq!(answer["errors"][1]["pointer"], "/4", "{answer}");
    assert_eq!(import(head).await.1["code"], "import.empty");
    let good = format!(
        "{head}simulator,DE,,,7000,USD,\nsimulator,,4917,tel,6000,USD,2027-01-01T00:00:00Z\n"
    );
    assert_eq!(import(&good).await.1["changed"], 2);
    let (_, first) = rig.kit.get("/v1/prices?limit=2").await;
    assert_eq!(
        (first["data"].as_array().unwrap().len(), &first["has_more"]),
        (2, &json!(true))
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = rig
        .kit
        .get(&format!("/v1/prices?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(
        (
            second["data"].as_array().unwrap().len(),
            &second["has_more"]
        ),
        (1, &json!(false))
    );
    assert_eq!(
        rig.kit
            .delete("/v1/prices?provider=simulator&country=DE")
            .await
            .1["changed"],
        1
    );
    assert_eq!(
        rig.kit.delete("/v1/prices?provider=simulator").await.1["changed"],
        2
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_cost_and_what_of_it_did_not_arrive_can_be_asked() {
    let rig = Rig::start(Wish {
        smsc: SmscOptions {
            failed_percent: 20.0,
            ..kind()
        },
        settings: vec![("dispatch.fold_every_ms", json!(50))],
        ..Wish::default()
    })
    .await;
    let prices = json!({"prices": [
        {"provider": "simulator", "country": "US", "micros": 1000, "currency": "USD"}]});
    assert_eq!(rig.kit.put("/v1/prices", prices).await.0, 200);
    for chunk in 0..2 {
        rig.send(&rig.chunk(chunk, 0..300)).await;
    }
    until("all receipts are in", || {
        rig.said.count(Outcome::Delivered) + rig.said.count(Outcome::Undelivered) == 600
    })
    .await;
    let (tenant, run) = (rig.kit.tenant, rig.run);
    let spent = rig.kit.bus.ask(tenant, &SpendOf { run }).await.unwrap();
    assert_eq!(
        spent.amounts,
        [Spent {
            currency: "USD".into(),
            micros: 600_000
        }]
    );
    let mut wanted: Vec<(u32, u16)> = {
        let receipts = rig.said.receipts.lock().unwrap();
        let lost = receipts
            .iter()
            .filter(|(_, outcome)| *outcome == Outcome::Undelivered);
        lost.map(|(message, _)| (message.chunk(), message.position()))
            .collect()
    };
    wanted.sort_unstable();
    let ask = async |tenant, first, last| {
        let question = UndeliveredOf { run, first, last };
        let found = rig.kit.bus.ask(tenant, &question).await.unwrap();
        let chunks = found.chunks.into_iter();
        let mut places: Vec<(u32, u16)> = chunks
            .flat_map(|chunk| chunk.positions.into_iter().map(move |at| (chunk.chunk, at)))
            .collect();
        places.sort_unstable();
        places
    };
    for _ in 0..200 {
        if ask(tenant, 0, 63).await.len() == wanted.len() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(!wanted.is_empty());
    assert_eq!(ask(tenant, 0, 63).await, wanted);
    wanted.retain(|(chunk, _)| *chunk == 1);
    assert_eq!(ask(tenant, 1, 1).await, wanted);
    assert!(ask(rig.kit.other_tenant, 0, 63).await.is_empty());
    let other = rig.kit.other_tenant;
    let theirs = rig.kit.bus.ask(other, &SpendOf { run }).await.unwrap();
    assert!(theirs.amounts.is_empty());
    rig.stop().await;
}

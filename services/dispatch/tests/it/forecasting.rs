//! Which way texts would go, what they would cost and how fast they may leave.

use contract::dispatch::{Forecast, Forecasted, PaceLimit, SegmentPrice, TextForecast};
use contract::ids::CampaignId;
use contract::{Class, ContactId, Mode, Phone, Reason};
use serde_json::{Value, json};

use super::rig::{Rig, SENDER, Wish, kind};
use super::routing::{call, carrier, post};

const US: u64 = 12_125_550_000;
const DE: u64 = 4_915_112_345_000;

fn question(rig: &Rig, numbers: &[u64]) -> Forecast {
    let texts = (0u16..)
        .zip(numbers)
        .map(|(position, digits)| TextForecast {
            position,
            contact: ContactId::from_raw(u128::from(position) + 1),
            phone: Phone::from_digits(*digits).unwrap(),
        });
    Forecast {
        campaign: CampaignId::from_raw(5),
        class: Class::Marketing,
        sender: SENDER.to_string(),
        mode: Mode::Live,
        at: rig.kit.clock.millis(),
        texts: texts.collect(),
    }
}

async fn forecast(rig: &Rig, question: &Forecast) -> Forecasted {
    rig.kit.bus.ask(rig.kit.tenant, question).await.unwrap()
}

async fn put(rig: &Rig, path: &str, body: Value) {
    let (status, told) = call(rig, "PUT", path, body).await;
    assert!(status < 300, "{told}");
}

fn usd(micros: i64) -> Option<SegmentPrice> {
    Some(SegmentPrice {
        micros,
        currency: "USD".into(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_sorted_by_route_country_and_price_and_told_their_limits() {
    let (one, first) = carrier(kind());
    let (two, second) = carrier(kind());
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![
            ("dispatch.providers.acme", first),
            ("dispatch.providers.beta", second),
        ],
        ..Wish::default()
    })
    .await;
    let here = json!({"name": "us", "provider": "acme", "countries": ["US"]});
    let there = json!({"name": "de", "provider": "beta", "countries": ["DE"],
        "costs": [{"amount": "0.09", "currency": "EUR"}]});
    for route in [here, there] {
        assert_eq!(post(&rig, "/v1/routes", route).await.0, 201);
    }
    let prices = json!({"prices": [
        {"provider": "acme", "country": "US", "micros": 7_500, "currency": "USD"},
        {"provider": "acme", "prefix": "1212555001", "micros": 9_000, "currency": "USD"},
    ]});
    put(&rig, "/v1/prices", prices).await;
    put(
        &rig,
        &format!("/v1/limits/lane/{}", SENDER.replace('+', "%2B")),
        json!({"segments_per_second": 12.5}),
    )
    .await;
    let numbers = [US, US + 1, US + 11, DE, 33_612_345_678];
    let told = forecast(&rig, &question(&rig, &numbers)).await;
    let ways: Vec<_> = told
        .ways
        .iter()
        .map(|way| {
            let country = way.country.as_deref().unwrap_or_default();
            (
                way.route.as_str(),
                way.provider.as_str(),
                country,
                way.price.clone(),
                way.positions.clone(),
            )
        })
        .collect();
    let eur = SegmentPrice {
        micros: 90_000,
        currency: "EUR".into(),
    };
    assert_eq!(
        ways,
        [
            ("us", "acme", "US", usd(7_500), vec![0, 1]),
            ("us", "acme", "US", usd(9_000), vec![2]),
            ("de", "beta", "DE", Some(eur), vec![3]),
        ]
    );
    assert_eq!(told.refused, [(Reason::NO_ROUTE, vec![4])]);
    let lane = PaceLimit {
        level: "lane".into(),
        name: SENDER.into(),
        segments_per_second: 12.5,
        per_day: None,
    };
    assert!(told.ways.iter().all(|way| way.limits == [lane.clone()]));

    // Whatever the price table must know and does not, and where nobody may be texted, leaves out.
    put(
        &rig,
        "/v1/spend-caps",
        json!({"period": "total", "micros": 10_000, "currency": "USD"}),
    )
    .await;
    let told = forecast(&rig, &question(&rig, &numbers)).await;
    assert_eq!(
        told.refused,
        [
            (Reason::PRICE_UNKNOWN, vec![3]),
            (Reason::NO_ROUTE, vec![4])
        ]
    );
    let mut pooled = question(&rig, &numbers[..2]);
    pooled.sender = "pool:nobody".into();
    let told = forecast(&rig, &pooled).await;
    assert_eq!(told.refused, [(Reason::NO_ROUTE, vec![0, 1])]);
    let verdict = rig.stop().await;
    assert_eq!(verdict.texts, 0, "something was sent");
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_routes_and_prices_the_first_carrier_takes_all_at_an_unknown_price() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let mut asked = question(&rig, &[US, DE]);
    asked.mode = Mode::Test;
    let told = forecast(&rig, &asked).await;
    assert_eq!(told.refused, []);
    let ways: Vec<_> = told
        .ways
        .iter()
        .map(|way| {
            (
                way.provider.as_str(),
                way.country.as_deref(),
                &way.price,
                way.limits.len(),
            )
        })
        .collect();
    assert_eq!(
        ways,
        [
            ("simulator", Some("US"), &None, 0),
            ("simulator", Some("DE"), &None, 0)
        ]
    );
    rig.stop().await;
}

//! How prices are set and listed, and what happens where there is none.

use contract::chunk::Outcome;
use contract::{Phone, Reason};
use serde_json::json;

use super::{cap, priced, reasons};
use crate::rig::until;

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

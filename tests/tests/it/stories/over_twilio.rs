//! A live campaign over Twilio's API: texts out by HTTP, receipts and a STOP in by webhook, through a proxy that
//! knows us by another name.

use std::time::Duration;

use channels::simulator::{Delay, SmscOptions, Verdict};
use contract::Phone;
use testkit::Client;

use super::desk;
use super::sums::{assert_sums, sum, wait_for};
use super::twilio_world::TwilioWorld;
use super::world::{SENDER, people};

/// A live campaign that is under way.
struct Launched {
    twilio: TwilioWorld,
    client: Client,
    people: Vec<String>,
    campaign: String,
}

/// Launches a campaign to so many people and one more, whose number the carrier knows what to do with.
async fn launch(
    carrier: SmscOptions,
    settings: &[(&str, &str)],
    count: usize,
    odd: &str,
) -> Launched {
    let twilio = TwilioWorld::with(carrier, settings).await;
    let client = twilio.world.live_client();
    let mut people = people(count);
    people.push(odd.to_string());
    let list = desk::import(&client, desk::csv(&people, "Ana")).await;
    desk::opt_in(&client, &people).await;
    let template = desk::published(&client, desk::TEXT).await;
    let campaign = desk::draft(&client, &template, &list).await;
    client
        .post(
            &format!("/v1/campaigns/{campaign}/launch"),
            &serde_json::json!({}),
        )
        .await
        .unwrap();
    Launched {
        twilio,
        client,
        people,
        campaign,
    }
}

/// Stops everything and lets the carrier's own log speak.
async fn verdict(twilio: TwilioWorld) -> Verdict {
    let TwilioWorld {
        api,
        world,
        log,
        folder: _folder,
        ..
    } = twilio;
    drop(world);
    api.stop().await;
    channels::simulator::judge(&log, "You are unsubscribed").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_receipts_a_block_and_a_stop_go_their_way_over_http() {
    let carrier = SmscOptions {
        receipt_delay_ms: Delay { min: 5, max: 50 },
        failed_percent: 5.0,
        duplicate_receipt_percent: 20.0,
        ..SmscOptions::default()
    };
    // The odd one has opted out at the carrier, and nobody here knows.
    let Launched {
        twilio,
        client,
        people,
        campaign,
    } = launch(carrier, &[], 200, "+15005550004").await;
    let path = format!("/v1/campaigns/{campaign}");
    let progress = wait_for(
        "the end of the campaign",
        Duration::from_secs(60),
        async || {
            let seen = client.get(&format!("{path}/progress")).await.ok()?;
            (seen["state"] == "completed").then_some(seen)
        },
    )
    .await;
    assert_sums(&progress);
    assert_eq!(sum(&progress["handed_over"]), 200, "{progress}");
    assert_eq!(progress["failed"]["PROVIDER_BLOCKED"], 1, "{progress}");

    let funnel = format!("/v1/analytics/campaigns/{campaign}/funnel");
    let funnel = wait_for("every receipt", Duration::from_secs(30), async || {
        let seen = client.get(&funnel).await.ok()?;
        (seen["awaiting_receipt"] == 0 && seen["pending"] == 0).then_some(seen)
    })
    .await;
    assert!(sum(&funnel["delivered"]) > 150, "{funnel}");

    let person: u64 = people[7].trim_start_matches('+').parse().unwrap();
    twilio
        .api
        .send_reply(Phone::from_digits(person).unwrap(), SENDER, "STOP");
    wait_for(
        "the answer to the STOP",
        Duration::from_secs(20),
        async || (twilio.api.stats().replies_answered == 1).then_some(()),
    )
    .await;
    wait_for("the opt-outs", Duration::from_secs(20), async || {
        let seen = client.get("/v1/opt-outs").await.ok()?;
        (seen["data"].as_array()?.len() >= 2).then_some(())
    })
    .await;
    let log_says = || std::fs::read_to_string(&twilio.log).unwrap_or_default();
    wait_for("the confirmation", Duration::from_secs(20), async || {
        log_says().contains("You are unsubscribed").then_some(())
    })
    .await;
    let verdict = verdict(twilio).await;
    assert_eq!(
        (
            verdict.texts,
            verdict.texts_twice,
            verdict.texts_after_confirmed_stop
        ),
        (200, 0, 0),
        "{verdict:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_receipt_restates_what_the_campaign_and_the_analysts_said_of_an_unknown_text() {
    // Receipts come long after the submit that is never answered has been given up.
    let carrier = SmscOptions {
        receipt_delay_ms: Delay {
            min: 15_000,
            max: 15_000,
        },
        ..SmscOptions::default()
    };
    let patience = [("HAILMAST_DISPATCH__PROVIDERS__TW__TIMEOUT_SECONDS", "1")];
    let Launched {
        twilio,
        client,
        campaign,
        ..
    } = launch(carrier, &patience, 20, "+15005550015").await;

    let (progress, funnel) = (
        format!("/v1/campaigns/{campaign}/progress"),
        format!("/v1/analytics/campaigns/{campaign}/funnel"),
    );
    let sums = |seen: &serde_json::Value| (sum(&seen["handed_over"]), sum(&seen["unknown"]));
    // Which of the events comes first at the analysts is open; in the end they agree.
    let said = async |revision: u64, wanted: (u64, u64)| {
        wait_for(
            "both to say the same",
            Duration::from_secs(45),
            async || {
                let (ours, theirs) = (
                    client.get(&progress).await.ok()?,
                    client.get(&funnel).await.ok()?,
                );
                let both = [&ours, &theirs];
                let agree = both
                    .iter()
                    .all(|seen| seen["revision"] == revision && sums(seen) == wanted);
                agree.then_some((ours, theirs))
            },
        )
        .await
    };
    let (_, theirs) = said(1, (20, 1)).await;
    assert_eq!(theirs["provisional"], true, "{theirs}");

    let (ours, theirs) = said(2, (21, 0)).await;
    assert_sums(&ours);
    assert!(ours["restated_at"].is_string(), "{ours}");
    assert_eq!(ours["restated_at"], theirs["restated_at"], "{theirs}");
    let verdict = verdict(twilio).await;
    assert_eq!((verdict.texts, verdict.texts_twice), (21, 0), "{verdict:?}");
}

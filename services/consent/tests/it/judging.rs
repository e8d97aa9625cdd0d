//! How people would be judged, without a trace.

use contract::chunk::{Outcome, OutcomeGroup};
use contract::consent::{ChunkJudged, ChunkScreened, JudgeChunk, PermitAsk, ScreenChunk};
use contract::renderer::RenderChunk;
use contract::{Class, Reason, UnixMillis};
use serde_json::json;

use crate::Kit;
use crate::screening::chunk;
use crate::support::{listen, next, opt_in_all, silence, text_back};

fn question(of: &ScreenChunk, at: UnixMillis) -> JudgeChunk {
    let head = of.head.clone();
    JudgeChunk {
        campaign: head.campaign,
        class: head.class,
        programme: head.programme,
        sender: head.sender,
        template: head.template,
        mode: head.mode,
        at,
        valid_until: head.valid_until,
        opt_out_said: true,
        zones: head.zones,
        asks: of
            .recipients
            .iter()
            .map(|one| PermitAsk {
                position: one.position,
                contact: one.contact,
                phone: one.phone,
                zone: one.zone,
            })
            .collect(),
    }
}

async fn judged(kit: &Kit, question: &JudgeChunk) -> ChunkJudged {
    kit.bus.ask(kit.tenant, question).await.unwrap()
}

fn short(groups: &[OutcomeGroup]) -> Vec<(Outcome, Reason, Option<UnixMillis>, Vec<u16>)> {
    let groups = groups.iter();
    let mut short: Vec<_> = groups
        .map(|group| {
            let positions = group.positions.clone();
            (group.outcome, group.reason.clone(), group.until, positions)
        })
        .collect();
    short.sort();
    short
}

#[tokio::test]
async fn people_are_judged_as_screening_would_and_nothing_is_recorded() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..500).await;
    text_back(&kit, 7, 1, "STOP").await;
    let mut reports = listen::<ChunkScreened>(&kit).await;
    let mut onward = listen::<RenderChunk>(&kit).await;
    let chunk = chunk(&kit, Class::Marketing, 0..512);
    let asked = question(&chunk, kit.clock.millis());
    let before = judged(&kit, &asked).await;
    silence(&mut reports, 100).await;
    silence(&mut onward, 100).await;
    let decision = before.groups[0].decisions[0];
    let (status, _) = kit.get(&format!("/v1/decisions/{decision}")).await;
    assert_eq!(status, 404, "a decision was recorded");

    kit.bus.publish(kit.tenant, &chunk).await.unwrap();
    let report = next(&mut reports).await;
    assert_eq!(short(&before.groups), short(&report.groups));
    assert_eq!(report.allowed, 494);
    assert_eq!(before.policy.len(), 64);
    // Everybody has a clock: their own zone, else that of their number.
    let zone = |n: usize| {
        let zone = before.zone_of[n].map(usize::from);
        zone.map(|zone| before.zones[zone].as_str())
    };
    assert_eq!(zone(3), Some("Asia/Tokyo"));
    assert!(zone(4).is_some() && zone(4) != zone(3), "{:?}", zone(4));
    kit.stop().await;
}

#[tokio::test]
async fn people_are_judged_as_of_the_instant_that_is_asked_about() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..10).await;
    let mut chunk = chunk(&kit, Class::Marketing, 0..10);
    chunk.head.valid_until = UnixMillis(kit.clock.millis().0 + 3 * 86_400_000);
    let at = |hours: i64| {
        let mut asked = question(&chunk, UnixMillis(kit.clock.millis().0 + hours * 3_600_000));
        asked.asks.truncate(3);
        asked
    };
    assert_eq!(judged(&kit, &at(0)).await.groups, []);
    let night = judged(&kit, &at(14)).await;
    assert_eq!(
        short(&night.groups)
            .into_iter()
            .map(|(outcome, reason, _, positions)| (outcome, reason, positions.len()))
            .collect::<Vec<_>>(),
        [(Outcome::Held, Reason::QUIET_HOURS, 3)]
    );
    let mut silent = at(0);
    silent.opt_out_said = false;
    let told = judged(&kit, &silent).await;
    assert_eq!(told.groups[0].reason, Reason::OPT_OUT_TEXT_MISSING);
    // That was said of a question, not noted of the campaign.
    assert_eq!(judged(&kit, &at(0)).await.groups, []);
    kit.stop().await;
}

#[tokio::test]
async fn another_policy_set_has_another_name() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..3).await;
    let nobody = || {
        let mut asked = question(&chunk(&kit, Class::Marketing, 0..1), kit.clock.millis());
        asked.asks.clear();
        asked
    };
    let first = judged(&kit, &nobody()).await.policy;
    assert_eq!(judged(&kit, &nobody()).await.policy, first);
    let forbids = r#"@id("own.never") @reason("OWN_NEVER") @source("house rule") @effective_from("2026-01-01")
        forbid (principal, action == Action::"marketing", resource);"#;
    let (status, made) = kit
        .post("/v1/policies/versions", json!({"forbids": forbids}))
        .await;
    assert_eq!(status, 201, "{made}");
    let version = made["version"].as_i64().unwrap();
    let path = format!("/v1/policies/versions/{version}/activate");
    let (status, told) = kit.post(&path, json!({})).await;
    assert_eq!(status, 200, "{told}");
    assert_ne!(judged(&kit, &nobody()).await.policy, first);
    kit.stop().await;
}

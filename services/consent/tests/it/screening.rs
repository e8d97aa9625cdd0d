//! Chunks in, reports and allowed recipients out.

use contract::chunk::{ChunkHead, Outcome, Recipient};
use contract::consent::{ChunkScreened, NoteContent, ScreenChunk};
use contract::renderer::RenderChunk;
use contract::{CampaignId, Class, Mode, Reason, TemplateId, UnixMillis};
use serde_json::json;

use crate::Kit;
use crate::support::{SENDER, contact, listen, next, opt_in_all, phone, run, silence, text_back};

pub fn chunk(kit: &Kit, class: Class, people: std::ops::Range<u64>) -> ScreenChunk {
    let now = kit.clock.millis();
    ScreenChunk {
        head: ChunkHead {
            run: run(1),
            campaign: CampaignId::from_raw(1),
            chunk: 0,
            class,
            programme: "newsletter".to_string(),
            template: TemplateId::from_raw(1),
            template_version: 1,
            sender: SENDER.to_string(),
            mode: Mode::Test,
            valid_until: UnixMillis(now.0 + 86_400_000),
            released_at: now,
            zones: vec!["Asia/Tokyo".to_string()],
            field_names: vec![],
        },
        recipients: (0u16..)
            .zip(people)
            .map(|(position, n)| Recipient {
                position,
                contact: contact(n),
                phone: phone(n),
                zone: (n % 100 == 3).then_some(0),
                fields: vec![],
            })
            .collect(),
    }
}

#[tokio::test]
async fn the_allowed_go_on_and_everyone_else_is_reported_with_a_reason() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..500).await;
    text_back(&kit, 7, 1, "STOP").await;
    let mut reports = listen::<ChunkScreened>(&kit).await;
    let mut onward = listen::<RenderChunk>(&kit).await;
    kit.bus
        .publish(kit.tenant, &chunk(&kit, Class::Marketing, 0..512))
        .await
        .unwrap();
    let report = next(&mut reports).await;
    assert_eq!(report.allowed, 494);
    let mut told: Vec<_> = report
        .groups
        .iter()
        .map(|g| (g.outcome, g.reason.clone(), g.positions.len()))
        .collect();
    told.sort();
    let expected = [
        (Outcome::Held, Reason::QUIET_HOURS, 5),
        (Outcome::Suppressed, Reason::NO_CONSENT, 12),
        (Outcome::Suppressed, Reason::OPTED_OUT_GLOBAL, 1),
    ];
    assert_eq!(told, expected);
    let held = report
        .groups
        .iter()
        .find(|group| group.outcome == Outcome::Held)
        .unwrap();
    let opens: chrono::DateTime<chrono::Utc> = "2026-06-11T00:00:00Z".parse().unwrap();
    assert_eq!(
        (held.until, &held.positions),
        (Some(opens.into()), &vec![3, 103, 203, 303, 403])
    );
    let render = next(&mut onward).await;
    assert_eq!(render.recipients.len(), 494);
    assert!(
        render
            .recipients
            .iter()
            .all(|one| one.recipient.position != 7)
    );

    let decision = held.decisions[0].to_string();
    let (status, shown) = kit.get(&format!("/v1/decisions/{decision}")).await;
    assert_eq!(
        (status, &shown["effect"], &shown["reason"]),
        (200, &json!("defer"), &json!("QUIET_HOURS")),
        "{shown}"
    );
    assert_eq!(
        (&shown["policies"], &shown["facts"]["local_minutes"]),
        (&json!(["hours.law"]), &json!([0, 0]))
    );

    // Whoever gave their number may be reminded, unless they opted out or it is night there; released again, it is reported again.
    let chunk = chunk(&kit, Class::Transactional, 0..512);
    for _ in 0..2 {
        kit.bus.publish(kit.tenant, &chunk).await.unwrap();
        assert_eq!(next(&mut reports).await.allowed, 494);
        assert_eq!(next(&mut onward).await.recipients.len(), 494);
    }
    kit.stop().await;
}

#[tokio::test]
async fn marketing_that_does_not_say_how_to_opt_out_goes_no_further() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..3).await;
    let mut reports = listen::<ChunkScreened>(&kit).await;
    for (opt_out_said, class, allowed) in [
        (false, Class::Marketing, 0),
        (false, Class::Transactional, 3),
        (true, Class::Marketing, 3),
    ] {
        let noted = NoteContent {
            campaign: CampaignId::from_raw(1),
            opt_out_said,
        };
        kit.bus.ask(kit.tenant, &noted).await.unwrap();
        let chunk = chunk(&kit, class, 0..3);
        kit.bus.publish(kit.tenant, &chunk).await.unwrap();
        let report = next(&mut reports).await;
        assert_eq!(report.allowed, allowed, "{report:?}");
        if allowed == 0 {
            assert_eq!(report.groups[0].reason, Reason::OPT_OUT_TEXT_MISSING);
        }
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_chunk_of_which_nobody_is_left_goes_no_further() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let mut reports = listen::<ChunkScreened>(&kit).await;
    let mut onward = listen::<RenderChunk>(&kit).await;
    kit.bus
        .publish(kit.tenant, &chunk(&kit, Class::Marketing, 0..20))
        .await
        .unwrap();
    assert_eq!(next(&mut reports).await.allowed, 0);
    silence(&mut onward, 200).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_chunk_over_its_size_becomes_a_dead_letter() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    kit.bus
        .publish(kit.tenant, &chunk(&kit, Class::Marketing, 0..513))
        .await
        .unwrap();
    testkit::eventually("the dead letter", || async {
        (kit.dead_letters().await == 1).then_some(())
    })
    .await;
    kit.stop().await;
}

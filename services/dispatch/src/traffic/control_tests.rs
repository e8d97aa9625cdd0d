use contract::Class;

use super::*;

const NOW: UnixMillis = UnixMillis(1_000_000);

fn ask() -> Ask {
    Ask {
        tenant: TenantId::from_raw(1),
        mode: Mode::Live,
        class: Class::Marketing,
        campaign: CampaignId::from_raw(5),
        sender: "ACME".to_string(),
        provider: "acme".into(),
        link: 0,
        segments: 1,
    }
}

fn control(level: Level, name: &str, action: Action) -> Control {
    Control {
        name: Name::new(level, TenantId::from_raw(1), Mode::Live, name),
        action,
        target: Some("OTHER".to_string()),
        reason: "a test".to_string(),
        set_at: UnixMillis(NOW.0 - 10_000),
        until: None,
    }
}

fn verdict(controls: Vec<Control>, arriving: bool) -> Verdict {
    Controls::new(controls).verdict(&ask(), NOW, arriving)
}

#[test]
fn a_pause_on_any_level_holds_and_one_elsewhere_does_not() {
    let campaign = CampaignId::from_raw(5).to_string();
    let tenant = TenantId::from_raw(1).to_string();
    let held = Verdict::Hold {
        until: UnixMillis(NOW.0 + 10_000),
    };
    for (level, name) in [
        (Level::Lane, "ACME"),
        (Level::Campaign, campaign.as_str()),
        (Level::Tenant, tenant.as_str()),
        (Level::Provider, "acme"),
        (Level::Global, "all"),
    ] {
        assert_eq!(
            verdict(vec![control(level, name, Action::Pause)], false),
            held
        );
    }
    let elsewhere = control(Level::Lane, "OTHER", Action::Pause);
    assert_eq!(verdict(vec![elsewhere], true), Verdict::Go);
}

#[test]
fn a_drain_stops_what_arrives_and_lets_go_what_is_in_hand() {
    let drain = || vec![control(Level::Lane, "ACME", Action::Drain)];
    assert!(matches!(verdict(drain(), true), Verdict::Hold { .. }));
    assert_eq!(verdict(drain(), false), Verdict::Go);
}

#[test]
fn a_purge_beats_a_pause_and_ends_at_its_instant() {
    let mut purge = control(Level::Provider, "acme", Action::Purge);
    let pause = control(Level::Lane, "ACME", Action::Pause);
    assert_eq!(verdict(vec![purge.clone(), pause], false), Verdict::Cancel);
    purge.until = Some(NOW);
    assert_eq!(verdict(vec![purge], false), Verdict::Go);
}

#[test]
fn a_move_names_another_sender_once_and_another_provider() {
    let controls = Controls::new(vec![
        control(Level::Lane, "ACME", Action::Move),
        control(Level::Provider, "acme", Action::Move),
    ]);
    let (tenant, campaign) = (TenantId::from_raw(1), CampaignId::from_raw(5));
    let sender = |mode, sender| controls.sender_for((tenant, mode), campaign, sender, NOW);
    assert_eq!(sender(Mode::Live, "ACME"), Some("OTHER"));
    assert_eq!(sender(Mode::Live, "OTHER"), None);
    assert_eq!(sender(Mode::Test, "ACME"), None);
    assert_eq!(controls.provider_for("acme", NOW), Some("OTHER"));
}

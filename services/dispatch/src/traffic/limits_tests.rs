use contract::Class;

use super::*;

fn ask() -> Ask {
    Ask {
        tenant: TenantId::from_raw(1),
        mode: Mode::Live,
        class: Class::Marketing,
        campaign: CampaignId::from_raw(5),
        sender: "+15005550006".to_string(),
        provider: "acme".into(),
        link: 0,
        segments: 1,
    }
}

fn named(level: Level, name: &str) -> Name {
    Name::new(level, TenantId::from_raw(1), Mode::Live, name)
}

#[test]
fn a_text_draws_from_every_level_that_has_a_limit() {
    let per_second = |rate| Limit {
        segments_per_second: Some(rate),
        ..Limit::default()
    };
    let registration = Limit {
        class: Some("T".to_string()),
        senders: vec!["+15005550006".to_string()],
        ..Limit::default()
    };
    let limits = Limits::new(
        Rate::default(),
        vec![
            (named(Level::Lane, "+15005550006"), per_second(10.0)),
            (named(Level::Registration, "C123"), registration),
            (named(Level::Provider, "acme"), per_second(100.0)),
            (named(Level::Provider, "beta"), per_second(1.0)),
            (named(Level::Global, "all"), per_second(500.0)),
        ],
    );
    let draws = limits.of(&ask());
    let seen: Vec<(Level, f64)> = draws
        .iter()
        .map(|draw| (draw.name.level, draw.rate.per_second))
        .collect();
    assert_eq!(
        seen,
        [
            (Level::Lane, 10.0),
            (Level::Registration, 1.25),
            (Level::Provider, 100.0),
            (Level::Global, 500.0)
        ]
    );
    assert_eq!(draws[1].per_day, Some(2000));
}

#[test]
fn without_limits_there_is_nothing_to_draw_from() {
    assert_eq!(Limits::default().of(&ask()), []);
}

#[test]
fn a_limit_that_makes_no_sense_is_refused() {
    let class = |class: &str| Limit {
        class: Some(class.to_string()),
        ..Limit::default()
    };
    assert_eq!(class("A").check(Level::Lane), Err(LimitFault::Class));
    assert_eq!(
        class("A").check(Level::Registration),
        Err(LimitFault::Senders)
    );
    for rate in [-1.0, f64::NAN, 1e9, 1e-9] {
        let limit = Limit {
            segments_per_second: Some(rate),
            ..Limit::default()
        };
        assert_eq!(limit.check(Level::Lane), Err(LimitFault::Rate), "{rate}");
    }
}

use std::sync::Arc;

use cedar_policy::Schema;
use proptest::prelude::*;

use super::*;
use crate::law::{Law, Level};
use crate::rules::Own;
use crate::window::Window;

const SCHEMA: &str = include_str!("../../policies/consent.cedarschema");

fn allowed_facts(class: Class) -> Facts {
    let flags = [
        Flags::NUMBER_VALID,
        Flags::REGION_KNOWN,
        Flags::CONSENT_ANY,
        Flags::CONSENT_PROVEN,
        Flags::ATTESTED,
        Flags::REQUESTED,
        Flags::ZONE_KNOWN,
        Flags::SEND_DAY,
        Flags::COURTESY_DAY,
    ];
    Facts {
        flags: flags
            .into_iter()
            .fold(Flags::default(), |all, flag| all.with(flag, true)),
        level: Level::Written,
        required: Level::Written,
        min_minute: 600,
        max_minute: 600,
        law: Some(Window {
            from: 480,
            to: 1260,
        }),
        courtesy: Some(Window::ALL_DAY),
        ..Facts::nothing(class, 0)
    }
}

fn with(forbids: &str) -> Rules {
    let own = Own {
        forbids: forbids.to_string(),
        ..Own::default()
    };
    Rules::compile(Arc::new(Law::load().unwrap()), "", own).unwrap()
}

#[test]
fn the_context_has_the_attributes_of_the_schema_for_every_class() {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
    let rules = Rules::shipped().unwrap();
    for class in Class::ALL {
        let request = request(&rules, &Facts::nothing(class, 0)).unwrap();
        let context = request.context().unwrap().clone();
        let (principal, action, resource) = rules.uids(class).unwrap();
        Request::new(principal, action, resource, context, Some(&schema)).unwrap();
    }
}

#[test]
fn a_forbid_of_ones_own_counts_from_its_day_until_its_end() {
    let rules = with("@id(\"own.a\") @reason(\"OWN\") @source(\"us\") @effective_from(\"2030-01-01\") @effective_until(\"2030-02-01\")
        forbid (principal, action == Action::\"marketing\", resource) when { context.zone_known };");
    for (day, reason) in [
        ("2029-12-31", "OK"),
        ("2030-01-01", "OWN"),
        ("2030-01-31", "OWN"),
        ("2030-02-01", "OK"),
    ] {
        let facts = Facts {
            era: rules.era(day.parse().unwrap()),
            ..allowed_facts(Class::Marketing)
        };
        assert_eq!(
            decide(&rules, &[Region::US], &facts).reason.as_str(),
            reason,
            "{day}"
        );
    }
}

#[test]
fn the_policies_of_a_country_bind_only_there() {
    let rules = Rules::shipped().unwrap();
    let era = rules.era("2026-12-01".parse().unwrap());
    let facts = Facts {
        era,
        level: Level::Express,
        required: Level::None,
        ..allowed_facts(Class::Marketing)
    };
    let reason = |regions: &[&str]| {
        let regions: Vec<Region> = regions
            .iter()
            .map(|text| Region::parse(text).unwrap())
            .collect();
        decide(&rules, &regions, &facts).reason
    };
    assert_eq!(reason(&["GB"]), Reason::OK);
    assert_eq!(reason(&["US-FL"]), Reason::CONSENT_LEVEL_TOO_LOW);
    assert_eq!(reason(&["GB", "US-FL"]), Reason::CONSENT_LEVEL_TOO_LOW);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn nothing_leaves_against_an_opt_out_or_without_consent_proof_and_hours(
        class in prop::sample::select(&Class::ALL[..]),
        flipped in prop::collection::vec(prop::sample::select(Flags::NAMED), 0..4),
        level in prop::sample::select(&Level::ALL[..]),
        minute in 0_u16..1440,
    ) {
        static RULES: std::sync::LazyLock<(Rules, Rules)> = std::sync::LazyLock::new(|| (Rules::shipped().unwrap(), with(
            "@id(\"own.a\") @reason(\"OWN\") @source(\"us\") @effective_from(\"2020-01-01\") forbid (principal, action, resource) when { context.level < 3 };")));
        let mut facts = Facts { level, min_minute: minute, max_minute: minute, ..allowed_facts(class) };
        for (_, flag) in flipped {
            facts.flags.set(flag, !facts.flags.has(flag));
        }
        let judged = |rules: &Rules| {
            let era = rules.era("2026-12-01".parse().unwrap());
            decide(rules, &[Region::US], &Facts { era, ..facts })
        };
        let (verdict, narrower) = (judged(&RULES.0), judged(&RULES.1));
        let allow = verdict.effect == Effect::Allow;
        prop_assert!(allow || narrower.effect != Effect::Allow);
        prop_assert_eq!(allow, verdict.reasons.is_empty());
        prop_assert!(allow || !verdict.reason.as_str().starts_with("OK"));
        let passes = matches!(class, Class::OptOutConfirmation | Class::HelpReply | Class::Emergency);
        prop_assert!(!allow || passes || !facts.flags.has(Flags::OPTED_OUT_GLOBAL));
        if allow && class == Class::Marketing {
            prop_assert!(level == Level::Written && facts.flags.has(Flags::CONSENT_PROVEN) && (480..1260).contains(&minute));
        }
    }
}

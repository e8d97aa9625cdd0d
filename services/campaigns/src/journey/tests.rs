//! The published documents, and the journeys to start from.

use serde_json::json;

use super::run::Person;
use super::simulate::{Play, person, scenes, simulate};
use super::source::Format;
use super::version::{Start, Version};
use super::*;

const STARTERS: [(&str, &str); 3] = [
    (
        "welcome",
        include_str!("../../../../docs/journeys/welcome.yaml"),
    ),
    (
        "abandoned-cart",
        include_str!("../../../../docs/journeys/abandoned-cart.yaml"),
    ),
    (
        "appointment",
        include_str!("../../../../docs/journeys/appointment.yaml"),
    ),
];

fn ana() -> Person {
    person(&json!({"timezone": "America/New_York", "first_name": "Ana"})).unwrap()
}

fn sends(name: &str, events: &serde_json::Value) -> Vec<String> {
    let text = STARTERS.iter().find(|(known, _)| *known == name).unwrap().1;
    let definition =
        validate(text, Format::Yaml).unwrap_or_else(|faults| panic!("{name}: {faults:#?}"));
    let version = Version::compile(&definition).unwrap();
    let from = "2026-11-20T15:00:00Z".parse().unwrap();
    let lines = simulate(&Play {
        version: &version,
        person: &ana(),
        scenes: scenes(events, from).unwrap(),
        from,
        until: "2027-03-01T00:00:00Z".parse().unwrap(),
        delivers: true,
        channels: &["sms"],
    });
    assert!(lines.is_sorted_by_key(|line| line.at), "{lines:#?}");
    lines
        .into_iter()
        .filter(|line| line.kind == "send")
        .map(|line| format!("{} {}", line.step, line.local))
        .collect()
}

#[test]
fn the_journeys_to_start_from_are_valid_and_bear_their_names() {
    for (name, text) in STARTERS {
        let definition =
            validate(text, Format::Yaml).unwrap_or_else(|faults| panic!("{name}: {faults:#?}"));
        assert_eq!(definition.name, name);
        let version = Version::compile(&definition).unwrap();
        assert!(matches!(version.trigger, Start::Event { .. }));
    }
}

#[test]
fn a_journey_is_the_same_in_yaml_and_in_its_canonical_form() {
    for (name, text) in STARTERS {
        let definition = validate(text, Format::Yaml).unwrap();
        let canonical = serde_json::to_string(&definition).unwrap();
        let again = validate(&canonical, Format::Json)
            .unwrap_or_else(|faults| panic!("{name}: {faults:#?}"));
        assert_eq!((hash(&definition), &definition), (hash(&again), &again));
    }
}

#[test]
fn the_appointment_is_reminded_of_and_moved() {
    let visit =
        |starts: &str| json!({"id": "A1", "starts_at": starts, "timezone": "America/New_York"});
    let events = json!([
        {"event": "appointment.scheduled", "data": visit("2026-12-01T14:00:00")},
        {"at": "P1D", "reply": "c"},
        {"at": "P2D", "event": "appointment.rescheduled", "data": visit("2026-12-08T09:00:00")},
    ]);
    assert_eq!(
        sends("appointment", &events),
        [
            "booked Fri 2026-11-20 10:00:00-05:00",
            "thank Sat 2026-11-21 10:00:00-05:00",
            "_notice Sun 2026-11-22 10:01:00-05:00",
            "remind_days Sun 2026-12-06 09:00:00-05:00",
            "remind_hours Mon 2026-12-07 18:00:00-05:00",
        ]
    );
}

#[test]
fn the_cart_is_reminded_of_until_the_order_comes() {
    let cart = json!({"cart": "c1", "total": 120});
    let silent = json!([{"event": "cart.changed", "data": cart}]);
    assert_eq!(
        sends("abandoned-cart", &silent),
        [
            "remind Fri 2026-11-20 10:45:00-05:00",
            "offer Sat 2026-11-21 10:45:00-05:00"
        ]
    );
    let ordered = json!([{"event": "cart.changed", "data": cart}, {"at": "PT2H", "event": "order.placed", "data": {"total": 90}}]);
    assert_eq!(sends("abandoned-cart", &ordered).len(), 1);
    let small = json!([{"event": "cart.changed", "data": {"cart": "c1", "total": 3}}]);
    assert!(sends("abandoned-cart", &small).is_empty());
}

#[test]
fn the_welcome_ends_with_who_wants_more() {
    let consent = json!({"purpose": "marketing", "source": "web"});
    let events =
        json!([{"event": "consent.granted", "data": consent}, {"at": "P6D", "reply": "More!"}]);
    let sent = sends("welcome", &events);
    assert!(sent.first().unwrap().starts_with("greet"), "{sent:?}");
    assert!(sent.iter().any(|line| line.starts_with("last")), "{sent:?}");
}

#[test]
fn the_published_schema_is_the_one_of_the_types() {
    let published = include_str!("../../../../docs/journey.schema.json");
    assert!(
        published == shape::published(),
        "write what `hailmast journey schema` prints into docs/journey.schema.json"
    );
}

#[test]
fn every_field_of_the_schema_is_one_that_the_values_have() {
    // What the tables allow must be read into values, and nothing may get lost on the way.
    let all = json!({
        "journey": "v1", "name": "all-fields", "description": "Everything.", "purpose": "marketing", "programme": "news", "sender": "+15005550100",
        "timezone": "Europe/Berlin",
        "trigger": {"event": "a.b", "if": "event.x == 1", "key": "event.k", "duplicate": "update"},
        "entry": {"if": "contact.tier == 'gold'", "reentry": "P7D", "max_active_per_contact": 2},
        "exit": [{"event": "c.d", "if": "event.y == 1", "after": "P9D", "as": "goal"}],
        "replan": {"event": "e.f", "reset": ["appointment.x"], "notice": {"template": "t", "late": "skip"}, "notice_if": "always"},
        "window": {"from": "09:00", "to": "24:00", "days": ["mon"], "timezone": "contact", "outside": "earlier", "earlier_at": "18:00"},
        "limits": {"per_contact": [{"max": 2, "per": "P7D"}], "min_gap": "PT1H"},
        "goal": {"event": "g.h", "if": "event.z == 1", "within": "P30D", "value": "event.total"},
        "steps": [
            {"id": "s1", "if": "event.x == 1", "send": {"template": "t", "channels": ["rcs", "sms"], "sender": "+15005550101", "valid_for": "PT6H",
                "fallback": {"if": ["failed"], "no_receipt_after": "PT5M"}, "window": {"from": "10:00", "to": "11:00", "outside": "skip"},
                "late": "skip", "min_lead": "PT1H", "vars": {"a": "{{ event.x }}", "b": 3}}},
            {"id": "s2", "wait": {"for": "P1D", "timezone": "UTC"}},
            {"id": "s3", "wait": {"until": "appointment.starts_at", "offset": "-P2D", "at": "10:00", "past": "continue"}},
            {"id": "s4", "wait": {"at": "10:00", "days": ["tue"]}},
            {"id": "s5", "await": {"event": "i.j", "if": "event.q == 1", "then": [{"id": "s6", "update": {"run.a": true, "contact.b": "x"}}],
                "replies": {"yes": {"match": ["YES"], "steps": [{"id": "s7", "emit": {"event": "k.l", "data": {"n": 1}}}]}},
                "other": [{"id": "s8", "webhook": {"url": "https://example.com/h", "body": {"n": 1}}}], "timeout": "P1D", "background": true,
                "on_timeout": [{"id": "s9", "stop": "goal"}]}},
            {"id": "s10", "branch": [{"if": "event.x == 1", "steps": [{"id": "s11", "wait": {"for": "PT1M"}}]}]},
            {"id": "s12", "split": {"variants": [{"name": "a", "weight": 50, "steps": [{"id": "s13", "stop": "completed"}]}, {"name": "b", "weight": 50}]}}
        ]
    });
    let definition =
        validate(&all.to_string(), Format::Json).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(serde_json::to_value(&definition).unwrap(), all);
}

#[test]
fn a_play_follows_a_schedule_and_webhooks_that_answer_or_do_not() {
    // Ana lives in New York, so both are the same for her.
    for zone in ["America/New_York", "contact"] {
        a_play_of(zone);
    }
}

fn a_play_of(zone: &str) {
    let text = "journey: v1\nname: weekly\npurpose: informational\ntrigger: {schedule: {cron: \"0 9 * * 1\", timezone: ZONE}}\nsteps:\n  - id: ask\n    webhook: {url: \"https://example.com/\", on_error: [{id: sorry, send: {template: sorry}}]}\n  - {id: fine, if: run.called.ask.ok, send: {template: fine}}\n";
    let text = &text.replace("ZONE", zone);
    let definition = validate(text, Format::Yaml).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let version = Version::compile(&definition).unwrap();
    let sends = |delivers| -> Vec<String> {
        let lines = simulate(&Play {
            version: &version,
            person: &ana(),
            scenes: Vec::new(),
            from: "2026-11-20T15:00:00Z".parse().unwrap(),
            until: "2026-12-01T00:00:00Z".parse().unwrap(),
            delivers,
            channels: &["sms"],
        });
        lines
            .into_iter()
            .filter(|line| line.kind == "send")
            .map(|line| format!("{} {}", line.step, line.local))
            .collect()
    };
    let at = |step: &str| {
        [
            "Mon 2026-11-23 09:00:00-05:00",
            "Mon 2026-11-30 09:00:00-05:00",
        ]
        .map(|slot| format!("{step} {slot}"))
    };
    assert_eq!(sends(true), at("fine"));
    assert_eq!(sends(false), at("sorry"));
}

//! Webhooks, tags, winners of splits, and appointments of others.

use super::*;

const HEAD: &str =
    "journey: v1\nname: calls\npurpose: informational\ntrigger: {event: order.placed}\n";

fn begun(event_id: &str) -> Happening {
    event(event_id, "order.placed", json!({"order": "o1"}))
}

fn answer(number: u32, ok: bool, body: Value) -> Input {
    Input::Called(Answer {
        number,
        ok,
        status: Some(if ok { 200 } else { 500 }),
        body,
    })
}

fn calls(effects: &[Effect]) -> Vec<(u32, String)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Webhook { number, data, .. } => Some((*number, data.to_string())),
            _ => None,
        })
        .collect()
}

const CALL: &str = "steps:\n  - id: ask\n    webhook:\n      url: https://example.com/score\n      headers: {X-Order: \"{{ event.order }}\"}\n      body: {order: \"{{ event.order }}\"}\n      on_error: [{id: sorry, send: {template: sorry}}]\n  - id: gold\n    if: run.called.ask.ok and run.called.ask.body.tier == 'gold'\n    send: {template: gold}\n  - {id: rest, wait: {for: P1D}}\n";

#[test]
fn a_run_waits_for_the_answer_of_its_webhook_and_can_speak_of_it() {
    let (version, person) = (version(&format!("{HEAD}{CALL}")), person("UTC"));
    let mut played = Played::start(&version, &person, &begun("e1"), 0);
    let made = calls(&played.effects);
    assert_eq!(made, [(1, r#"{"order":"o1"}"#.to_string())]);
    assert!(played.effects.iter().any(
        |effect| matches!(effect, Effect::Webhook { headers, .. } if headers["X-Order"] == "o1")
    ));
    // An answer to another call is none to this one.
    played.feed(&answer(9, true, Value::Null), 1_000);
    assert_eq!(played.run.fibers[0].step, "ask");
    played.feed(&answer(1, true, json!({"tier": "gold"})), 2_000);
    played.feed(&answer(1, false, Value::Null), 3_000);
    let sends: Vec<String> = played.sends().into_iter().map(|(step, _)| step).collect();
    assert_eq!(sends, ["gold"]);
    assert_eq!(played.run.fibers[0].step, "rest");
}

#[test]
fn what_a_webhook_cannot_do_leads_to_on_error_and_then_goes_on() {
    let (version, person) = (version(&format!("{HEAD}{CALL}")), person("UTC"));
    let mut played = Played::start(&version, &person, &begun("e1"), 0);
    played.feed(&answer(1, false, Value::Null), 1_000);
    let sends: Vec<String> = played.sends().into_iter().map(|(step, _)| step).collect();
    assert_eq!(sends, ["sorry"]);
    assert_eq!(played.run.fibers[0].step, "rest");
}

#[test]
fn a_tag_that_is_added_can_be_asked_for_and_is_written_through() {
    let steps = "steps:\n  - {id: tag, update: {contact.tags: \"+engaged\", contact.attrs.city: Lyon}}\n  - id: both\n    if: \"'engaged' in contact.tags and 'old' in contact.tags and contact.city == 'Lyon'\"\n    send: {template: x}\n  - {id: rest, wait: {for: P1D}}\n";
    let version = version(&format!("{HEAD}{steps}"));
    assert!(version.contact_fields.contains("tags"));
    let mut person = person("UTC");
    person.fields.insert("tags".into(), json!("old, new"));
    let played = Played::start(&version, &person, &begun("e1"), 0);
    assert_eq!(played.sends().len(), 1, "{:#?}", played.run.trail);
    let updates: Vec<(String, Value)> = played
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Update { field, value, .. } => Some((field.clone(), value.clone())),
            _ => None,
        })
        .collect();
    assert!(updates.contains(&("tags".into(), json!("+engaged"))));
    assert!(updates.contains(&("city".into(), json!("Lyon"))));
}

#[test]
fn whoever_comes_after_the_decision_gets_the_winner() {
    let steps = "goal: {event: order.paid}\nsteps:\n  - id: part\n    split:\n      variants:\n        - {name: a, weight: 45, steps: [{id: sa, send: {template: a}}]}\n        - {name: b, weight: 45, steps: [{id: sb, send: {template: b}}]}\n        - {name: none, weight: 10}\n      winner: {metric: goal_rate, after: P7D, min_sample: 100}\n";
    let version = version(&format!("{HEAD}{steps}"));
    assert_eq!(version.contests[0].rivals, ["a", "b"]);
    let winners = [("part".to_string(), "b".to_string())].into();
    for n in 0..50 {
        let person = Person {
            id: format!("con_{n}"),
            ..person("UTC")
        };
        let set = Setting {
            version: &version,
            person: &person,
            channels: CHANNELS,
            winners: &winners,
            others: &[],
        };
        let (run, _) = start(set, &begun("e1"), 0, 0);
        assert_eq!(run.variants["part"], "b");
    }
}

#[test]
fn what_happens_to_one_appointment_moves_no_run_of_another() {
    let text = "journey: v1\nname: visits\npurpose: appointment\ntrigger: {event: appointment.scheduled, key: appointment.id}\nexit: [{event: appointment.cancelled}]\nsteps:\n  - {id: day, wait: {for: P1D}}\n  - id: remind\n    if: appointment.confirmation == 'confirmed'\n    send: {template: x}\n";
    let (version, person) = (version(text), person("UTC"));
    let visit = |id: &str, name: &str, of: &str, confirmation: &str| Happening {
        appointment: Some(json!({"id": of, "confirmation": confirmation})),
        ..event(id, name, json!({}))
    };
    let begun = visit("e1", "appointment.scheduled", "apt_1", "unconfirmed");
    let mut played = Played::start(&version, &person, &begun, 0);
    let other = visit("e2", "appointment.cancelled", "apt_2", "unconfirmed");
    played.feed(&Input::Event(other), 1_000);
    assert_eq!(played.how(), None);
    let own = visit("e3", "appointment.confirmed", "apt_1", "confirmed");
    played.feed(&Input::Event(own), 2_000);
    played.until(2 * 86_400_000);
    assert_eq!(played.sends().len(), 1);
}

#[test]
fn a_run_tells_what_it_would_do_with_a_text() {
    let steps = "steps:\n  - id: ask\n    await: {timeout: P1D, replies: {more: {match: [\"MORE\"], steps: [{id: m, send: {template: x}}]}}, other: [{id: o, emit: {event: needs.human}}]}\n";
    let (version, person) = (version(&format!("{HEAD}{steps}")), person("UTC"));
    let played = Played::start(&version, &person, &begun("e1"), 0);
    let would = asks(&version, &played.run, " more! ", 1_000);
    assert!(would.waits && would.understands && would.takes_anything);
    assert!(!asks(&version, &played.run, "what", 1_000).understands);
    assert!(!asks(&version, &played.run, "MORE", 86_400_000).waits);
}

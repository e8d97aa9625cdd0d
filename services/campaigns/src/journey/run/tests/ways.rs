use super::*;

pub(super) const HEAD: &str =
    "journey: v1\nname: ways\npurpose: marketing\ntrigger: {event: order.placed}\n";

fn play(steps: &str, check: impl FnOnce(Played<'_>)) {
    let (version, person) = (
        version(&format!("{HEAD}{steps}")),
        person("America/New_York"),
    );
    let by = event("e0", "order.placed", json!({"total": 25}));
    check(Played::start(
        &version,
        &person,
        &by,
        at("2026-03-06T15:00:00Z"),
    ));
}

#[test]
fn texts_wait_for_their_window_in_the_contacts_zone() {
    let steps = "window: {from: \"09:00\", to: \"20:00\"}\nsteps:\n  - {id: a, wait: {for: PT11H}}\n  - {id: b, send: {template: x}}\n";
    play(steps, |mut played| {
        played.until(at("2026-03-20T00:00:00Z"));
        assert_eq!(played.sends(), [sent("b", "2026-03-07T14:00:00Z")]);
        assert_eq!(played.how(), Some(End::Completed));
    });
}

#[test]
fn calendar_days_keep_the_time_of_day_when_the_clocks_change() {
    // The clocks of New York leap on 8 March 2026.
    let steps = "steps:\n  - {id: a, wait: {for: P3D}}\n  - {id: b, send: {template: x}}\n  - {id: c, wait: {at: \"10:30\", days: [thu]}}\n  - {id: d, send: {template: x}}\n";
    play(steps, |mut played| {
        played.until(at("2026-03-20T00:00:00Z"));
        assert_eq!(
            played.sends(),
            [
                sent("b", "2026-03-09T14:00:00Z"),
                sent("d", "2026-03-12T14:30:00Z")
            ]
        );
    });
}

#[test]
fn an_event_that_is_waited_for_leads_one_way_and_silence_the_other() {
    let steps = "steps:\n  - id: a\n    await: {event: link.clicked, if: event.template == 'x', timeout: PT2H, then: [{id: b, send: {template: thanks}}], on_timeout: [{id: c, send: {template: again}}]}\n  - {id: d, send: {template: last}}\n";
    play(steps, |mut played| {
        played.feed(
            &Input::Event(event("e1", "link.clicked", json!({"template": "y"}))),
            at("2026-03-06T15:10:00Z"),
        );
        assert!(played.sends().is_empty());
        played.feed(
            &Input::Event(event("e2", "link.clicked", json!({"template": "x"}))),
            at("2026-03-06T15:20:00Z"),
        );
        assert_eq!(
            played.sends(),
            [
                sent("b", "2026-03-06T15:20:00Z"),
                sent("d", "2026-03-06T15:20:00Z")
            ]
        );
    });
    play(steps, |mut played| {
        played.until(at("2026-03-07T00:00:00Z"));
        assert_eq!(
            played.sends(),
            [
                sent("c", "2026-03-06T17:00:00Z"),
                sent("d", "2026-03-06T17:00:00Z")
            ]
        );
    });
}

#[test]
fn replies_are_read_without_case_and_punctuation() {
    let steps = "steps:\n  - id: a\n    await:\n      timeout: P1D\n      replies:\n        more: {match: [\"MORE\", \"TELL ME\"], steps: [{id: b, update: {run.level: high, contact.tier: gold}}]}\n      other: [{id: c, emit: {event: conversation.needs_human}}]\n  - {id: d, if: run.level|default('') == 'high', send: {template: x}}\n";
    play(steps, |mut played| {
        played.feed(
            &Input::Reply {
                id: "r1".into(),
                text: " tell me! ".into(),
            },
            at("2026-03-06T15:20:00Z"),
        );
        assert_eq!(played.sends().len(), 1);
        assert!(
            played
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Update { field, .. } if field == "tier"))
        );
    });
    play(steps, |mut played| {
        played.feed(
            &Input::Reply {
                id: "r1".into(),
                text: "what?".into(),
            },
            at("2026-03-06T15:20:00Z"),
        );
        assert!(played.sends().is_empty());
        assert!(played.effects.iter().any(|effect| matches!(effect, Effect::Emit { event, .. } if event == "conversation.needs_human")));
    });
}

#[test]
fn a_split_is_the_same_for_the_same_contact_and_near_its_weights() {
    let steps = "steps:\n  - id: a\n    split:\n      variants: [{name: one, weight: 30, steps: [{id: b, send: {template: x}}]}, {name: hold, weight: 70}]\n";
    let version = version(&format!("{HEAD}{steps}"));
    let mut ones = 0;
    for n in 0..4_000 {
        let person = Person {
            id: format!("con_{n}"),
            ..person("UTC")
        };
        let by = event("e0", "order.placed", json!({}));
        let first = Played::start(&version, &person, &by, 0);
        let again = Played::start(
            &version,
            &person,
            &event("e9", "order.placed", json!({})),
            9_000,
        );
        assert_eq!(first.run.variants, again.run.variants);
        ones += usize::from(first.sends().len() == 1);
    }
    assert!((1_080..=1_320).contains(&ones), "{ones}");
}

#[test]
fn exits_goals_and_limits_end_and_bound_a_run() {
    let steps = "exit: [{event: order.paid, as: goal}, {after: P2D, as: expired}]\ngoal: {event: order.paid, within: P5D, value: event.total}\nlimits: {per_contact: [{max: 1, per: P7D}], min_gap: PT1H}\nsteps:\n  - {id: a, send: {template: x}}\n  - {id: b, wait: {for: PT3H}}\n  - {id: c, send: {template: x}}\n  - {id: d, wait: {for: P30D}}\n";
    play(steps, |mut played| {
        played.until(at("2026-03-06T20:00:00Z"));
        assert_eq!(played.sends().len(), 1, "the limit holds");
        played.feed(
            &Input::Event(event("e1", "order.paid", json!({"total": 40}))),
            at("2026-03-06T21:00:00Z"),
        );
        assert_eq!(played.how(), Some(End::Goal));
        assert_eq!(
            played.run.goal.as_ref().map(|goal| goal.value.clone()),
            Some(json!(40))
        );
        assert!(played.effects.contains(&Effect::Withdraw { text: 1 }));
        assert_eq!(played.run.timer, None);
    });
    play(steps, |mut played| {
        played.until(at("2026-04-06T20:00:00Z"));
        assert_eq!(played.how(), Some(End::Expired));
        played.feed(
            &Input::Event(event("e1", "order.paid", json!({"total": 40}))),
            at("2026-03-10T21:00:00Z"),
        );
        assert!(
            played.run.goal.is_some(),
            "a goal within its time counts after the end too"
        );
    });
}

#[test]
fn an_expression_without_its_value_ends_the_run_and_sends_nothing() {
    play(
        "steps:\n  - id: a\n    branch:\n      - {if: event.customer.tier == 'gold', steps: [{id: b, send: {template: x}}]}\n      - steps: [{id: c, send: {template: w}}]\n",
        |played| {
            assert!(played.sends().is_empty());
            assert_eq!(played.how(), Some(End::Failed));
        },
    );
}

#[test]
fn after_a_long_downtime_nothing_comes_in_a_burst() {
    let steps = "steps:\n  - {id: a, wait: {for: PT1H}}\n  - {id: b, send: {template: x, late: skip}}\n  - {id: c, wait: {for: PT1H}}\n  - {id: d, send: {template: w}}\n  - {id: e, wait: {for: PT1H}}\n  - {id: f, send: {template: z}}\n";
    play(steps, |mut played| {
        played.feed(&Input::Wake, at("2026-03-08T15:00:00Z"));
        assert!(played.sends().is_empty(), "late and told to be skipped");
        played.until(at("2026-03-08T18:00:00Z"));
        assert_eq!(
            played.sends(),
            [
                sent("d", "2026-03-08T16:00:00Z"),
                sent("f", "2026-03-08T17:00:00Z")
            ]
        );
    });
}

#[test]
fn the_next_channel_is_tried_after_what_the_fallback_names() {
    let steps = "steps:\n  - {id: a, send: {template: x, channels: [rcs, sms, whatsapp], fallback: {if: [failed, no_receipt], no_receipt_after: PT5M}}}\n  - {id: b, wait: {for: P1D}}\n";
    let (version, person) = (version(&format!("{HEAD}{steps}")), person("UTC"));
    let set = Setting {
        version: &version,
        person: &person,
        channels: &["sms", "whatsapp"],
        winners: &NO_WINNERS,
        others: &[],
    };
    let channels = |effects: &[Effect]| -> Vec<String> {
        effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Send(text) => Some(text.channel.clone()),
                _ => None,
            })
            .collect()
    };
    let (run, effects) = start(set, &event("e0", "order.placed", json!({})), 0, 0);
    assert_eq!(channels(&effects), ["sms"]);
    let (_, failed) = step(
        set,
        run.clone(),
        &Input::Outcome {
            text: 1,
            fate: Fate::Failed,
        },
        1_000,
    );
    assert_eq!(channels(&failed), ["whatsapp"]);
    let (_, silent) = step(set, run.clone(), &Input::Wake, 5 * 60_000);
    assert_eq!(channels(&silent), ["whatsapp"]);
    let (run, _) = step(
        set,
        run,
        &Input::Outcome {
            text: 1,
            fate: Fate::Delivered,
        },
        1_000,
    );
    let (_, told) = step(set, run, &Input::Wake, 5 * 60_000);
    assert!(channels(&told).is_empty());
}

use std::collections::BTreeSet;

use super::circles::among;
use crate::journey::source::Format;
use crate::journey::validate;

const HEAD: &str =
    "journey: v1\nname: test-journey\npurpose: marketing\ntrigger: {event: order.placed}\n";

fn codes(steps: &str) -> Vec<(&'static str, String)> {
    let text = format!("{HEAD}{steps}");
    match validate(&text, Format::Yaml) {
        Ok(_) => Vec::new(),
        Err(faults) => faults
            .into_iter()
            .map(|fault| (fault.code, fault.pointer))
            .collect(),
    }
}

fn one(steps: &str) -> (&'static str, String) {
    let mut all = codes(steps);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn at(code: &'static str, pointer: &str) -> (&'static str, String) {
    (code, pointer.to_string())
}

#[test]
fn words_of_yaml_1_1_are_refused_without_quotes() {
    let steps = "steps:\n  - id: a\n    await: {timeout: P1D, replies: {no_thanks: {match: [NO], steps: [{id: b, stop: completed}]}}}\n";
    assert_eq!(
        one(steps),
        at("yaml.ambiguous", "/steps/0/await/replies/no_thanks/match/0")
    );
    assert_eq!(codes(&steps.replace("[NO]", "[\"NO\"]")), []);
    assert_eq!(
        one("steps: [{id: a, wait: {at: 10:30}}]\n"),
        at("yaml.ambiguous", "/steps/0/wait/at")
    );
    assert_eq!(codes("steps: [{id: a, wait: {at: \"10:30\"}}]\n"), []);
}

#[test]
fn unknown_steps_and_fields_are_told_with_the_nearest_name() {
    let text = format!(
        "{HEAD}steps: [{{id: a, snd: {{template: x}}}}, {{id: b, send: {{tempalte: x, template: w}}}}]\n"
    );
    let faults = validate(&text, Format::Yaml).unwrap_err();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert_eq!(
        (faults[0].code, faults[0].hint.as_deref()),
        ("step.unknown", Some("Is `send` meant?"))
    );
    assert_eq!(
        (faults[1].code, faults[1].hint.as_deref()),
        ("field.unknown", Some("Is `template` meant?"))
    );
}

#[test]
fn references_in_a_circle_are_refused() {
    assert_eq!(
        one("steps: &all [{id: a, branch: [{steps: *all}]}]\n"),
        at("yaml.cycle", "/steps/0/branch/0/steps")
    );
    assert_eq!(
        one("steps: [{id: a, emit: {event: order.placed}}]\n"),
        at("journey.cycle", "/steps/0/emit/event")
    );
}

#[test]
fn whoever_is_moved_by_the_journey_that_a_segment_starts_enters_it_a_bounded_number_of_times() {
    let told = |trigger: &str, entry: &str, update: &str| {
        let text = format!(
            "journey: v1\nname: gold\npurpose: informational\ntrigger: {trigger}\n{entry}steps: [{{id: a, update: {{{update}: silver}}}}]\n"
        );
        let faults = validate(&text, Format::Yaml).err().unwrap_or_default();
        assert!(faults.iter().all(|fault| fault.hint.is_some()));
        let told = faults.into_iter();
        told.map(|fault| (fault.code, fault.pointer))
            .collect::<Vec<_>>()
    };
    let cycle = [at("journey.cycle", "/steps/0/update/contact.tier")];
    let segment = "{segment: seg_01ARZ3NDEKTSV4RRFFQ69G5FAV}";
    assert_eq!(told(segment, "", "contact.tier"), cycle);
    let always = "entry: {reentry: always}\n";
    assert_eq!(told(segment, always, "contact.tier"), cycle);
    let left = "{event: segment.left}";
    assert_eq!(told(left, "", "contact.tier"), cycle);
    assert_eq!(told("{event: order.placed}", "", "contact.tier"), []);
    assert_eq!(told(segment, "", "run.tier"), []);
    for often in ["never", "P30D"] {
        let entry = format!("entry: {{reentry: {often}}}\n");
        assert_eq!(told(segment, &entry, "contact.tier"), []);
    }
}

#[test]
fn journeys_that_start_one_another_in_turns_are_found() {
    let says = |events: &[&str]| -> BTreeSet<String> {
        events.iter().map(|event| (*event).to_string()).collect()
    };
    let others = [
        ("b".to_string(), "y".to_string(), says(&["z"])),
        ("c".to_string(), "z".to_string(), says(&["x"])),
    ];
    let (new, harmless) = (says(&["y"]), says(&["q"]));
    assert_eq!(among(("a", "x", &new), &others), Some(vec!["a", "b", "c"]));
    assert_eq!(among(("a", "x", &harmless), &others), None);
    assert_eq!(among(("a", "w", &new), &others), None);
}

#[test]
fn steps_that_no_run_comes_to_are_refused() {
    assert_eq!(
        one("steps: [{id: a, stop: completed}, {id: b, wait: {for: P1D}}]\n"),
        at("step.unreachable", "/steps/1")
    );
    assert_eq!(
        codes("steps: [{id: a, if: event.x == 1, stop: completed}, {id: b, wait: {for: P1D}}]\n"),
        []
    );
    let branch = "steps:\n  - id: a\n    branch:\n      - steps: [{id: b, stop: goal}]\n      - {if: event.x == 1, steps: [{id: c, wait: {for: P1D}}]}\n";
    assert_eq!(one(branch), at("step.unreachable", "/steps/0/branch/1"));
    let both = "steps:\n  - id: a\n    branch:\n      - {if: event.x == 1, steps: [{id: b, stop: goal}]}\n      - steps: [{id: c, stop: completed}]\n  - {id: d, wait: {for: P1D}}\n";
    assert_eq!(one(both), at("step.unreachable", "/steps/1"));
    assert_eq!(
        one("steps: [{id: a, await: {event: x, on_timeout: [{id: b, stop: goal}]}}]\n"),
        at("step.unreachable", "/steps/0/await/on_timeout")
    );
}

#[test]
fn ids_weights_and_replies_are_looked_at() {
    assert_eq!(
        one("steps: [{id: a, wait: {for: P1D}}, {id: a, stop: goal}]\n"),
        at("step.duplicate", "/steps/1/id")
    );
    assert_eq!(
        one(
            "steps: [{id: a, split: {variants: [{name: x, weight: 50}, {name: z, weight: 40}]}}]\n"
        ),
        at("split.weights", "/steps/0/split/variants")
    );
    let reply = |word: &str| {
        format!(
            "steps: [{{id: a, await: {{replies: {{r: {{match: [\"{word}\"], steps: [{{id: b, stop: goal}}]}}}}}}}}]\n"
        )
    };
    for word in ["CANCEL", "stop", "Opt-out!", "HELP"] {
        assert_eq!(
            one(&reply(word)),
            at("reply.reserved", "/steps/0/await/replies/r/match/0"),
            "{word}"
        );
    }
    assert_eq!(codes(&reply("X")), []);
}

#[test]
fn limits_zones_crons_and_expressions_are_looked_at() {
    assert_eq!(
        one("steps: [{id: a, wait: {for: P400D}}]\n"),
        at("duration.limit", "/steps/0/wait/for")
    );
    assert_eq!(
        one("steps: [{id: a, wait: {until: now, offset: -P400D}}]\n"),
        at("duration.limit", "/steps/0/wait/offset")
    );
    assert_eq!(
        one("steps: [{id: a, wait: {at: \"09:00\", timezone: Europe/Berln}}]\n"),
        at("timezone.unknown", "/steps/0/wait/timezone")
    );
    assert_eq!(
        one("steps: [{id: a, if: \"event.total = 3\", stop: goal}]\n"),
        at("expression.invalid", "/steps/0/if")
    );
    let cron = |cron: &str| {
        let text = format!(
            "journey: v1\nname: daily\npurpose: marketing\ntrigger: {{schedule: {{cron: \"{cron}\"}}, audience: lst}}\nsteps: [{{id: a, stop: goal}}]\n"
        );
        validate(&text, Format::Yaml)
            .err()
            .map(|faults| faults[0].code)
    };
    assert_eq!(cron("0 9 * * 1"), None);
    assert_eq!(cron("0 0 30 2 *"), Some("cron.never_fires"));
    assert!(cron("61 9 * * 1").is_some());
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_in_order() {
    let text = "journey: v2\nname: X\ncolour: red\ntrigger: {event: a, segment: b}\nsteps:\n  - id: a\n    wait: {for: 3}\n  - {id: a, stop: maybe}\n";
    let faults = validate(text, Format::Yaml).unwrap_err();
    let codes: Vec<&str> = faults.iter().map(|fault| fault.code).collect();
    assert_eq!(
        codes,
        [
            "field.missing",
            "field.value",
            "field.value",
            "field.unknown",
            "field.value",
            "field.type",
            "step.duplicate",
            "field.value"
        ],
        "{faults:#?}"
    );
    assert!(faults.is_sorted_by_key(|fault| fault.line));
    let wait = &faults[5];
    assert_eq!(
        (wait.line, wait.column, wait.pointer.as_str()),
        (7, 17, "/steps/0/wait/for")
    );
}

#[test]
fn the_reserved_words_are_those_that_consent_acts_on() {
    let table = include_str!("../../../../consent/data/keywords.csv");
    for row in table
        .lines()
        .filter(|row| row.starts_with("opt_out,en,") && row.ends_with(",yes"))
    {
        let word = row.split(',').nth(2).unwrap();
        assert!(super::replies::reserved(word), "{word}");
    }
}

#[test]
fn a_call_is_short_and_a_winner_has_a_goal_and_a_rival() {
    let call = "steps: [{id: a, webhook: {url: \"https://example.com/\", timeout: PT31S}}]\n";
    assert_eq!(one(call), at("duration.limit", "/steps/0/webhook/timeout"));
    assert_eq!(codes(&call.replace("PT31S", "PT30S")), []);
    for ours in ["Host", "Idempotency-Key", "webhook-id", "X Y"] {
        let headers = format!(
            "steps: [{{id: a, webhook: {{url: \"https://example.com/\", headers: {{\"{ours}\": \"x\"}}}}}}]\n"
        );
        assert_eq!(one(&headers).0, "field.value", "{ours}");
    }
    let split = "steps:\n  - id: s\n    split:\n      variants: [{name: a, weight: 50, steps: [{id: b, stop: completed}]}, {name: c, weight: 50, steps: [{id: d, stop: completed}]}]\n      winner: {metric: goal_rate, after: P7D, min_sample: 100}\n";
    assert_eq!(one(split), at("field.missing", "/steps/0/split/winner"));
    let goal = format!("goal: {{event: order.paid}}\n{split}");
    assert_eq!(codes(&goal), []);
    let alone = goal.replace(", steps: [{id: d, stop: completed}]", "");
    assert_eq!(one(&alone), at("field.value", "/steps/0/split/winner"));
}

#[test]
fn a_schedule_is_a_cron_or_a_rule_with_a_start() {
    let schedule = |schedule: &str| {
        let text = format!(
            "journey: v1\nname: test-journey\npurpose: marketing\ntrigger: {{schedule: {schedule}}}\nsteps: [{{id: a, wait: {{for: P1D}}}}]\n"
        );
        match validate(&text, Format::Yaml) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.into_iter().map(|fault| fault.code).collect(),
        }
    };
    assert_eq!(schedule("{cron: \"0 9 * * 1\"}"), Vec::<&str>::new());
    let rule = "{rrule: \"FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9\", start: \"2026-12-01T10:00\", timezone: Europe/Berlin, missed: run_once}";
    assert_eq!(schedule(rule), Vec::<&str>::new());
    let open = "{rrule: \"FREQ=MONTHLY\"}";
    assert_eq!(schedule(open), ["field.missing"]);
    let bad = "{rrule: \"FREQ=NEVER\", start: \"2026-12-01T10:00\"}";
    assert_eq!(schedule(bad), ["rrule.invalid"]);
    let both = "{cron: \"0 9 * * 1\", rrule: \"FREQ=DAILY\", start: \"2026-12-01T10:00\"}";
    assert_eq!(schedule(both), ["field.value"]);
    assert_eq!(schedule("{timezone: UTC}"), ["field.value"]);
    let own = "{cron: \"0 9 * * 1\", timezone: contact}";
    assert_eq!(schedule(own), Vec::<&str>::new());
    let often = "{cron: \"*/30 9 * * 1\", timezone: contact}";
    assert_eq!(schedule(often), ["schedule.too_frequent"]);
    let rule =
        "{rrule: \"FREQ=DAILY;BYMINUTE=0,20\", start: \"2026-12-01T10:00\", timezone: contact}";
    assert_eq!(schedule(rule), ["schedule.too_frequent"]);
}

#[test]
fn what_is_past_is_told_only_where_the_journey_is_to_begin() {
    let text = "journey: v1\nname: old\npurpose: marketing\n\
        trigger: {schedule: {rrule: \"FREQ=DAILY;COUNT=2\", start: \"2026-06-01T10:00\", timezone: contact}}\n\
        steps:\n  - {id: a, wait: {until: \"'2026-05-01T00:00:00Z'\"}}\n  - {id: b, await: {event: a.b, until: \"'2026-08-01T00:00:00Z'\"}}\n";
    let told = |now: &str| -> Vec<(&str, String)> {
        let now = now.parse().unwrap();
        let faults = crate::journey::validate_at(text, Format::Yaml, Some(now));
        let faults = faults.err().unwrap_or_default();
        assert!(faults.iter().all(|fault| fault.hint.is_some()));
        let told = faults.into_iter();
        told.map(|fault| (fault.code, fault.pointer)).collect()
    };
    assert!(validate(text, Format::Yaml).is_ok());
    let wait = at("schedule.in_past", "/steps/0/wait/until");
    // The second and last slot may still come somewhere for a day and more.
    assert_eq!(told("2026-06-02T22:30:00Z"), std::slice::from_ref(&wait));
    let schedule = at("schedule.in_past", "/trigger/schedule");
    assert_eq!(told("2026-06-04T00:00:00Z"), [schedule, wait]);
    assert_eq!(told("2026-04-01T00:00:00Z"), []);
}

#[test]
fn a_window_that_is_never_open_is_told_where_it_stands() {
    let never = "{from: \"09:00\", to: \"09:00\"}";
    let send = format!("steps:\n  - {{id: a, send: {{template: x, window: {never}}}}}\n");
    assert_eq!(one(&send), at("field.value", "/steps/0/send/window"));
}

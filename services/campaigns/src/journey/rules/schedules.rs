//! What spans the fields of a schedule, of a call, and of a split with a winner.

use chrono::{DateTime, Duration};

use super::walk::Found;
use crate::journey::cron;
use crate::journey::fault::Fault;
use crate::journey::model::{Missed, Recurrence};
use crate::journey::source::Node;
use crate::schedule::IsoDuration;
use crate::schedule::round::CONTACT;

/// The longest that one try of a call may take.
const LONGEST_CALL_SECONDS: i64 = 30;

/// A rule has a start, and comes to something from there on.
pub fn schedule(root: &Node, faults: &mut Vec<Fault>) {
    let Some(schedule) = root
        .get("trigger")
        .and_then(|trigger| trigger.get("schedule"))
    else {
        return;
    };
    too_often(schedule, faults);
    let Some(rule) = schedule.get("rrule") else {
        return;
    };
    let Some(start) = schedule.get("start") else {
        let text = "`rrule` wants a `start`: the day and time it counts from.";
        faults.push(
            Fault::new("/trigger/schedule", schedule.at, "field.missing", text)
                .hint("Such as start: \"2026-12-01T10:00\"."),
        );
        return;
    };
    if let (Some(text), Some(start)) = (rule.text(), start.text().and_then(cron::local))
        && let Some((code, said, hint)) = cron::rrule_fault(text, start)
    {
        faults.push(Fault::new("/trigger/schedule/rrule", rule.at, code, said).hint(hint));
    }
}

/// By each contact's own clock the whole audience is gone through at every slot, for more than a day.
fn too_often(schedule: &Node, faults: &mut Vec<Fault>) {
    let word = |name: &str| schedule.get(name).and_then(Node::text);
    if word("timezone") != Some(CONTACT) {
        return;
    }
    let written = Recurrence {
        cron: word("cron").map(str::to_string),
        rrule: word("rrule").map(str::to_string),
        start: word("start").map(str::to_string),
        timezone: word("timezone").map(str::to_string),
        missed: Missed::Skip,
    };
    // What cannot be read is told elsewhere.
    let Ok(slots) = cron::recurring(&written) else {
        return;
    };
    let start = written.start.as_deref().and_then(cron::local);
    let from = start.map_or(DateTime::UNIX_EPOCH, |start| start.and_utc());
    let shortest = slots.shortest_interval(from - Duration::days(2));
    if shortest.is_some_and(|shortest| shortest < Duration::hours(1)) {
        let text = "By the contact's clock a schedule comes at most once an hour.";
        faults.push(
            Fault::new(
                "/trigger/schedule",
                schedule.at,
                "schedule.too_frequent",
                text,
            )
            .hint("Name one minute of the hour, such as \"0 10 * * *\"."),
        );
    }
}

/// Whoever waits for an answer does not wait long.
pub fn calls(steps: &[Found<'_>], faults: &mut Vec<Fault>) {
    for step in steps {
        let Some(timeout) = step
            .node
            .get("webhook")
            .and_then(|hook| hook.get("timeout"))
        else {
            continue;
        };
        let length: Option<IsoDuration> = timeout.text().and_then(|text| text.parse().ok());
        if length.is_some_and(|length| length.nominal().num_seconds() > LONGEST_CALL_SECONDS) {
            let text =
                format!("A call takes at most PT{LONGEST_CALL_SECONDS}S; it is tried again.");
            let pointer = format!("{}/webhook/timeout", step.pointer);
            faults.push(
                Fault::new(&pointer, timeout.at, "duration.limit", text)
                    .hint(format!("Take PT{LONGEST_CALL_SECONDS}S or less.")),
            );
        }
    }
}

/// A winner wins something: there is a goal, and two variants that do something.
pub fn winners(root: &Node, steps: &[Found<'_>], faults: &mut Vec<Fault>) {
    for step in steps {
        let Some(split) = step.node.get("split") else {
            continue;
        };
        let Some(winner) = split.get("winner") else {
            continue;
        };
        let pointer = format!("{}/split/winner", step.pointer);
        if root.get("goal").is_none() {
            let text = "There is no `goal` that a variant could win by.";
            faults.push(
                Fault::new(&pointer, winner.at, "field.missing", text)
                    .hint("Add `goal` to the journey."),
            );
        }
        let acting = split
            .get("variants")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter(|variant| variant.get("steps").is_some())
            .count();
        if acting < 2 {
            let text = "One variant with steps has nobody to win against.";
            faults.push(
                Fault::new(&pointer, winner.at, "field.value", text).hint(
                    "Variants without steps are no rivals: they measure what happens anyway.",
                ),
            );
        }
    }
}

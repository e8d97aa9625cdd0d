//! Windows that are never open, and times that are past when a journey is written.

use chrono::{DateTime, Utc};

use super::walk::Found;
use crate::journey::fault::Fault;
use crate::journey::model::{Hours, Recurrence};
use crate::journey::source::Node;
use crate::journey::{clocks, cron};

/// A window says something.
pub fn windows(root: &Node, steps: &[Found<'_>], faults: &mut Vec<Fault>) {
    let mut look = |holder: &Node, pointer: String| {
        let Some(window) = holder.get("window") else {
            return;
        };
        // What is no window at all is told elsewhere.
        let Ok(hours) = serde_json::from_value::<Hours>(window.to_json()) else {
            return;
        };
        let readable = [&hours.from, &hours.to]
            .iter()
            .all(|time| crate::schedule::window::read_time(time).is_some());
        if let Err(said) = hours.window()
            && readable
        {
            let pointer = format!("{pointer}/window");
            let said = format!("The window is never open: {said}.");
            faults.push(
                Fault::new(&pointer, window.at, "field.value", said)
                    .hint("Such as {from: \"09:00\", to: \"20:00\"}."),
            );
        }
    };
    look(root, String::new());
    for step in steps {
        if let Some(send) = step.node.get("send") {
            look(send, format!("{}/send", step.pointer));
        }
    }
    if let Some(notice) = root.get("replan").and_then(|replan| replan.get("notice")) {
        look(notice, "/replan/notice".to_string());
    }
}

/// What is past now never comes.
pub fn past(root: &Node, steps: &[Found<'_>], now: DateTime<Utc>, faults: &mut Vec<Fault>) {
    let schedule = root
        .get("trigger")
        .and_then(|trigger| trigger.get("schedule"));
    if let Some(schedule) = schedule
        && let Ok(written) = serde_json::from_value::<Recurrence>(schedule.to_json())
        && let Ok(slots) = cron::recurring(&written)
        && clocks::next(&slots, cron::each_clock(&written), now).is_none()
    {
        let text = "The last slot of this schedule is past: nobody would ever enter.";
        faults.push(
            Fault::new("/trigger/schedule", schedule.at, "schedule.in_past", text)
                .hint("Take UNTIL or COUNT away, or let `start` be later."),
        );
    }
    for step in steps {
        for kind in ["wait", "await"] {
            let until = step.node.get(kind).and_then(|node| node.get("until"));
            let Some((until, at)) = until.and_then(|until| Some((until, fixed(until)?))) else {
                continue;
            };
            if at < now {
                let pointer = format!("{}/{kind}/until", step.pointer);
                let text = "This instant is past: nobody would wait for it.";
                faults.push(
                    Fault::new(&pointer, until.at, "schedule.in_past", text)
                        .hint("Give a later one, or one that depends on the run, such as appointment.starts_at."),
                );
            }
        }
    }
}

/// The instant of an expression that is one instant for everybody.
fn fixed(until: &Node) -> Option<DateTime<Utc>> {
    let text = until.text()?.trim();
    let inner = ['\'', '"']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))?;
    DateTime::parse_from_rfc3339(inner)
        .ok()
        .map(|at| at.to_utc())
}

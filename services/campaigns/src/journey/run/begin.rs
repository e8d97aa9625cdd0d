//! How a run begins, and what becomes of it when what began it comes again.

use super::machine::{MOST_SEEN, Machine, Setting};
use super::scope;
use super::state::{Effect, Happening, Run};

/// A new run. `epoch` counts beginnings under the same key.
pub fn start(set: Setting<'_>, by: &Happening, epoch: u32, now: i64) -> (Run, Vec<Effect>) {
    let mut appointment = scope::appointment_of(by);
    let mut event = by.data.clone();
    scope::normalise(&mut event, &mut appointment);
    let run = Run {
        next_fiber: 1,
        event,
        appointment,
        ..Run::empty(epoch, now)
    };
    let mut machine = Machine::new(set, run, now);
    machine.first_time(&by.id);
    machine.first_time(&again(by));
    machine.note("", format!("started by {}", by.name));
    if set.version.remembers.contains(&by.name) {
        machine.run.happened.insert(by.name.clone(), now);
    }
    machine.go(0, set.version.first);
    machine.finish()
}

/// The event as a trigger, which the run may have heard as an event before.
fn again(by: &Happening) -> String {
    format!("{}#trigger", by.id)
}

/// The run under this key is begun anew: what it had queued is withdrawn, and it starts from the first step.
pub fn restart(
    set: Setting<'_>,
    run: Run,
    by: &Happening,
    epoch: u32,
    now: i64,
) -> (Run, Vec<Effect>) {
    let mut old = Machine::new(set, run, now);
    old.advance();
    if !old.first_time(&again(by)) {
        return old.finish();
    }
    old.withdraw_queued();
    let (old, mut effects) = (old.run, old.effects);
    let (mut new, begun) = start(set, by, epoch, old.clock.max(now));
    // What was sent counts against the limits, and what was seen stays seen.
    new.sent.splice(0..0, old.sent);
    for mark in old
        .seen
        .into_iter()
        .filter(|mark| !new.seen.contains(mark))
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        new.seen.push_front(mark);
    }
    while new.seen.len() > MOST_SEEN {
        new.seen.pop_front();
    }
    effects.extend(begun);
    (new, effects)
}

/// The event that started a run came again under its key: its data is the new one, and waits are aimed anew.
pub fn update(set: Setting<'_>, run: Run, by: &Happening, now: i64) -> (Run, Vec<Effect>) {
    let mut machine = Machine::new(set, run, now);
    machine.advance();
    if machine.run.end.is_none() && machine.first_time(&again(by)) {
        machine.renew(by);
    }
    machine.finish()
}

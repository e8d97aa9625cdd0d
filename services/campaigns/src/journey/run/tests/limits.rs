//! Limits count over all runs of a contact.

use proptest::prelude::*;

use super::*;

const TEXT: &str = "journey: v1\nname: limited\npurpose: marketing\ntrigger: {event: order.placed, key: event.order}\n\
    limits: {per_contact: [{max: 2, per: PT6H}, {max: 5, per: P2D}], min_gap: PT10M}\nsteps:\n  \
    - {id: a, send: {template: x}}\n  \
    - {id: b, await: {event: link.clicked, timeout: PT3H, replies: {more: {match: [MORE], steps: [{id: answer, send: {template: x}}]}}}}\n  \
    - {id: c, send: {template: x}}\n  - {id: d, wait: {for: PT5H}}\n  - {id: e, send: {template: x}}\n";
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const START: i64 = 1_780_000_000_000;

/// One run of several, and what it was told of the others when it last moved.
struct Beside {
    run: Run,
    effects: Vec<Effect>,
}

/// Runs of one contact, moved one after the other: each is given what the others have sent so far.
struct Runs {
    version: Version,
    person: Person,
    all: Vec<Beside>,
}

impl Runs {
    fn others(&self, than: usize) -> Vec<i64> {
        let others = self.all.iter().enumerate().filter(|(at, _)| *at != than);
        others.flat_map(|(_, one)| one.run.sent.clone()).collect()
    }

    fn start(&mut self, now: i64) {
        let at = self.all.len();
        let others = self.others(at);
        let by = event(
            &format!("e{at}"),
            "order.placed",
            json!({"order": format!("o{at}")}),
        );
        let (run, effects) = start(self.set(&others), &by, 0, now);
        self.all.push(Beside { run, effects });
    }

    fn set<'a>(&'a self, others: &'a [i64]) -> Setting<'a> {
        Setting {
            version: &self.version,
            person: &self.person,
            channels: CHANNELS,
            winners: &NO_WINNERS,
            others,
        }
    }

    fn feed(&mut self, at: usize, input: &Input, now: i64) {
        let others = self.others(at);
        let (run, effects) = step(self.set(&others), self.all[at].run.clone(), input, now);
        self.all[at].run = run;
        self.all[at].effects.extend(effects);
    }

    fn counted(&self) -> Vec<i64> {
        let mut sent = self.others(usize::MAX);
        sent.sort_unstable();
        sent
    }

    fn answers(&self) -> usize {
        let effects = self.all.iter().flat_map(|one| &one.effects);
        effects
            .filter(|effect| matches!(effect, Effect::Send(text) if text.answer))
            .count()
    }
}

#[test]
fn what_other_runs_sent_counts_and_answers_do_not() {
    let version = version(TEXT);
    let person = person("UTC");
    let others = [START - 5 * HOUR, START - HOUR];
    let by = event("e", "order.placed", json!({"order": "o"}));
    let mut played = Played::among(&version, &person, &others, &by, START);
    assert!(played.sends().is_empty(), "two in six hours");
    let reply = Input::Reply {
        id: "r".into(),
        text: "more".into(),
    };
    played.feed(&reply, START + MINUTE);
    let steps = |played: &Played<'_>| -> Vec<String> {
        let sends = played.sends().into_iter();
        sends.map(|(step, _)| step).collect()
    };
    assert_eq!(steps(&played), ["answer"]);
    // One of the two is six hours old by then.
    played.until(START + 3 * HOUR);
    assert!(played.run.sent.is_empty());
    played.until(START + 6 * HOUR);
    assert_eq!(steps(&played), ["answer", "e"]);
}

#[test]
fn the_gap_is_kept_from_texts_of_other_runs_too() {
    let version = version(TEXT);
    let person = person("UTC");
    let others = [START - 4 * MINUTE];
    let by = event("e", "order.placed", json!({"order": "o"}));
    let mut played = Played::among(&version, &person, &others, &by, START);
    assert!(played.sends().is_empty());
    played.until(START + 6 * MINUTE);
    assert_eq!(played.run.sent, [START + 6 * MINUTE]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Runs begin and move in any order, and their timers come late: no span ever has one text too many.
    #[test]
    fn no_span_has_more_texts_than_the_limit_in_whatever_order_runs_move(
        acts in prop::collection::vec((0..5_usize, 0..90_i64, 0..4_u8), 1..80),
    ) {
        let mut runs = Runs { version: version(TEXT), person: person("Europe/Berlin"), all: Vec::new() };
        let mut now = START;
        for (nth, (which, minutes, act)) in acts.iter().enumerate() {
            now += minutes * MINUTE;
            match act {
                0 => runs.start(now),
                _ if runs.all.is_empty() => {}
                1 => {
                    let reply = Input::Reply { id: format!("r{nth}"), text: "more".into() };
                    runs.feed(which % runs.all.len(), &reply, now);
                }
                // A timer, however late, and in whatever order among the runs.
                _ => {
                    runs.feed(which % runs.all.len(), &Input::Wake, now);
                }
            }
        }
        let sent = runs.counted();
        for (most, per) in [(2, 6 * HOUR), (5, 48 * HOUR), (1, 10 * MINUTE)] {
            for from in &sent {
                let within = sent.iter().filter(|at| **at >= *from && **at < from + per).count();
                prop_assert!(within <= most, "{within} within {per}: {sent:?}");
            }
        }
        // The first that could always did.
        prop_assert!(runs.all.is_empty() || !sent.is_empty());
        prop_assert!(runs.answers() <= acts.iter().filter(|(.., act)| *act == 1).count());
    }
}

//! The promise behind restarts, redeliveries and late timers: the final state is that of the serial order.
//!
//! Serial means: every timer at its instant, every event at its own, each once. What may differ from it is what an
//! engine can do to a run: timers delivered late (within the grace), more than once, or never because an event came
//! first; events, replies and outcomes delivered again at any later time; the state written out and read back between
//! any two inputs. The order in which different events of one contact are accepted is part of the story, and the same
//! in both.

use proptest::prelude::*;

use super::*;

const TEXT: &str = r#"
journey: v1
name: all-kinds
purpose: marketing
trigger: {event: order.placed, key: event.order}
exit:
  - {event: contact.left, as: cancelled}
  - {event: order.paid, if: event.total > 90, as: goal}
  - {after: P6D, as: expired}
goal: {event: order.paid, within: P9D, value: event.total}
replan: {event: visit.moved, notice: {template: moved}, reset: [appointment.confirmation]}
window: {from: "09:00", to: "20:00", outside: later}
limits: {per_contact: [{max: 4, per: P2D}], min_gap: PT20M}
steps:
  - {id: hello, send: {template: hello, channels: [sms, whatsapp], fallback: {if: [failed, undelivered, no_receipt], no_receipt_after: PT30M}}}
  - id: listen
    await:
      background: true
      timeout: P4D
      event: link.clicked
      then: [{id: click, update: {run.clicked: true}}]
      replies:
        more: {match: ["MORE"], steps: [{id: more_text, send: {template: more}}, {id: more_wait, wait: {for: PT7M}}, {id: more_call, webhook: {url: "https://example.com/more", on_error: [{id: more_sorry, send: {template: sorry}}]}}, {id: more_say, emit: {event: more.wanted, data: {nr: "{{ event.order }}", ok: "{{ run.called.more_call.ok }}"}}}]}
      other: [{id: human, emit: {event: needs.human}}]
  - {id: w1, wait: {for: PT45M}}
  - id: part
    split:
      variants:
        - {name: a, weight: 50, steps: [{id: pa, send: {template: pa}}]}
        - {name: b, weight: 50, steps: [{id: wb, wait: {at: "10:30", days: [mon, wed, fri]}}]}
  - id: ask
    await:
      event: survey.answered
      if: event.score is defined
      timeout: PT5H
      then: [{id: thanks, send: {template: thanks}}]
      on_timeout: [{id: again, if: "not happened('link.clicked', within='P1D')", send: {template: again}}]
  - {id: anchored, wait: {until: appointment.starts_at, offset: -PT3H, past: continue}}
  - {id: last, send: {template: last, vars: {nr: "{{ contact.first_name }}"}}}
  - {id: hook, webhook: {url: "https://example.com/x", body: {clicked: "{{ run.clicked|default(false) }}"}}}
  - {id: fin, wait: {for: P1D}}
"#;

const START: i64 = 1_780_000_000_000;
const MINUTE: i64 = 60_000;

#[derive(Debug, Clone)]
enum Act {
    Event(&'static str, i64),
    Reply(&'static str),
    Outcome(u32, Fate),
    Called(u32, bool),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => prop::sample::select(vec!["link.clicked", "survey.answered", "visit.moved", "unheard.of", "order.paid"]).prop_flat_map(|name| (Just(name), 0..100_i64)).prop_map(|(name, n)| Act::Event(name, n)),
        1 => prop::sample::select(vec!["contact.left", "order.paid"]).prop_flat_map(|name| (Just(name), 0..200_i64)).prop_map(|(name, n)| Act::Event(name, n)),
        2 => prop::sample::select(vec!["more", "MORE!", "what"]).prop_map(Act::Reply),
        3 => (1..6_u32, prop::sample::select(vec![Fate::HandedOver, Fate::Failed, Fate::Delivered, Fate::Undelivered, Fate::NoConsent, Fate::Withdrawn])).prop_map(|(text, fate)| Act::Outcome(text, fate)),
        3 => (1..12_u32, any::<bool>()).prop_map(|(number, ok)| Act::Called(number, ok)),
    ]
}

fn input(index: usize, act: &Act) -> Input {
    match act {
        Act::Event("visit.moved", n) => {
            let starts = DateTime::from_timestamp_millis(START + (24 + n) * 60 * MINUTE)
                .unwrap()
                .to_rfc3339();
            Input::Event(Happening {
                appointment: Some(json!({"starts_at": starts})),
                ..event(&format!("e{index}"), "visit.moved", json!({}))
            })
        }
        Act::Event(name, n) => Input::Event(event(
            &format!("e{index}"),
            name,
            json!({"score": n, "total": n}),
        )),
        Act::Reply(text) => Input::Reply {
            id: format!("r{index}"),
            text: (*text).to_string(),
        },
        Act::Outcome(text, fate) => Input::Outcome {
            text: *text,
            fate: *fate,
        },
        Act::Called(number, ok) => Input::Called(Answer {
            number: *number,
            ok: *ok,
            status: ok.then_some(200),
            body: json!({"nr": number}),
        }),
    }
}

/// What the engine does to a run between two inputs.
#[derive(Debug, Clone, Copy)]
struct Trouble {
    /// Timers are delivered this late, or not at all.
    lateness: Option<i64>,
    /// A timer comes although nothing is due.
    stray: bool,
    /// Which earlier input comes again.
    again: Option<prop::sample::Index>,
    restart: bool,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let lateness = prop::option::of(0..GRACE_MS);
    (
        lateness,
        any::<bool>(),
        prop::option::of(any::<prop::sample::Index>()),
        any::<bool>(),
    )
        .prop_map(|(lateness, stray, again, restart)| Trouble {
            lateness,
            stray,
            again,
            restart,
        })
}

fn reborn(run: &Run) -> Run {
    serde_json::from_slice(&serde_json::to_vec(run).unwrap()).unwrap()
}

/// Effects that matter: timers are the engine's way to deliver wakes.
fn done(effects: &[Effect]) -> Vec<Effect> {
    effects
        .iter()
        .filter(|effect| !matches!(effect, Effect::Timer { .. }))
        .cloned()
        .collect()
}

/// The state without the book of inputs, whose order a redelivery does not change either.
fn serial(
    (version, person, others): (&Version, &Person, &[i64]),
    story: &[(i64, Input)],
    end: i64,
) -> (Run, Vec<Effect>) {
    let mut played = Played::among(version, person, others, &story_start(), START);
    for (at, input) in story {
        played.until(*at);
        played.feed(input, *at);
    }
    played.until(end);
    played.feed(&Input::Wake, end);
    (played.run, done(&played.effects))
}

fn story_start() -> Happening {
    let starts = DateTime::from_timestamp_millis(START + 30 * 60 * MINUTE)
        .unwrap()
        .to_rfc3339();
    Happening {
        appointment: Some(json!({"starts_at": starts, "confirmation": "none"})),
        ..event("start", "order.placed", json!({"order": "o1"}))
    }
}

fn troubled(
    (version, person, others): (&Version, &Person, &[i64]),
    story: &[(i64, Input)],
    troubles: &[Trouble],
    end: i64,
) -> (Run, Vec<Effect>) {
    let mut played = Played::among(version, person, others, &story_start(), START);
    let mut past: Vec<Input> = vec![Input::Event(story_start())];
    let mut clock = START;
    for (index, (at, input)) in story.iter().enumerate() {
        let trouble = troubles[index % troubles.len()];
        late_timers(&mut played, &mut clock, *at, trouble);
        clock = clock.max(*at);
        if trouble.stray {
            played.feed(&Input::Wake, clock);
        }
        if trouble.restart {
            played.run = reborn(&played.run);
        }
        played.feed(input, clock);
        // What became of a text cannot be told before there is the text, so it cannot come again from then either; nor
        // can the answer to a call that was not made.
        let untimely = match input {
            Input::Outcome { text, .. } => {
                played.run.texts.iter().all(|known| known.number != *text)
            }
            Input::Called(answer) => answer.number > played.run.number,
            _ => false,
        };
        if !untimely {
            past.push(input.clone());
        }
        if let Some(again) = trouble.again {
            played.run = reborn(&played.run);
            let input = again.get(&past).clone();
            played.feed(&input, clock);
        }
    }
    late_timers(
        &mut played,
        &mut clock,
        end,
        Trouble {
            lateness: Some(0),
            stray: false,
            again: None,
            restart: true,
        },
    );
    played.feed(&Input::Wake, end.max(clock));
    (played.run, done(&played.effects))
}

/// Delivers timers up to `until`, each late, but none past `until`: what is later than that comes with the next input.
fn late_timers(played: &mut Played<'_>, clock: &mut i64, until: i64, trouble: Trouble) {
    let mut turns = 0;
    while let Some(due) = played.run.timer {
        let lateness = match trouble.lateness {
            Some(lateness) => lateness,
            // Not delivered: only as long as the grace covers it.
            None if until - due <= GRACE_MS => return,
            None => 0,
        };
        let delivered = (due + lateness).max(*clock);
        if delivered > until || due > until || turns > 500 {
            return;
        }
        turns += 1;
        *clock = delivered;
        if trouble.restart {
            played.run = reborn(&played.run);
        }
        played.feed(&Input::Wake, delivered);
        played.feed(&Input::Wake, delivered);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_interleaving_ends_in_the_state_of_the_serial_order(
        story in prop::collection::vec((1..600_i64, act()), 0..14),
        troubles in prop::collection::vec(trouble(), 1..8),
        who in 0..6_u32,
        others in prop::collection::vec(-3_000..6_000_i64, 0..5),
    ) {
        let version = version(TEXT);
        let person = Person { id: format!("con_{who}"), ..person("Europe/Berlin") };
        let mut at = START;
        let mut told = Vec::new();
        for (index, (gap, act)) in story.iter().enumerate() {
            at += gap * MINUTE;
            told.push((at, input(index, act)));
        }
        let end = at + 10 * 24 * 60 * MINUTE;
        let others: Vec<i64> = others.iter().map(|minutes| START + minutes * MINUTE).collect();
        let world = (&version, &person, others.as_slice());
        let (one, effects) = serial(world, &told, end);
        let (other, again) = troubled(world, &told, &troubles, end);
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(effects, again);
        prop_assert!(one.end.is_some(), "a run ends: {:#?}", one.fibers);
    }

    #[test]
    fn what_a_run_does_not_listen_to_can_come_anywhere(
        story in prop::collection::vec((1..600_i64, act()), 0..8),
        strays in prop::collection::vec(0..6_000_i64, 0..8),
    ) {
        let (version, person) = (version(TEXT), person("UTC"));
        let mut at = START;
        let mut told = Vec::new();
        for (index, (gap, act)) in story.iter().enumerate() {
            at += gap * MINUTE;
            told.push((at, input(index, act)));
        }
        let end = at + 10 * 24 * 60 * MINUTE;
        let mut mixed = told.clone();
        for (index, minutes) in strays.iter().enumerate() {
            mixed.push((START + minutes * MINUTE, Input::Event(event(&format!("s{index}"), "unheard.of", json!({})))));
        }
        mixed.sort_by_key(|(at, _)| *at);
        let world = (&version, &person, &[][..]);
        prop_assert_eq!(serial(world, &told, end), serial(world, &mixed, end));
    }
}

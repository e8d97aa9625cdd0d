//! A move beside what people know: what they were told last, and what they answer to it.

use super::*;

const TEXT: &str = r#"
journey: v1
name: visit
purpose: appointment
trigger: {event: appointment.scheduled, key: appointment.id}
replan: {event: appointment.rescheduled, reset: [appointment.confirmation], notice: {template: moved}}
window: {from: "08:00", to: "21:00"}
limits: {per_contact: [{max: 3, per: P1D}]}
steps:
  - {id: booked, send: {template: booked, min_lead: PT15M, vars: {at: "{{ appointment.starts_at }}"}}}
  - id: replies
    await:
      background: true
      until: appointment.starts_at
      replies:
        confirm: {match: ["C", "YES"], steps: [{id: mark, update: {appointment.confirmation: confirmed}}, {id: thanks, send: {template: thanks}}]}
        move: {match: ["R"], steps: [{id: how, send: {template: how}}]}
      other: [{id: human, emit: {event: needs.human}}]
  - {id: w2, wait: {until: appointment.starts_at, offset: -PT2H}}
  - {id: r2, send: {template: two-hours}}
"#;

const FIRST: &str = "2026-12-01T14:00:00Z";
const SECOND: &str = "2026-12-02T16:00:00Z";

fn now(seconds: i64) -> i64 {
    at("2026-11-20T15:00:00Z") + seconds * 1_000
}

fn booked<'a>(version: &'a Version, person: &'a Person) -> Played<'a> {
    let data = json!({"id": "A1", "starts_at": FIRST, "location": "Elm St"});
    let by = event("e0", "appointment.scheduled", data);
    Played::start(version, person, &by, now(0))
}

fn outcome(played: &mut Played<'_>, text: u32, fate: Fate, seconds: i64) {
    played.feed(&Input::Outcome { text, fate }, now(seconds));
}

fn moved(played: &mut Played<'_>, starts: &str, seconds: i64) {
    let data = json!({"id": "A1", "starts_at": starts});
    let moved = event(&format!("m{seconds}"), "appointment.rescheduled", data);
    played.feed(&Input::Event(moved), now(seconds));
}

fn says(played: &mut Played<'_>, text: &str, seconds: i64) {
    let id = format!("r{seconds}");
    let text = text.to_string();
    played.feed(&Input::Reply { id, text }, now(seconds));
}

fn steps(played: &Played<'_>) -> Vec<String> {
    played.sends().into_iter().map(|(step, _)| step).collect()
}

#[test]
fn a_move_there_and_back_before_the_notice_is_told_to_nobody() {
    let (version, person) = (version(TEXT), person("UTC"));
    let mut played = booked(&version, &person);
    outcome(&mut played, 1, Fate::Delivered, 5);
    moved(&mut played, SECOND, 100);
    moved(&mut played, FIRST, 130);
    played.until(now(1_000));
    assert_eq!(steps(&played), ["booked"]);
    // The notice of the move there had left before the move back: that one is told.
    moved(&mut played, SECOND, 2_000);
    played.until(now(2_060));
    moved(&mut played, FIRST, 2_070);
    outcome(&mut played, 2, Fate::HandedOver, 2_080);
    played.until(now(3_000));
    assert_eq!(steps(&played), ["booked", "_notice", "_notice"]);
}

#[test]
fn a_move_before_anybody_read_the_booking_sends_it_anew_with_the_new_time() {
    let (version, person) = (version(TEXT), person("UTC"));
    let mut played = booked(&version, &person);
    for n in 0..4_u32 {
        let seconds = i64::from(n) * 10;
        let starts = if n % 2 == 0 { SECOND } else { FIRST };
        moved(&mut played, starts, seconds + 1);
        assert!(played.effects.contains(&Effect::Withdraw { text: n + 1 }));
        outcome(&mut played, n + 1, Fate::Withdrawn, seconds + 2);
        let told = played.effects.iter().rev().find_map(|effect| match effect {
            Effect::Send(text) => Some((text.step.clone(), text.vars["at"].clone())),
            _ => None,
        });
        assert_eq!(told, Some(("booked".into(), starts.into())));
    }
    played.until(now(4_000));
    assert_eq!(steps(&played), ["booked"; 5], "and no notice");
    played.until(at(FIRST));
    assert_eq!(steps(&played)[5..], ["r2"], "nothing twice after it");
}

#[test]
fn a_booking_that_is_sent_anew_waits_for_its_window_and_leads_nowhere() {
    let (version, person) = (version(TEXT), person("UTC"));
    let mut played = booked(&version, &person);
    moved(&mut played, SECOND, 1);
    // At half past ten in the evening the window is closed.
    outcome(&mut played, 1, Fate::Withdrawn, 27_000);
    assert_eq!(steps(&played), ["booked"]);
    played.run = serde_json::from_value(serde_json::to_value(&played.run).unwrap()).unwrap();
    played.until(at("2026-11-22T00:00:00Z"));
    assert_eq!(
        played.sends()[1..],
        [sent("booked", "2026-11-21T08:00:00Z")]
    );
    played.until(at("2027-01-01T00:00:00Z"));
    assert_eq!(steps(&played), ["booked", "booked", "r2"]);
}

#[test]
fn c_to_the_old_time_confirms_nothing_and_is_answered_with_the_new_one() {
    let (version, person) = (version(TEXT), person("UTC"));
    let mut played = booked(&version, &person);
    outcome(&mut played, 1, Fate::Delivered, 5);
    moved(&mut played, SECOND, 100);
    says(&mut played, "C", 110);
    assert_eq!(
        played.sends()[1..],
        [sent("_notice", "2026-11-20T15:01:50Z")]
    );
    // It has not left; to say it again brings no second one, nor does its time.
    says(&mut played, "yes", 120);
    played.until(now(1_000));
    assert_eq!(steps(&played), ["booked", "_notice"]);
    assert_eq!(played.run.appointment["confirmation"], Value::Null);
    let wished = |played: &Played<'_>| {
        let wishes = played.effects.iter();
        wishes
            .filter(|effect| matches!(effect, Effect::Appointment { .. }))
            .count()
    };
    assert_eq!(wished(&played), 0);
    outcome(&mut played, 2, Fate::HandedOver, 1_010);
    says(&mut played, "C", 1_020);
    assert_eq!(steps(&played), ["booked", "_notice", "thanks"]);
    assert_eq!(played.run.appointment["confirmation"], "confirmed");
    assert_eq!(wished(&played), 1);
}

#[test]
fn a_text_about_an_appointment_to_come_is_of_no_use_once_it_has_begun() {
    let (version, person) = (version(TEXT), person("UTC"));
    let mut played = booked(&version, &person);
    played.until(at("2027-01-01T00:00:00Z"));
    let until: Vec<i64> = played
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send(text) => Some(text.valid_until),
            _ => None,
        })
        .collect();
    assert_eq!(until, [at("2026-11-21T15:00:00Z"), at(FIRST)]);
}

#[test]
fn another_answer_to_the_old_time_is_taken_as_it_is() {
    let (version, person) = (version(TEXT), person("UTC"));
    let mut played = booked(&version, &person);
    outcome(&mut played, 1, Fate::Delivered, 5);
    moved(&mut played, SECOND, 100);
    says(&mut played, "R", 110);
    played.until(now(1_000));
    assert_eq!(steps(&played), ["booked", "how", "_notice"]);
}

#[test]
fn c_to_a_text_that_was_to_be_taken_back_is_answered_with_the_new_time() {
    let (version, person) = (version(TEXT), person("UTC"));
    let mut played = booked(&version, &person);
    moved(&mut played, SECOND, 1);
    says(&mut played, "C", 2);
    assert_eq!(steps(&played), ["booked", "_notice"]);
    assert_eq!(played.run.appointment["confirmation"], Value::Null);
}

#[test]
fn where_no_text_tells_of_moves_a_person_reads_a_confirmation_of_the_old_time() {
    let silent = TEXT.replace(", notice: {template: moved}", "");
    let (version, person) = (version(&silent), person("UTC"));
    let mut played = booked(&version, &person);
    outcome(&mut played, 1, Fate::Delivered, 5);
    moved(&mut played, SECOND, 100);
    says(&mut played, "C", 110);
    assert_eq!(played.run.appointment["confirmation"], Value::Null);
    let human =
        |effect: &Effect| matches!(effect, Effect::Emit { event, .. } if event == "needs.human");
    assert!(played.effects.iter().any(human));
}

//! A journey around an appointment: offsets, windows, moves, replies.

use super::*;

const TEXT: &str = r#"
journey: v1
name: visit
purpose: appointment
trigger: {event: appointment.scheduled, key: appointment.id, duplicate: update}
exit:
  - {event: appointment.cancelled}
  - {if: "now > appointment.starts_at", as: expired}
replan:
  event: appointment.rescheduled
  reset: [appointment.confirmation]
  notice: {template: moved}
window: {from: "08:00", to: "21:00", outside: earlier, earlier_at: "18:00"}
steps:
  - {id: booked, send: {template: booked, min_lead: PT15M}}
  - id: replies
    await:
      background: true
      until: appointment.starts_at
      replies:
        confirm: {match: ["C", "YES"], steps: [{id: mark, update: {appointment.confirmation: confirmed}}, {id: thanks, send: {template: thanks}}]}
  - {id: w48, wait: {until: appointment.starts_at, offset: -P2D}}
  - {id: r48, send: {template: two-days, min_lead: PT24H}}
  - {id: w2, wait: {until: appointment.starts_at, offset: -PT2H}}
  - {id: r2, send: {template: two-hours, min_lead: PT45M}}
"#;

fn booking(starts: &str) -> Happening {
    event(
        "e0",
        "appointment.scheduled",
        json!({"id": "A1", "starts_at": starts, "timezone": "America/New_York"}),
    )
}

fn planned(starts: &str, booked: &str) -> Vec<(String, String)> {
    let (version, person) = (version(TEXT), person("America/New_York"));
    let mut played = Played::start(&version, &person, &booking(starts), at(booked));
    played.until(at("2027-01-01T00:00:00Z"));
    assert_eq!(
        played.how(),
        Some(End::Completed),
        "{:#?}",
        played.run.trail
    );
    played.sends().into_iter().skip(1).collect()
}

#[test]
fn reminders_come_at_their_offsets_inside_the_window() {
    let early = "2026-11-20T15:00:00Z";
    assert_eq!(
        planned("2026-12-01T14:00:00", early),
        [
            sent("r48", "2026-11-29T19:00:00Z"),
            sent("r2", "2026-12-01T17:00:00Z")
        ]
    );
    // 06:30 is quiet: the evening before.
    assert_eq!(
        planned("2026-12-01T08:30:00", early),
        [
            sent("r48", "2026-11-29T13:30:00Z"),
            sent("r2", "2026-11-30T23:00:00Z")
        ]
    );
    // 22:30 two days before is quiet: that day at 18:00.
    assert_eq!(
        planned("2026-12-01T22:30:00", early)[0],
        sent("r48", "2026-11-29T23:00:00Z")
    );
    // Booked 30 hours ahead: the first reminder has gone by.
    assert_eq!(
        planned("2026-12-01T14:00:00", "2026-11-30T13:00:00Z"),
        [sent("r2", "2026-12-01T17:00:00Z")]
    );
}

#[test]
fn calendar_days_and_hours_differ_when_the_clocks_change() {
    // The clocks of New York fall back on 1 November 2026: 09:00 is 14:00 UTC from then on.
    assert_eq!(
        planned("2026-11-02T09:00:00", "2026-10-20T15:00:00Z")[0],
        sent("r48", "2026-10-31T13:00:00Z")
    );
    let hours = TEXT.replace("-P2D", "-PT48H");
    let (version, person) = (version(&hours), person("America/New_York"));
    let mut played = Played::start(
        &version,
        &person,
        &booking("2026-11-02T09:00:00"),
        at("2026-10-20T15:00:00Z"),
    );
    played.until(at("2026-11-01T15:00:00Z"));
    assert_eq!(played.sends()[1], sent("r48", "2026-10-31T14:00:00Z"));
}

#[test]
fn a_move_plans_anew_and_tells_whoever_was_told() {
    let (version, person) = (version(TEXT), person("America/New_York"));
    let moved = |id: &str, starts: &str| {
        Input::Event(event(
            id,
            "appointment.rescheduled",
            json!({"id": "A1", "starts_at": starts}),
        ))
    };
    let mut played = Played::start(
        &version,
        &person,
        &booking("2026-12-01T14:00:00"),
        at("2026-11-20T15:00:00Z"),
    );
    played.feed(
        &Input::Outcome {
            text: 1,
            fate: Fate::Delivered,
        },
        at("2026-11-20T15:00:05Z"),
    );
    played.until(at("2026-11-30T00:00:00Z"));
    assert_eq!(played.sends().len(), 2);
    // Two moves in a burst: one notice, about the last time.
    played.feed(
        &moved("m1", "2026-12-08T14:00:00"),
        at("2026-11-30T15:00:00Z"),
    );
    played.feed(
        &moved("m2", "2026-12-09T14:00:00"),
        at("2026-11-30T15:00:30Z"),
    );
    played.until(at("2027-01-01T00:00:00Z"));
    assert_eq!(
        played.sends()[2..],
        [
            sent("_notice", "2026-11-30T15:01:30Z"),
            sent("r48", "2026-12-07T19:00:00Z"),
            sent("r2", "2026-12-09T17:00:00Z")
        ]
    );
}

#[test]
fn a_move_nobody_was_told_of_is_silent_unless_the_old_text_left_after_all() {
    let (version, person) = (version(TEXT), person("America/New_York"));
    let mut played = Played::start(
        &version,
        &person,
        &booking("2026-12-01T14:00:00"),
        at("2026-11-20T15:00:00Z"),
    );
    let moved = Input::Event(event(
        "m1",
        "appointment.rescheduled",
        json!({"starts_at": "2026-12-08T14:00:00"}),
    ));
    played.feed(&moved, at("2026-11-20T15:00:01Z"));
    assert!(played.effects.contains(&Effect::Withdraw { text: 1 }));
    played.until(at("2026-11-21T00:00:00Z"));
    assert_eq!(played.sends().len(), 1, "silent");
    played.feed(
        &Input::Outcome {
            text: 1,
            fate: Fate::HandedOver,
        },
        at("2026-11-21T00:00:00Z"),
    );
    played.until(at("2026-11-22T00:00:00Z"));
    assert_eq!(played.sends()[1].0, "_notice");
}

#[test]
fn a_reply_confirms_and_is_answered_at_any_hour_and_a_move_takes_it_back() {
    let (version, person) = (version(TEXT), person("America/New_York"));
    let mut played = Played::start(
        &version,
        &person,
        &booking("2026-12-01T14:00:00"),
        at("2026-11-20T15:00:00Z"),
    );
    played.feed(
        &Input::Reply {
            id: "r1".into(),
            text: "yes!".into(),
        },
        at("2026-11-21T05:00:00Z"),
    );
    assert_eq!(played.run.appointment["confirmation"], "confirmed");
    assert_eq!(played.sends()[1], sent("thanks", "2026-11-21T05:00:00Z"));
    let moved = Input::Event(event(
        "m1",
        "appointment.rescheduled",
        json!({"starts_at": "2026-12-08T14:00:00"}),
    ));
    played.feed(&moved, at("2026-11-22T15:00:00Z"));
    assert_eq!(played.run.appointment["confirmation"], Value::Null);
}

#[test]
fn calling_off_stops_everything() {
    let (version, person) = (version(TEXT), person("America/New_York"));
    let mut played = Played::start(
        &version,
        &person,
        &booking("2026-12-01T14:00:00"),
        at("2026-11-20T15:00:00Z"),
    );
    played.feed(
        &Input::Event(event("c", "appointment.cancelled", json!({"id": "A1"}))),
        at("2026-11-21T15:00:00Z"),
    );
    played.until(at("2027-01-01T00:00:00Z"));
    assert_eq!(
        (played.how(), played.sends().len()),
        (Some(End::Cancelled), 1)
    );
}

#[test]
fn the_same_booking_again_aims_its_waits_anew() {
    let (version, person) = (version(TEXT), person("America/New_York"));
    let mut played = Played::start(
        &version,
        &person,
        &booking("2026-12-01T14:00:00"),
        at("2026-11-20T15:00:00Z"),
    );
    let again = Happening {
        id: "e1".into(),
        ..booking("2026-12-05T14:00:00")
    };
    let (run, _) = update(
        played.set,
        played.run.clone(),
        &again,
        at("2026-11-21T15:00:00Z"),
    );
    played.run = run;
    played.until(at("2027-01-01T00:00:00Z"));
    assert_eq!(
        played.sends()[1..],
        [
            sent("r48", "2026-12-03T19:00:00Z"),
            sent("r2", "2026-12-05T17:00:00Z")
        ]
    );
}

#[test]
fn a_change_that_moves_nothing_is_followed_and_aims_at_another_end() {
    let text = "journey: v1\nname: visits\npurpose: appointment\ntrigger: {event: appointment.scheduled, key: appointment.id}\nsteps:\n  - {id: after, wait: {until: appointment.ends_at, offset: +PT1H}}\n  - {id: thanks, if: \"appointment.subject == 'Check-up'\", send: {template: x}}\n";
    let (version, person) = (version(text), person("UTC"));
    let told = |subject: &str, ends: &str| json!({"id": "A1", "subject": subject, "starts_at": "2026-12-01T14:00:00Z", "ends_at": ends});
    let begun = event(
        "e0",
        "appointment.scheduled",
        told("Cleaning", "2026-12-01T14:30:00Z"),
    );
    let mut played = Played::start(&version, &person, &begun, at("2026-11-20T15:00:00Z"));
    let updated = event(
        "e1",
        "appointment.updated",
        told("Check-up", "2026-12-01T16:00:00Z"),
    );
    played.feed(&Input::Event(updated), at("2026-11-21T15:00:00Z"));
    played.until(at("2026-12-02T00:00:00Z"));
    assert_eq!(played.sends(), [sent("thanks", "2026-12-01T17:00:00Z")]);
}

#[test]
fn a_run_ends_when_its_appointment_is_another_persons() {
    let (version, person) = (version(TEXT), person("UTC"));
    let other = contract::ContactId::from_raw(9).to_string();
    for name in ["appointment.updated", "appointment.rescheduled"] {
        let mut played = Played::start(
            &version,
            &person,
            &booking("2026-12-01T14:00:00"),
            at("2026-11-20T15:00:00Z"),
        );
        let told =
            |id: &str| json!({"id": id, "contact": other, "starts_at": "2026-12-01T19:00:00Z"});
        let of_another = event("e1", name, told("A2"));
        played.feed(&Input::Event(of_another), at("2026-11-21T15:00:00Z"));
        assert_eq!(played.how(), None);
        let own = event("e2", name, told("A1"));
        played.feed(&Input::Event(own), at("2026-11-21T15:00:00Z"));
        assert_eq!(played.how(), Some(End::Cancelled), "{name}");
    }
}

//! Appointments from the API to the person's handset and back, with kills in between.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use serde_json::{Value, json};
use testkit::{Client, binary};

use super::desk;
use super::world::{SENDER, World, people, wait_for};

const PATIENCE: Duration = Duration::from_secs(100);

/// The texts that a carrier took for a number, in their order.
fn texts_to(log: &str, phone: &str) -> Vec<String> {
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|entry| entry["e"] == "submit" && entry["to"] == phone)
        .map(|entry| entry["text"].as_str().unwrap_or_default().to_string())
        .collect()
}

/// How they begin.
fn kinds(world: &World, phone: &str) -> Vec<String> {
    texts_to(&world.carrier_log(), phone)
        .iter()
        .map(|text| text.split(' ').next().unwrap_or_default().to_string())
        .collect()
}

async fn until_texted(world: &World, phone: &str, wanted: &[&str]) {
    let what = format!("{wanted:?} to {phone}");
    wait_for(&what, PATIENCE, async || {
        (kinds(world, phone) == wanted).then_some(())
    })
    .await;
}

/// The id of a published template.
async fn template(client: &Client, name: &str, body: &str) -> String {
    let made = json!({ "name": name, "language": "en", "body": body });
    let made = client.post("/v1/templates", &made).await.unwrap();
    let id = made["id"].as_str().unwrap().to_string();
    let path = format!("/v1/templates/{id}/publish");
    client.post(&path, &json!({})).await.unwrap();
    id
}

fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// `-PT…S` such that a reminder of what starts then is due at this instant.
fn offset(starts: DateTime<Utc>, due: DateTime<Utc>) -> String {
    format!("-PT{}S", (starts - due).num_seconds())
}

/// A local time in UTC.
fn local(at: DateTime<Utc>) -> Value {
    json!({ "local": at.format("%Y-%m-%dT%H:%M").to_string(), "timezone": "UTC" })
}

struct Desk {
    client: Client,
    starts: DateTime<Utc>,
}

impl Desk {
    async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let bytes = serde_json::to_vec(body).unwrap();
        let sent = self.client.send(method, path, "application/json", bytes);
        let (status, answer) = sent.await.unwrap();
        assert!((200..300).contains(&status), "{status} {answer}");
        answer
    }

    async fn put(&self, id: &str, phone: &str, starts: DateTime<Utc>) -> Value {
        let body = json!({ "contact": phone, "starts_at": local(starts), "subject": "Cleaning", "location": "Elm St" });
        let path = format!("/v1/appointments/ext:{id}");
        self.send("PUT", &path, &body).await
    }

    async fn until(&self, id: &str, field: &str, wanted: &str) -> Value {
        let path = format!("/v1/appointments/ext:{id}");
        let what = format!("{field} {wanted} of {id}");
        wait_for(&what, PATIENCE, async || {
            let of = self.client.get(&path).await.ok()?;
            (of[field] == wanted).then_some(of)
        })
        .await
    }

    async fn states(&self, id: &str) -> Vec<String> {
        let path = format!("/v1/appointments/ext:{id}/plan");
        let plan = self.client.get(&path).await.unwrap();
        let reminders = plan["reminders"].as_array().unwrap();
        reminders
            .iter()
            .map(|one| one["state"].as_str().unwrap().to_string())
            .collect()
    }
}

/// Templates, a plan of two reminders and everybody's appointments at one time; when the first reminders are due.
async fn book(world: &World, people: &[String]) -> (Desk, DateTime<Utc>) {
    let client = world.client();
    desk::import(&client, desk::csv(people, "Ana")).await;
    desk::opt_in(&client, people).await;
    let at = "{{ contact.appointment_at | time }}";
    let texts = [
        (
            "first",
            format!(
                "First reminder: {{{{ contact.appointment_subject }}}} at {at}. Reply C to confirm."
            ),
        ),
        ("second", format!("Second reminder: today at {at}.")),
        (
            "moved",
            format!("Moved from {{{{ contact.appointment_old_at | time }}}} to {at}."),
        ),
        ("cancelled", format!("Cancelled: your appointment at {at}.")),
        ("confirmed", "Confirmed, see you.".to_string()),
    ];
    let mut ids = Vec::new();
    for (name, body) in &texts {
        ids.push(template(&client, name, body).await);
    }
    let soon = now() + TimeDelta::minutes(40);
    let starts = soon.with_second(0).unwrap().with_nanosecond(0).unwrap();
    let first = now() + TimeDelta::seconds(12);
    let due = [first, first + TimeDelta::seconds(90)];
    let step = |id: &str, n: usize| json!({ "id": id, "offset": offset(starts, due[n]), "min_lead": "PT0S", "template": ids[n] });
    let plan = json!({
        "name": "default", "sender": SENDER, "min_gap": "PT0S",
        "steps": [step("first", 0), step("second", 1)],
        "templates": { "moved": ids[2], "cancelled": ids[3], "confirmed": ids[4] },
    });
    client.post("/v1/reminder-plans", &plan).await.unwrap();
    let desk = Desk { client, starts };
    for (n, phone) in people.iter().enumerate() {
        let made = desk.put(&n.to_string(), phone, starts).await;
        assert_eq!(made["effect"], "scheduled", "{made}");
        assert_eq!(desk.states(&n.to_string()).await, ["planned", "planned"]);
    }
    (desk, first)
}

/// What the command prints.
fn command(world: &World, arguments: &[&str]) -> String {
    let output = std::process::Command::new(binary())
        .arg("appointment")
        .args(arguments)
        .env("HAILMAST_URL", format!("http://{}", world.address()))
        .env("HAILMAST_KEY", world.key())
        .output()
        .unwrap();
    let (out, err) = (output.stdout, output.stderr);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&err));
    String::from_utf8(out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn appointments_are_reminded_answered_moved_and_cancelled_through_every_kill() {
    let mut world = World::start(&[
        ("HAILMAST_CAMPAIGNS__APPOINTMENT_NOTICE_SECONDS", "4"),
        ("HAILMAST_CAMPAIGNS__APPOINTMENT_JOIN_MINUTES", "0"),
        ("HAILMAST_CONSENT__APPOINTMENT_STANDS_WAIT_MS", "2000"),
    ]);
    let people = people(5);
    let (mut desk, first_due) = book(&world, &people).await;
    let [confirms, moves, cancels, opts_out, keeps] = [0, 1, 2, 3, 4].map(|n| people[n].clone());

    let plan = command(&world, &["plan", "ext:0"]);
    assert!(plan.contains("on_time: due when its offset says"), "{plan}");

    // Nobody is there when the first reminders are due.
    world.kill();
    let left = (first_due + TimeDelta::seconds(2) - now()).to_std();
    tokio::time::sleep(left.unwrap_or_default()).await;
    world.boot();
    desk.client = world.client();
    for phone in &people {
        until_texted(&world, phone, &["First"]).await;
    }

    world.text_in(&confirms, "C");
    let confirmed = desk.until("0", "confirmation", "confirmed").await;
    assert_eq!(
        (&confirmed["confirmed_by"], &confirmed["confirmed_version"]),
        (&json!("first"), &json!(1))
    );
    until_texted(&world, &confirms, &["First", "Confirmed,"]).await;

    world.text_in(&opts_out, "CANCEL");
    let stands = desk.until("3", "attention_reason", "opted_out").await;
    assert_eq!(
        (&stands["status"], &stands["confirmation"]),
        (&json!("scheduled"), &json!("unconfirmed"))
    );
    until_texted(&world, &opts_out, &["First", "You"]).await;
    let said = texts_to(&world.carrier_log(), &opts_out);
    assert!(
        said[1].contains("You are unsubscribed") && said[1].contains("is still booked"),
        "{said:?}"
    );

    // Moved twice and killed before the notice is due: one notice, with the last time.
    let (first, last) = (
        desk.starts + TimeDelta::days(1),
        desk.starts + TimeDelta::days(2),
    );
    assert_eq!(desk.put("1", &moves, first).await["notice"], "will_send");
    assert_eq!(desk.put("1", &moves, last).await["notice"], "will_send");
    let gone = desk
        .send("DELETE", "/v1/appointments/ext:2", &json!({}))
        .await;
    assert_eq!(
        (&gone["effect"], &gone["notice"]),
        (&json!("cancelled"), &json!("will_send"))
    );
    world.kill();
    world.boot();
    desk.client = world.client();
    until_texted(&world, &moves, &["First", "Moved"]).await;
    until_texted(&world, &cancels, &["First", "Cancelled:"]).await;

    // The second reminder goes to those who still come, and whom it may reach.
    until_texted(&world, &keeps, &["First", "Second"]).await;
    until_texted(&world, &confirms, &["First", "Confirmed,", "Second"]).await;
    wait_for("the refusal", PATIENCE, async || {
        (desk.states("3").await.last()? == "suppressed").then_some(())
    })
    .await;
    world.kill();
    world.boot();
    desk.client = world.client();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(kinds(&world, &moves), ["First", "Moved"]);
    assert_eq!(kinds(&world, &cancels), ["First", "Cancelled:"]);
    assert_eq!(kinds(&world, &opts_out), ["First", "You"]);
    assert_eq!(kinds(&world, &keeps), ["First", "Second"]);
    let called = desk.until("3", "attention", "needs_call").await;
    assert_eq!(called["status"], "scheduled");
    let figures = desk
        .client
        .get(&format!(
            "/v1/appointment-figures?to={}",
            (desk.starts + TimeDelta::days(9)).format("%Y-%m-%dT%H:%M:%SZ")
        ))
        .await
        .unwrap();
    assert_eq!(
        (&figures["appointments"], &figures["cancelled"]),
        (&json!(4), &json!(1)),
        "{figures}"
    );

    let to_come = command(&world, &["list", "--state", "scheduled"]);
    assert_eq!(to_come.lines().count(), 4, "{to_come}");
    assert!(to_come.contains("needs_call"), "{to_come}");

    world.assert_unharmed();
    let verdict = world.verdict();
    // Five first reminders, one answer, two notices, two second reminders.
    assert_eq!((verdict.texts, verdict.texts_twice), (10, 0), "{verdict:?}");
    assert_eq!(
        (
            verdict.confirmations,
            verdict.stops,
            verdict.texts_after_recorded_stop
        ),
        (1, 1, 0),
        "{verdict:?}"
    );
}

//! Journeys that a schedule starts.

use sea_orm::ConnectionTrait;

use super::*;

/// The kit's clock starts on a Wednesday at 15:00 UTC, 11:00 in New York.
const DAILY: &str = "journey: v1\nname: daily\npurpose: informational\n\
    trigger: {schedule: {cron: \"0 12 * * *\", timezone: America/New_York}, audience: lst_01ARZ3NDEKTSV4RRFFQ69G5FAV}\nsteps:\n  \
    - {id: hello, send: {template: greeting}}\n  - {id: rest, wait: {for: PT2H}}\n";

async fn live(kit: &Kit, id: &str) -> u64 {
    let (status, journey) = kit.get(&format!("/v1/journeys/{id}")).await;
    assert_eq!(status, 200, "{journey}");
    journey["live_runs"]["1"].as_u64().unwrap_or(0)
}

async fn until_live(kit: &Kit, id: &str, wanted: u64) {
    crate::appointments::until(&format!("{wanted} live runs"), async || {
        live(kit, id).await == wanted
    })
    .await;
}

/// How many rows of the database there are; `rows` is what stands behind FROM.
pub async fn count(kit: &Kit, rows: &str) -> i64 {
    let db = kit.db("campaigns");
    let text = format!("SELECT COUNT(*) AS n FROM {rows}");
    let row = db.read().query_one_raw(db.engine().sql(text, [])).await;
    row.unwrap().unwrap().try_get("", "n").unwrap()
}

/// The audience of so many slots has been gone through: by the clocks of contacts, everybody has a place.
async fn until_placed(kit: &Kit, slots: i64) {
    crate::appointments::until(&format!("{slots} slots are gone through"), async || {
        count(kit, "journey_slot WHERE done_at IS NOT NULL").await == slots
    })
    .await;
}

/// Everything that has arrived for runs is worked in.
pub async fn until_none_waits(kit: &Kit) {
    crate::appointments::until("no input waits", async || {
        count(kit, "journey_input WHERE held_by IS NULL").await == 0
    })
    .await;
}

/// Nothing of `rows` whose time, in the column named so, has come waits to be looked at.
async fn until_none_is_due(kit: &Kit, column: &str, rows: &str) {
    crate::appointments::until(&format!("none is due of {rows}"), async || {
        let now = kit.clock.millis().0;
        count(kit, &format!("{rows} AND {column} <= {now}")).await == 0
    })
    .await;
}

#[tokio::test]
async fn at_each_slot_the_whole_audience_enters_once_across_a_restart() {
    let kit = kit(1_300).await;
    let id = published(&kit, DAILY).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(live(&kit, &id).await, 0);
    kit.clock.advance(chrono::Duration::hours(1));
    crate::appointments::until("the first have entered", async || live(&kit, &id).await > 0).await;
    let kit = kit.restart().await;
    until_live(&kit, &id, 1_300).await;
    kit.clock.advance(chrono::Duration::hours(2));
    until_live(&kit, &id, 0).await;
    // A run has ended before dispatch hears of its last text.
    crate::appointments::until("everybody was texted", async || {
        fake::world(kit.tenant).flow_texts.len() == 1_300
    })
    .await;
    kit.clock.advance(chrono::Duration::hours(22));
    until_live(&kit, &id, 1_300).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_slot_of_a_pause_starts_nothing_and_the_next_one_does() {
    let kit = kit(5).await;
    let id = published(&kit, DAILY).await;
    let pause = |what: &'static str| format!("/v1/journeys/{id}/{what}");
    assert_eq!(kit.post(&pause("pause"), json!({})).await.0, 200);
    kit.clock.advance(chrono::Duration::hours(1));
    until_none_is_due(&kit, "due_at", "timer WHERE kind = 'journey.slot'").await;
    assert_eq!(kit.post(&pause("resume"), json!({})).await.0, 200);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(live(&kit, &id).await, 0);
    kit.clock.advance(chrono::Duration::hours(24));
    until_live(&kit, &id, 5).await;
    kit.stop().await;
}

#[tokio::test]
async fn other_zone_data_moves_the_slot_to_come_and_keeps_its_local_time() {
    let kit = kit(5).await;
    let id = published(&kit, DAILY).await;
    // As if it had been computed when New York was an hour behind.
    let db = kit.db("campaigns");
    db.write(|tx| {
        Box::pin(async move {
            let text = "update timer set due_at = due_at + 3600000, look_at = look_at + 3600000 where kind = 'journey.slot'";
            tx.execute_unprepared(text).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
    let kit = kit.restart().await;
    kit.clock.advance(chrono::Duration::minutes(62));
    until_live(&kit, &id, 5).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_schedule_that_comes_too_often_is_refused_at_the_publishing() {
    let kit = kit(5).await;
    let often = DAILY
        .replace("0 12 * * *", "* * * * *")
        .replace("purpose: informational", "purpose: marketing");
    let (status, journey) = kit.post("/v1/journeys", written(&often)).await;
    assert_eq!(status, 201, "{journey}");
    let path = format!("/v1/journeys/{}/publish", journey["id"].as_str().unwrap());
    let (status, problem) = kit.post(&path, json!({})).await;
    let said = &problem["errors"][0];
    assert_eq!(
        (status, &said["pointer"], &said["code"]),
        (
            422,
            &json!("/trigger/schedule/cron"),
            &json!("schedule.too_frequent")
        ),
        "{problem}"
    );
    kit.stop().await;
}

#[tokio::test]
async fn an_audience_that_is_not_there_is_refused_at_the_publishing() {
    let kit = kit(5).await;
    let list = "lst_01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
    fake::world(kit.tenant).gone_lists.insert(list);
    for (name, source) in [
        ("no such list", DAILY.to_string()),
        (
            "no id",
            DAILY
                .replace("lst_01ARZ3NDEKTSV4RRFFQ69G5FAV", "vips")
                .replace("name: daily", "name: weekly"),
        ),
    ] {
        let (status, journey) = kit.post("/v1/journeys", written(&source)).await;
        assert_eq!(status, 201, "{journey}");
        let id = journey["id"].as_str().unwrap();
        let (status, problem) = kit
            .post(&format!("/v1/journeys/{id}/publish"), json!({}))
            .await;
        assert_eq!(status, 422, "{name}: {problem}");
        assert_eq!(problem["errors"][0]["code"], "audience.unknown", "{name}");
        assert_eq!(problem["errors"][0]["pointer"], "/trigger/audience");
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_schedule_whose_last_slot_is_past_is_refused_at_the_publishing() {
    let kit = kit(5).await;
    // 11:00 in New York: its first slot is over, and the second one tomorrow.
    let mut created = Vec::new();
    for (name, zone, status) in [
        ("new-york", "America/New_York", 422),
        ("contact", "contact", 200),
    ] {
        let rule =
            format!("rrule: \"FREQ=DAILY;COUNT=2\", start: \"2026-06-10T10:30\", timezone: {zone}");
        let source = BY_CLOCK.replace("cron: \"0 14 * * *\", timezone: contact", &rule);
        let source = source.replace("name: by-clock", &format!("name: {name}"));
        let (answered, journey) = kit.post("/v1/journeys", written(&source)).await;
        assert_eq!(answered, 201, "{journey}");
        created.push((journey["id"].as_str().unwrap().to_string(), source, status));
    }
    // 11:00 a day later: by the clocks of contacts it is still to come in the west.
    kit.clock.advance(chrono::Duration::days(1));
    for (id, source, status) in created {
        let path = format!("/v1/journeys/{id}/publish");
        let (answered, problem) = kit.post(&path, json!({})).await;
        assert_eq!(answered, status, "{problem}");
        if status == 200 {
            continue;
        }
        assert_eq!(problem["errors"][0]["code"], "schedule.in_past");
        assert_eq!(problem["errors"][0]["pointer"], "/trigger/schedule");
        let again = source.replace("name: new-york", "name: again");
        let (answered, problem) = kit.post("/v1/journeys", written(&again)).await;
        assert_eq!(answered, 422, "{problem}");
        assert_eq!(problem["errors"][0]["code"], "schedule.in_past");
    }
    kit.stop().await;
}

/// Person n lives in the zone at n modulo 3; the third has none on the contact, so New York's by the journey counts.
pub const BY_CLOCK: &str = "journey: v1\nname: by-clock\npurpose: informational\ntimezone: America/New_York\n\
    trigger: {schedule: {cron: \"0 14 * * *\", timezone: contact}}\nsteps:\n  - {id: hello, send: {template: greeting}}\n  - {id: rest, wait: {for: PT40H}}\n";

async fn people_of(kit: &Kit, id: &str) -> Vec<String> {
    let runs = runs(kit, id).await;
    let mut people: Vec<String> = runs
        .iter()
        .map(|run| run["contact"].as_str().unwrap().to_string())
        .collect();
    people.sort();
    people
}

fn those_of(zones: &[u32], people: u32) -> Vec<String> {
    let theirs = (0..people).filter(|person| zones.contains(&(person % 3)));
    let mut theirs: Vec<String> = theirs.map(|n| fake::contact(n).to_string()).collect();
    theirs.sort();
    theirs
}

#[tokio::test]
async fn everybody_enters_when_the_slot_comes_by_their_own_clock_and_once_whatever_their_zone_becomes()
 {
    let kit = kit(30).await;
    // 15:00 UTC: 11:00 in New York, 08:00 in Los Angeles, 17:00 in Berlin, where 14:00 is over for today.
    fake::world(kit.tenant).zones = vec!["Europe/Berlin", "America/Los_Angeles", ""];
    let id = published(&kit, BY_CLOCK).await;
    until_placed(&kit, 1).await;
    assert_eq!(live(&kit, &id).await, 0);
    // Everybody moves further west: who has a place keeps it.
    fake::world(kit.tenant).zones = vec!["Pacific/Honolulu"];
    kit.clock.advance(chrono::Duration::minutes(3 * 60 - 1));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(live(&kit, &id).await, 0);
    kit.clock.advance(chrono::Duration::minutes(1));
    until_live(&kit, &id, 10).await;
    assert_eq!(people_of(&kit, &id).await, those_of(&[2], 30));
    let kit = kit.restart().await;
    kit.clock.advance(chrono::Duration::hours(3));
    until_live(&kit, &id, 20).await;
    assert_eq!(people_of(&kit, &id).await, those_of(&[1, 2], 30));
    // Of today's slot nobody is left. When tomorrow's comes in Honolulu, the others are still on the way.
    kit.clock.advance(chrono::Duration::hours(13));
    until_placed(&kit, 2).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(live(&kit, &id).await, 20);
    kit.clock.advance(chrono::Duration::hours(14));
    until_live(&kit, &id, 30).await;
    assert_eq!(people_of(&kit, &id).await, those_of(&[0, 1, 2], 30));
    kit.stop().await;
}

#[tokio::test]
async fn by_the_contacts_clock_a_time_that_was_missed_or_fell_into_a_pause_is_skipped() {
    let kit = kit(30).await;
    fake::world(kit.tenant).zones = vec!["America/Chicago", "America/Los_Angeles", ""];
    let id = published(&kit, BY_CLOCK).await;
    let entered = async |kit: &Kit| kit.get(&format!("/v1/journeys/{id}/runs?limit=200")).await;
    until_placed(&kit, 1).await;
    assert_eq!(entered(&kit).await.1["data"], json!([]));
    // New York's time falls into a pause.
    let path = |what: &str| format!("/v1/journeys/{id}/{what}");
    assert_eq!(kit.post(&path("pause"), json!({})).await.0, 200);
    kit.clock.advance(chrono::Duration::minutes(3 * 60 + 5));
    until_none_is_due(&kit, "enters_at", "journey_wave WHERE opened_at IS NULL").await;
    assert_eq!(kit.post(&path("resume"), json!({})).await.0, 200);
    // Chicago's is missed by more than an hour, Los Angeles' by less.
    kit.clock.advance(chrono::Duration::minutes(3 * 60 + 30));
    until_live(&kit, &id, 10).await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(people_of(&kit, &id).await, those_of(&[1], 30));
    kit.stop().await;
}

#[tokio::test]
async fn a_version_with_another_time_takes_the_place_of_the_one_before() {
    let kit = kit(9).await;
    fake::world(kit.tenant).zones = vec!["America/Chicago", "America/Los_Angeles", ""];
    let id = published(&kit, BY_CLOCK).await;
    kit.clock.advance(chrono::Duration::hours(3));
    until_live(&kit, &id, 3).await;
    // Chicago is next, at 19:00 UTC; with the new version at 20:00 UTC.
    let later = BY_CLOCK.replace("0 14", "0 15");
    let path = format!("/v1/journeys/{id}");
    assert_eq!(kit.put(&path, written(&later)).await.0, 200);
    let publish = format!("{path}/publish");
    assert_eq!(kit.post(&publish, json!({})).await.0, 200);
    tokio::time::sleep(Duration::from_millis(700)).await;
    kit.clock.advance(chrono::Duration::minutes(70));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&kit, &id).await.len(), 3);
    kit.clock.advance(chrono::Duration::minutes(50));
    let six = until_runs(&kit, &id, |runs| runs.len() == 6).await;
    assert_eq!(six.iter().filter(|run| run["version"] == 2).count(), 3);
    kit.stop().await;
}

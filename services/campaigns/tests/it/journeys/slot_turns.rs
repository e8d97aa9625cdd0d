//! Slots of several journeys take turns: an audience that cannot be told holds up its own slot alone.

use contract::{ListId, SegmentId};
use sea_orm::ConnectionTrait;

use super::*;

const SEGMENT: &str = "seg_01ARZ3NDEKTSV4RRFFQ69G5FAV";
const LIST: &str = "lst_01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// Due at 16:00 UTC, an hour after the kit's clock starts.
fn daily(name: &str, audience: &str) -> String {
    format!(
        "journey: v1\nname: {name}\npurpose: informational\n\
         trigger: {{schedule: {{cron: \"0 12 * * *\", timezone: America/New_York}}, audience: {audience}}}\nsteps:\n  \
         - {{id: hello, send: {{template: greeting}}}}\n  - {{id: rest, wait: {{for: PT20H}}}}\n"
    )
}

/// How often the audience of this journey could not be told.
async fn tries(kit: &Kit, journey: &str) -> i64 {
    let id: contract::JourneyId = journey.parse().unwrap();
    let db = kit.db("campaigns");
    let text = "SELECT COALESCE(MAX(tries), 0) AS n FROM journey_slot WHERE journey = $1";
    let row = db
        .read()
        .query_one_raw(db.engine().sql(text, [id.uuid().into()]))
        .await;
    row.unwrap().unwrap().try_get("", "n").unwrap()
}

#[tokio::test]
async fn an_audience_that_is_not_known_yet_holds_up_its_own_slot_alone_and_enters_once_it_is() {
    let kit = kit(20).await;
    let (segment, list): (SegmentId, ListId) = (SEGMENT.parse().unwrap(), LIST.parse().unwrap());
    // Published first: their slots are the first ones where nobody takes turns.
    let unfinished = published(&kit, &daily("unfinished", SEGMENT)).await;
    let unreadable = published(&kit, &daily("unreadable", LIST)).await;
    let others = published(&kit, &daily("others", "lst_01BX5ZZKBKACTAV9WEVGEMMVRZ")).await;
    {
        let mut world = fake::world(kit.tenant);
        world.unfinished_segments.insert(segment);
        world.unreadable_lists.insert(list);
    }
    kit.clock.advance(chrono::Duration::hours(1));
    until_runs(&kit, &others, |runs| runs.len() == 20).await;
    for held_up in [&unfinished, &unreadable] {
        crate::appointments::until("it is asked for again", async || {
            tries(&kit, held_up).await >= 2
        })
        .await;
        assert_eq!(runs(&kit, held_up).await.len(), 0);
    }
    {
        let mut world = fake::world(kit.tenant);
        world.unfinished_segments.clear();
        world.unreadable_lists.clear();
    }
    kit.clock.advance(chrono::Duration::minutes(2));
    for freed in [&unfinished, &unreadable] {
        until_runs(&kit, freed, |runs| runs.len() == 20).await;
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_slot_whose_audience_is_known_too_late_is_skipped_and_the_next_one_comes() {
    let kit = kit(20).await;
    let segment: SegmentId = SEGMENT.parse().unwrap();
    let id = published(&kit, &daily("rebuilt", SEGMENT)).await;
    fake::world(kit.tenant).unfinished_segments.insert(segment);
    kit.clock.advance(chrono::Duration::hours(1));
    crate::appointments::until("it is asked for", async || tries(&kit, &id).await > 0).await;
    // Missed by more than an hour: whoever enters now would be texted hours late.
    kit.clock.advance(chrono::Duration::minutes(62));
    fake::world(kit.tenant).unfinished_segments.clear();
    crate::appointments::until("the slot is over", async || {
        super::schedules::count(&kit, "journey_slot WHERE done_at IS NOT NULL").await == 1
    })
    .await;
    super::schedules::until_none_waits(&kit).await;
    assert_eq!(runs(&kit, &id).await.len(), 0);
    kit.clock.advance(chrono::Duration::hours(23));
    until_runs(&kit, &id, |runs| runs.len() == 20).await;
    kit.stop().await;
}

#[tokio::test]
async fn whoever_waits_for_their_own_clock_enters_while_another_audience_cannot_be_told() {
    let kit = kit(9).await;
    let by_clock = published(&kit, super::schedules::BY_CLOCK).await;
    let unreadable = published(&kit, &daily("unreadable", LIST)).await;
    let list: ListId = LIST.parse().unwrap();
    fake::world(kit.tenant).unreadable_lists.insert(list);
    // 16:00 UTC: the slot of the list is open. 18:00 UTC is 14:00 in New York, where everybody is.
    kit.clock.advance(chrono::Duration::hours(1));
    crate::appointments::until("it is asked for", async || {
        tries(&kit, &unreadable).await > 0
    })
    .await;
    kit.clock.advance(chrono::Duration::hours(2));
    until_runs(&kit, &by_clock, |runs| runs.len() == 9).await;
    kit.stop().await;
}

//! Sums of a run that were stated as final, and what late receipts make of them.

use std::collections::BTreeMap;

use contract::campaigns::RunClosed;
use contract::chunk::{CHUNK_SIZE, Encoding, Outcome, SlotRef};
use contract::dispatch::{HandOver, HandOversRecorded, Receipt, SlotOutcome, UnknownSettled};
use contract::{CampaignId, DecisionId, MessageId, Reason, RunId, UnixMillis};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake;
use crate::story::*;

/// A text: its chunk and position.
type Place = (u32, u16);

fn hand_overs(run: RunId, items: &[(Place, Outcome)]) -> HandOversRecorded {
    let slot = |&((chunk, position), outcome): &(Place, Outcome)| SlotOutcome {
        slot: SlotRef {
            run,
            chunk,
            slot: u8::try_from(position / 64).unwrap(),
        },
        campaign: CampaignId::from_raw(1),
        provider: "simulator".into(),
        at: UnixMillis(0),
        items: vec![HandOver {
            position,
            contact: fake::contact(0),
            decision: DecisionId::from_raw(1),
            outcome,
            reason: reason(outcome),
            until: None,
            segments: 1,
            encoding: Encoding::Gsm7,
            provider_message_id: String::new(),
        }],
    };
    HandOversRecorded {
        slots: items.iter().map(slot).collect(),
    }
}

fn reason(outcome: Outcome) -> Reason {
    match outcome {
        Outcome::Failed => Reason::CARRIER_REJECTED,
        Outcome::Undelivered => Reason::UNDELIVERABLE,
        _ => Reason::OK,
    }
}

fn settled(run: RunId, items: &[(Place, Outcome)]) -> UnknownSettled {
    let item = |&((chunk, position), outcome): &(Place, Outcome)| Receipt {
        message: MessageId::of(run, chunk, position),
        outcome,
        reason: reason(outcome),
        at: UnixMillis(0),
    };
    UnknownSettled {
        items: items.iter().map(item).collect(),
    }
}

/// A launched campaign on whose texts nobody but the test reports.
async fn silent(kit: &Kit, chunks: u64) -> (String, RunId) {
    fake::world(kit.tenant).deaf = true;
    let id = launched(kit).await;
    until(kit, &id, |progress| {
        progress["chunks"]["released"] == chunks
    })
    .await;
    let (_, campaign) = kit.get(&format!("/v1/campaigns/{id}")).await;
    let run = campaign["run"].as_str().unwrap().parse().unwrap();
    (id, run)
}

/// The closings said of a run so far, by revision.
fn said(kit: &Kit, run: RunId) -> BTreeMap<u32, RunClosed> {
    let world = fake::world(kit.tenant);
    let own = world.closed.iter().filter(|closed| closed.run == run);
    own.map(|closed| (closed.revision, closed.clone()))
        .collect()
}

#[tokio::test]
async fn a_late_receipt_restates_the_sums_of_a_closed_run_with_the_next_revision() {
    let kit = kit(6).await;
    let (id, run) = silent(&kit, 1).await;
    let open = progress(&kit, &id).await;
    assert_eq!(
        (&open["revision"], &open["restated_at"], &open["closed_at"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let mut handed: Vec<(Place, Outcome)> = (0..4).map(|n| ((0, n), Outcome::HandedOver)).collect();
    handed.extend([((0, 4), Outcome::Unknown), ((0, 5), Outcome::Unknown)]);
    kit.bus
        .publish(kit.tenant, &hand_overs(run, &handed))
        .await
        .unwrap();
    let first = until_state(&kit, &id, "completed").await;
    assert_eq!(
        (&first["unknown"], &first["revision"], &first["restated_at"]),
        (&json!(2), &json!(1), &Value::Null)
    );

    kit.clock.advance(chrono::Duration::hours(5));
    let delivered = settled(run, &[((0, 4), Outcome::Delivered)]);
    for _ in 0..3 {
        kit.bus.publish(kit.tenant, &delivered).await.unwrap();
    }
    let second = until(&kit, &id, |progress| progress["unknown"] == 1).await;
    assert_eq!(
        (&second["handed_over"], &second["revision"]),
        (&json!(5), &json!(2))
    );
    assert_eq!(second["closed_at"], first["closed_at"]);
    assert!(
        second["restated_at"].as_str() > second["closed_at"].as_str(),
        "{second}"
    );

    let failed = settled(run, &[((0, 5), Outcome::Undelivered)]);
    kit.bus.publish(kit.tenant, &failed).await.unwrap();
    let third = until(&kit, &id, |progress| progress["unknown"] == 0).await;
    // The repetitions changed nothing, so they restated nothing.
    assert_eq!(
        (&third["handed_over"], &third["revision"]),
        (&json!(6), &json!(3))
    );
    let said = testkit::eventually("every statement is said", || async {
        let said = said(&kit, run);
        (said.len() == 3).then_some(said)
    })
    .await;
    let told: Vec<_> = said
        .values()
        .map(|one| (one.unknown, one.handed_over, one.restated_at.is_some()))
        .collect();
    assert_eq!(told, [(2, 4, false), (1, 5, true), (0, 6, true)]);
    assert!(said.values().all(|one| one.at == said[&1].at));
    kit.stop().await;
}

/// What is reported at once: by dispatch at hand-over, or of texts that were unknown.
type Batch = (bool, Vec<(usize, u8)>);

/// Texts whose reports differ: some in either chunk. All others are handed over.
const PLACES: [Place; 8] = [
    (0, 0),
    (0, 1),
    (0, 2),
    (0, 70),
    (0, 511),
    (1, 0),
    (1, 1),
    (1, 2),
];
const REST: u16 = 6;

fn reports(batch: &Batch) -> Vec<(Place, Outcome)> {
    let (late, items) = batch;
    let outcomes = if *late {
        [
            Outcome::HandedOver,
            Outcome::Undelivered,
            Outcome::Delivered,
        ]
    } else {
        [Outcome::Unknown, Outcome::HandedOver, Outcome::Failed]
    };
    items
        .iter()
        .map(|(text, choice)| (PLACES[*text], outcomes[usize::from(*choice) % 3]))
        .collect()
}

/// Everybody else, and a first report on those.
fn everybody() -> Vec<(Place, Outcome)> {
    let small = u16::try_from(CHUNK_SIZE).unwrap();
    let all = (0..small).map(|n| (0, n)).chain((0..REST).map(|n| (1, n)));
    all.map(|place| {
        let unknown = PLACES.contains(&place);
        let outcome = if unknown {
            Outcome::Unknown
        } else {
            Outcome::HandedOver
        };
        (place, outcome)
    })
    .collect()
}

/// The law that analytics' fold follows too: of all that was said of a text the highest rank counts.
fn law(batches: &[Batch]) -> (u64, u64, u64) {
    let mut states: BTreeMap<Place, Outcome> = everybody().into_iter().collect();
    for (place, outcome) in batches.iter().flat_map(reports) {
        let state = states.entry(place).or_insert(outcome);
        *state = outcome.max(*state);
    }
    let count = |wanted: fn(Outcome) -> bool| {
        u64::try_from(states.values().filter(|state| wanted(**state)).count()).unwrap()
    };
    (
        count(|state| state == Outcome::Failed),
        count(|state| state == Outcome::Unknown),
        count(Outcome::is_handed_over),
    )
}

async fn tell(kit: &Kit, run: RunId, batch: &Batch) {
    let items = reports(batch);
    if batch.0 {
        kit.bus
            .publish(kit.tenant, &settled(run, &items))
            .await
            .unwrap();
    } else {
        kit.bus
            .publish(kit.tenant, &hand_overs(run, &items))
            .await
            .unwrap();
    }
}

async fn one_case(kit: &Kit, batches: &[Batch], closes_at: usize) -> Result<(), TestCaseError> {
    let (id, run) = silent(kit, 2).await;
    let before = closes_at.min(batches.len());
    for batch in &batches[..before] {
        tell(kit, run, batch).await;
    }
    // With this nothing is open any more.
    kit.bus
        .publish(kit.tenant, &hand_overs(run, &everybody()))
        .await
        .unwrap();
    if closes_at.is_multiple_of(2) {
        until_state(kit, &id, "completed").await;
    }
    for batch in batches[before..].iter().chain(batches.first()) {
        tell(kit, run, batch).await;
    }
    let (failed, unknown, handed_over) = law(batches);
    let n = |value: &Value| match value {
        Value::Object(reasons) => reasons.values().filter_map(Value::as_u64).sum(),
        number => number.as_u64().unwrap(),
    };
    let end = until(kit, &id, |progress| {
        let sums = (n(&progress["failed"]), n(&progress["unknown"]));
        progress["state"] == "completed"
            && (sums, n(&progress["handed_over"])) == ((failed, unknown), handed_over)
    })
    .await;
    let said = testkit::eventually("the last statement is said", || async {
        let said = said(kit, run);
        let (_, last) = said.last_key_value()?;
        let as_wanted = (last.failed, last.unknown, last.handed_over);
        (as_wanted == (failed, unknown, handed_over)).then_some(said)
    })
    .await;
    let revisions: Vec<u32> = said.keys().copied().collect();
    let counted: Vec<u32> = (1..).take(revisions.len()).collect();
    prop_assert_eq!(&revisions, &counted, "no revision is left out");
    prop_assert_eq!(&end["revision"], &json!(revisions.last()));
    let numbers: Vec<_> = said
        .values()
        .map(|one| (one.failed, one.unknown, one.handed_over))
        .collect();
    prop_assert!(
        numbers.windows(2).all(|pair| pair[0] != pair[1]),
        "restated without a change: {:?}",
        numbers
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_in_any_order_around_the_closing_end_in_the_same_sums_as_their_highest_ranks() {
    let people = u32::try_from(CHUNK_SIZE).unwrap() + u32::from(REST);
    let kit = kit(people).await;
    let handle = tokio::runtime::Handle::current();
    let task = tokio::task::spawn_blocking(move || {
        let batch = (
            any::<bool>(),
            prop::collection::vec((0..PLACES.len(), any::<u8>()), 1..5),
        );
        let cases = (prop::collection::vec(batch, 1..8), 0..8usize);
        let mut runner = TestRunner::new(Config {
            cases: 16,
            ..Config::default()
        });
        runner
            .run(&cases, |(batches, closes_at)| {
                handle.block_on(one_case(&kit, &batches, closes_at))
            })
            .unwrap();
        kit
    });
    task.await.unwrap().stop().await;
}

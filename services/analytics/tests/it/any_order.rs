//! G6: events in any order, any number of times, end in the same rows and the same sums.

use std::collections::BTreeMap;

use analytics::horizon::Horizon;
use analytics::ledger::{Groups, Ledger};
use chassis::Db;
use chrono::DateTime;
use contract::chunk::Outcome;
use contract::dispatch::{HandOversRecorded, ReceiptsRecorded};
use contract::{Reason, RunId, TenantId, UnixMillis};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sea_orm::ConnectionTrait;
use testkit::Kit;

use crate::samples::{CAMPAIGN, START, hand_overs, receipts, suppressed};

#[derive(Debug, Clone)]
enum Batch {
    HandOvers(HandOversRecorded),
    Receipts(ReceiptsRecorded),
    Screened(Groups),
}

fn batch() -> impl Strategy<Value = (u8, i64, Vec<(u16, u8)>)> {
    (
        0u8..5,
        0i64..4,
        prop::collection::vec((0u16..8, any::<u8>()), 1..6),
    )
}

fn build(run: RunId, tenant: TenantId, (kind, hour, items): &(u8, i64, Vec<(u16, u8)>)) -> Batch {
    let at = START + hour * 1_800_000;
    let pick = |outcomes: [Outcome; 3]| -> Vec<(u16, Outcome)> {
        items
            .iter()
            .map(|(position, choice)| (*position, outcomes[usize::from(*choice) % 3]))
            .collect()
    };
    match kind {
        0 | 1 => Batch::HandOvers(hand_overs(
            run,
            at,
            &pick([Outcome::HandedOver, Outcome::Unknown, Outcome::Failed]),
        )),
        2 | 3 => Batch::Receipts(receipts(
            run,
            at,
            &pick([Outcome::Delivered, Outcome::Delivered, Outcome::Undelivered]),
        )),
        _ => {
            let positions: Vec<u16> = items.iter().map(|(position, _)| *position).collect();
            let reason = if items[0].1 % 2 == 0 {
                Reason::NO_CONSENT
            } else {
                Reason::QUIET_HOURS
            };
            Batch::Screened(Groups {
                tenant,
                run,
                campaign: CAMPAIGN,
                chunk: 0,
                stage: "screened",
                at: UnixMillis(at),
                groups: vec![suppressed(&positions, reason)],
            })
        }
    }
}

async fn fold(ledger: &Ledger, tenant: TenantId, batch: Batch) {
    match batch {
        Batch::HandOvers(event) => ledger.hand_overs(vec![(tenant, event)]).await.unwrap(),
        Batch::Receipts(event) => ledger.receipts(vec![(tenant, event)]).await.unwrap(),
        Batch::Screened(event) => ledger.groups(vec![event]).await.unwrap(),
    }
}

/// Rows by place, and sums by bucket; and the sums once more, counted from the rows' number.
async fn state(db: &Db, run: RunId) -> (Vec<String>, BTreeMap<String, (i64, i64)>) {
    let text = |sql: &str| db.engine().sql(sql, [run.uuid().into()]);
    let rows = "select m.mid - r.no * 1099511627776 as place, outcome, reason, at, segments, contact, decision, \
                provider, provider_message_id, receipt, receipt_reason, receipt_at \
                from run r join message m on m.mid / 1099511627776 = r.no where r.run = $1 order by mid";
    let rows = db.read().query_all_raw(text(rows)).await.unwrap();
    let rows = rows
        .iter()
        .map(|row| {
            let number = |at: usize| row.try_get_by_index::<Option<i64>>(at).unwrap();
            let words = |at: usize| row.try_get_by_index::<Option<String>>(at).unwrap();
            let id = |at: usize| {
                row.try_get_by_index::<Option<sea_orm::prelude::Uuid>>(at)
                    .unwrap()
            };
            format!(
                "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                number(0),
                number(1),
                words(2),
                number(3),
                number(4),
                id(5),
                id(6),
                words(7),
                words(8),
                number(9),
                words(10),
                number(11)
            )
        })
        .collect();
    let sums = "select hour, outcome, reason, messages, segments from rollup join run on no = run_no where run = $1";
    let mut buckets = BTreeMap::new();
    for row in db.read().query_all_raw(text(sums)).await.unwrap() {
        let number = |at: usize| row.try_get_by_index::<i64>(at).unwrap();
        let reason: String = row.try_get_by_index(2).unwrap();
        if (number(3), number(4)) != (0, 0) {
            buckets.insert(
                format!("{} {} {reason}", number(0), number(1)),
                (number(3), number(4)),
            );
        }
    }
    (rows, buckets)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_and_repetition_of_events_ends_in_the_same_rows_and_sums() {
    let kit = Kit::start(&[analytics::SERVICE]).await;
    let (db, tenant, clock) = (kit.db("analytics"), kit.tenant, kit.clock.clone());
    let handle = tokio::runtime::Handle::current();
    let task = tokio::task::spawn_blocking(move || {
        let ledger = Ledger::new(db.clone(), clock, Horizon::of_hours(72));
        let started = std::cell::Cell::new(START);
        let new_run = || {
            started.set(started.get() + 1);
            RunId::begin(DateTime::from_timestamp_millis(started.get()).unwrap())
        };
        let cases = prop::collection::vec(batch(), 1..=6).prop_flat_map(|batches| {
            (
                Just(batches.clone()),
                Just(batches).prop_shuffle(),
                any::<prop::sample::Index>(),
            )
        });
        let mut runner = TestRunner::new(Config {
            cases: 48,
            ..Config::default()
        });
        runner
            .run(&cases, |(batches, shuffled, repeated)| {
                handle.block_on(async {
                    let (first, second) = (new_run(), new_run());
                    for one in &batches {
                        fold(&ledger, tenant, build(first, tenant, one)).await;
                    }
                    let again = repeated.get(&shuffled).clone();
                    for one in shuffled.iter().chain([&again]) {
                        fold(&ledger, tenant, build(second, tenant, one)).await;
                    }
                    let (one, other) = (state(&db, first).await, state(&db, second).await);
                    let counted: i64 = one.1.values().map(|(messages, _)| messages).sum();
                    prop_assert_eq!(counted, i64::try_from(one.0.len()).unwrap());
                    prop_assert_eq!(one, other);
                    Ok(())
                })
            })
            .unwrap();
    });
    task.await.unwrap();
    kit.stop().await;
}

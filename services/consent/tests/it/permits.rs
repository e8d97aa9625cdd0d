//! The gate: permits once, fenced dispatchers, shut runs.

use contract::chunk::{Outcome, SlotRef};
use contract::consent::{
    CancelRuns, Gate, PermitAnswer, RegisterDispatcher, RunsCancelled, SetRunGate,
};
use contract::{Reason, RunId, UnixMillis};
use sea_orm::ConnectionTrait;
use testkit::eventually;

use crate::Kit;
use crate::support::{
    DISPATCHER, Told, ask, close, contact, grant, opt_in_all, register, run, text_back,
};

const SLOT: SlotRef = SlotRef {
    run: contract::RunId::from_raw(0x019e_b000 << 96),
    chunk: 3,
    slot: 2,
};

#[tokio::test]
async fn a_text_is_permitted_once_and_said_so_even_when_it_would_be_refused_now() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..3).await;
    let epoch = register(&kit).await;
    let told = grant(&kit, &ask(&kit, SLOT, epoch, &[0, 1, 9])).await;
    let no_consent = vec![("NO_CONSENT".to_string(), vec![130])];
    assert_eq!(
        told,
        Told {
            granted: vec![128, 129],
            before: vec![],
            refused: no_consent.clone()
        }
    );
    text_back(&kit, 1, 1, "STOP").await;
    let told = grant(&kit, &ask(&kit, SLOT, epoch, &[0, 1, 9])).await;
    assert_eq!(
        told,
        Told {
            granted: vec![],
            before: vec![128, 129],
            refused: no_consent
        }
    );
    // The rest of a slot may be asked for later.
    let told = grant(&kit, &ask(&kit, SLOT, epoch, &[0, 1, 2])).await;
    assert_eq!((told.granted, told.before), (vec![130], vec![128, 129]));
    kit.stop().await;
}

#[tokio::test]
async fn a_newer_dispatcher_fences_the_older_and_learns_what_it_left_open() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let stranger = kit
        .bus
        .ask(kit.tenant, &ask(&kit, SLOT, 1, &[0]))
        .await
        .unwrap();
    assert_eq!(stranger, PermitAnswer::Fenced);
    let old = register(&kit).await;
    grant(&kit, &ask(&kit, SLOT, old, &[0, 1])).await;
    let question = RegisterDispatcher {
        dispatcher: DISPATCHER.to_string(),
    };
    let newer = kit.bus.ask(kit.tenant, &question).await.unwrap();
    assert_eq!(newer.epoch, old + 1);
    assert_eq!(newer.open.len(), 1);
    assert_eq!(
        (newer.open[0].slot, newer.open[0].tenant),
        (SLOT, kit.tenant)
    );
    assert_eq!(
        (&newer.open[0].positions, &newer.open[0].contacts),
        (&vec![128, 129], &vec![contact(0), contact(1)])
    );
    let fenced = kit
        .bus
        .ask(kit.tenant, &ask(&kit, SLOT, old, &[0]))
        .await
        .unwrap();
    assert_eq!(fenced, PermitAnswer::Fenced);
    close(&kit, newer.epoch, &[SLOT]).await;
    assert!(
        kit.bus
            .ask(kit.tenant, &question)
            .await
            .unwrap()
            .open
            .is_empty()
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_shut_gate_is_settled_once_nothing_of_the_run_can_leave_and_a_cancelled_one_stays_shut() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..3).await;
    let epoch = register(&kit).await;
    grant(&kit, &ask(&kit, SLOT, epoch, &[0])).await;
    let pause = SetRunGate {
        run: SLOT.run,
        gate: Gate::Paused,
    };
    let (bus, tenant) = (kit.bus.clone(), kit.tenant);
    let waiting = tokio::spawn(async move { bus.ask(tenant, &pause).await.unwrap().settled });
    let db = kit.db("consent");
    eventually("the gate is shut", async || {
        let shut = "SELECT COUNT(*) AS n FROM run_gate WHERE gate = 'paused'";
        let row = db.read().query_one_raw(db.engine().sql(shut, [])).await;
        let shut: i64 = row.unwrap().unwrap().try_get("", "n").unwrap();
        (shut == 1).then_some(())
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    let told = grant(&kit, &ask(&kit, SLOT, epoch, &[0, 1])).await;
    let paused = vec![("CAMPAIGN_PAUSED".to_string(), vec![129])];
    assert_eq!(
        told,
        Told {
            granted: vec![],
            before: vec![128],
            refused: paused
        }
    );
    close(&kit, epoch, &[SLOT]).await;
    assert!(waiting.await.unwrap());

    let open = SetRunGate {
        run: SLOT.run,
        gate: Gate::Open,
    };
    assert!(kit.bus.ask(kit.tenant, &open).await.unwrap().settled);
    assert_eq!(
        grant(&kit, &ask(&kit, SLOT, epoch, &[0, 1])).await.granted,
        [129]
    );
    close(&kit, epoch, &[SLOT]).await;
    let cancel = SetRunGate {
        run: SLOT.run,
        gate: Gate::Cancelled,
    };
    assert!(kit.bus.ask(kit.tenant, &cancel).await.unwrap().settled);
    let told = grant(&kit, &ask(&kit, SLOT, epoch, &[0, 1, 2])).await;
    assert_eq!(
        told.refused,
        [("CAMPAIGN_CANCELLED".to_string(), vec![130])]
    );
    close(&kit, epoch, &[SLOT]).await;
    // A resume that a cancellation has overtaken opens nothing.
    assert!(kit.bus.ask(kit.tenant, &open).await.unwrap().settled);
    let told = grant(&kit, &ask(&kit, SLOT, epoch, &[0, 1, 2])).await;
    assert_eq!(
        told.refused,
        [("CAMPAIGN_CANCELLED".to_string(), vec![130])]
    );
    kit.stop().await;
}

#[tokio::test]
async fn runs_cancelled_together_say_whether_a_permit_was_granted_and_refuse_with_the_reason() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..3).await;
    let epoch = register(&kit).await;
    let run = |n: u128| RunId::from_raw(SLOT.run.raw() + (n << 40));
    let slot = |n| SlotRef {
        run: run(n),
        ..SLOT
    };
    grant(&kit, &ask(&kit, slot(1), epoch, &[0])).await;
    grant(&kit, &ask(&kit, slot(2), epoch, &[1])).await;
    close(&kit, epoch, &[slot(2)]).await;
    let cancel = |reason: Reason| CancelRuns {
        runs: vec![run(1), run(2), run(3)],
        reason,
    };
    let answer = kit.bus.ask(kit.tenant, &cancel(Reason::SUPERSEDED)).await;
    let told = |answer: RunsCancelled| -> Vec<(bool, bool)> {
        let runs = answer.runs.into_iter();
        runs.map(|one| (one.settled, one.permitted)).collect()
    };
    assert_eq!(
        told(answer.unwrap()),
        [(false, true), (true, true), (true, false)]
    );
    close(&kit, epoch, &[slot(1)]).await;
    let again = kit.bus.ask(kit.tenant, &cancel(Reason::CANCELLED)).await;
    assert_eq!(
        told(again.unwrap()),
        [(true, true), (true, true), (true, false)]
    );
    let superseded = |positions| vec![("SUPERSEDED".to_string(), positions)];
    for (n, person, before, refused) in [
        (1, 0, vec![128], superseded(vec![129])),
        (2, 1, vec![128], superseded(vec![129])),
        (3, 0, vec![], superseded(vec![128, 129])),
    ] {
        let told = grant(&kit, &ask(&kit, slot(n), epoch, &[person, 2])).await;
        assert_eq!((told.before, told.refused), (before, refused), "run {n}");
        assert!(told.granted.is_empty(), "run {n}");
    }
    kit.stop().await;
}

#[tokio::test]
async fn permits_are_judged_by_the_clock_of_the_moment() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let epoch = register(&kit).await;
    // 11:00 in New York, where test numbers live; twelve hours later it is 23:00. The strict profile opens at 9.
    kit.clock.advance(chrono::Duration::hours(12));
    let mut question = ask(&kit, SLOT, epoch, &[0]);
    question.valid_until = UnixMillis(kit.clock.millis().0 + 48 * 3_600_000);
    let PermitAnswer::Answered { refused, .. } = kit.bus.ask(kit.tenant, &question).await.unwrap()
    else {
        panic!("fenced")
    };
    let opens: chrono::DateTime<chrono::Utc> = "2026-06-11T13:00:00Z".parse().unwrap();
    assert_eq!(
        (refused[0].outcome, refused[0].until),
        (Outcome::Held, Some(opens.into()))
    );
    question.valid_until = UnixMillis(kit.clock.millis().0 + 1_000);
    assert_eq!(
        grant(&kit, &question).await.refused,
        [("MESSAGE_EXPIRED".to_string(), vec![128])]
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_question_that_does_not_fit_its_slot_is_refused() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let epoch = register(&kit).await;
    let mut question = ask(&kit, SLOT, epoch, &[0, 1]);
    question.asks[0].position = 5;
    assert!(
        kit.bus
            .ask(kit.tenant, &question)
            .await
            .unwrap_err()
            .to_string()
            .contains("permit.slot")
    );
    question.asks[0].position = 129;
    assert!(
        kit.bus
            .ask(kit.tenant, &question)
            .await
            .unwrap_err()
            .to_string()
            .contains("permit.slot")
    );
    kit.stop().await;
}

#[tokio::test]
async fn many_slots_and_stops_at_once_never_permit_after_a_stop() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..640).await;
    let epoch = register(&kit).await;
    let everyone: Vec<u64> = (0..640).collect();
    let slots = everyone.chunks(64).zip(0u8..).flat_map(|(people, slot)| {
        (0..2).map(move |chunk| {
            (
                SlotRef {
                    run: run(9),
                    chunk,
                    slot: slot % 8,
                },
                people.to_vec(),
            )
        })
    });
    let stops = (0..640u64)
        .step_by(10)
        .map(|n| text_back(&kit, n, u128::from(n) + 100, "STOP"));
    let grants = slots.map(|(slot, people)| {
        let question = ask(&kit, slot, epoch, &people);
        let bus = kit.bus.clone();
        async move { bus.ask(kit.tenant, &question).await.unwrap() }
    });
    let (_, _) = tokio::join!(
        futures::future::join_all(grants),
        futures::future::join_all(stops)
    );
    let told = futures::future::join_all(everyone.chunks(64).zip(0u8..).map(|(people, slot)| {
        let question = ask(
            &kit,
            SlotRef {
                run: run(10),
                chunk: 0,
                slot: slot % 8,
            },
            epoch,
            people,
        );
        let kit = &kit;
        async move { grant(kit, &question).await }
    }))
    .await;
    let refused: usize = told
        .iter()
        .flat_map(|one| &one.refused)
        .map(|(_, positions)| positions.len())
        .sum();
    assert!(told.iter().all(|one| {
        one.refused
            .iter()
            .all(|(reason, _)| reason.starts_with("OPTED_OUT"))
    }));
    assert!(refused >= 50, "{refused}");
    kit.stop().await;
}

#[tokio::test]
async fn the_fourth_text_of_a_topic_in_a_day_waits_and_nobody_slips_through_at_once() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..10).await;
    let epoch = register(&kit).await;
    let everyone: Vec<u64> = (0..10).collect();
    let slot = |n| SlotRef {
        run: run(n),
        chunk: 0,
        slot: 0,
    };
    // Five runs ask for the same ten people at the same time: three of them may have each.
    let asks = (1..=5).map(|n| {
        let mut question = ask(&kit, slot(n), epoch, &everyone);
        question.valid_until = UnixMillis(kit.clock.millis().0 + 48 * 3_600_000);
        let kit = &kit;
        async move { grant(kit, &question).await }
    });
    let told = futures::future::join_all(asks).await;
    let granted: usize = told.iter().map(|one| one.granted.len()).sum();
    assert_eq!(granted, 30, "{told:?}");
    assert!(
        told.iter()
            .flat_map(|one| &one.refused)
            .all(|(reason, _)| reason == "FREQUENCY_CAP_LAW"),
        "{told:?}"
    );
    // It is remembered over a restart, and rolls: a day later there is room again.
    let kit = kit.restart().await;
    let mut question = ask(&kit, slot(6), epoch, &everyone);
    question.valid_until = UnixMillis(kit.clock.millis().0 + 48 * 3_600_000);
    let PermitAnswer::Answered { refused, .. } = kit.bus.ask(kit.tenant, &question).await.unwrap()
    else {
        panic!("fenced")
    };
    let frees: chrono::DateTime<chrono::Utc> = "2026-06-11T15:00:00Z".parse().unwrap();
    assert_eq!(refused[0].reason.as_str(), "FREQUENCY_CAP_LAW");
    let until = refused[0].until.unwrap().to_utc();
    assert!(
        until >= frees && until - frees < chrono::Duration::minutes(1),
        "{until}"
    );
    kit.clock
        .advance(chrono::Duration::hours(24) + chrono::Duration::minutes(1));
    let question = ask(&kit, slot(7), epoch, &everyone);
    assert_eq!(grant(&kit, &question).await.granted.len(), 10);
    kit.stop().await;
}

//! Permits that come back unused.

use contract::chunk::SlotRef;
use contract::consent::{ClosePermits, RegisterDispatcher, ReturnedPermit};

use crate::Kit;
use crate::support::{DISPATCHER, ask, close, grant, opt_in_all, register, run};

fn slot(n: u128) -> SlotRef {
    SlotRef {
        run: run(n),
        chunk: 0,
        slot: 0,
    }
}

async fn give_back(kit: &Kit, holder: (&str, u64), slot: SlotRef, position: u16, attempt: u32) {
    let question = ClosePermits {
        dispatcher: holder.0.to_string(),
        epoch: holder.1,
        slots: vec![slot],
        returned: vec![ReturnedPermit {
            slot,
            position,
            attempt,
        }],
    };
    kit.bus.ask(kit.tenant, &question).await.unwrap();
}

#[tokio::test]
async fn a_permit_that_comes_back_is_granted_again_and_a_repeated_return_takes_nothing() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let epoch = register(&kit).await;
    let (slot, question) = (slot(1), ask(&kit, slot(1), epoch, &[0, 1]));
    assert_eq!(grant(&kit, &question).await.granted, [0, 1]);
    give_back(&kit, (DISPATCHER, epoch), slot, 0, 1).await;
    let told = grant(&kit, &question).await;
    assert_eq!((told.granted, told.before), (vec![0], vec![1]));
    // The first return arrives once more: the permit granted since may be on its way.
    give_back(&kit, (DISPATCHER, epoch), slot, 0, 1).await;
    assert_eq!(grant(&kit, &question).await.before, [0, 1]);
    kit.stop().await;
}

#[tokio::test]
async fn a_permit_comes_back_from_its_holder_alone_and_while_it_is_open() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let old = register(&kit).await;
    let register_again = RegisterDispatcher {
        dispatcher: DISPATCHER.to_string(),
    };
    let newer = kit.bus.ask(kit.tenant, &register_again).await.unwrap();
    let (slot, question) = (slot(2), ask(&kit, slot(2), newer.epoch, &[0, 1]));
    assert_eq!(grant(&kit, &question).await.granted, [0, 1]);
    give_back(&kit, ("dispatch-2", newer.epoch), slot, 0, 1).await;
    give_back(&kit, (DISPATCHER, old), slot, 0, 1).await;
    assert_eq!(grant(&kit, &question).await.before, [0, 1]);
    close(&kit, newer.epoch, &[slot]).await;
    give_back(&kit, (DISPATCHER, newer.epoch), slot, 0, 1).await;
    assert_eq!(grant(&kit, &question).await.before, [0, 1]);
    kit.stop().await;
}

#[tokio::test]
async fn a_permit_that_came_back_counts_for_no_cap() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..1).await;
    let epoch = register(&kit).await;
    for n in 1..=3 {
        let question = ask(&kit, slot(n), epoch, &[0]);
        assert_eq!(grant(&kit, &question).await.granted, [0]);
    }
    let mut fourth = ask(&kit, slot(4), epoch, &[0]);
    fourth.valid_until.0 += 48 * 3_600_000;
    let refused = grant(&kit, &fourth).await.refused;
    assert_eq!(refused, [("FREQUENCY_CAP_LAW".to_string(), vec![0])]);
    give_back(&kit, (DISPATCHER, epoch), slot(2), 0, 1).await;
    assert_eq!(grant(&kit, &fourth).await.granted, [0]);
    kit.stop().await;
}

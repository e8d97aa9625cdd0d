//! What was recorded survives a restart.

use contract::chunk::SlotRef;
use contract::consent::OptOutConfirmed;

use crate::Kit;
use crate::support::{ask, close, grant, listen, next, opt_in_all, register, run, text_back};

#[tokio::test]
async fn standing_permits_and_pending_confirmations_survive_a_restart() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..4).await;
    let epoch = register(&kit).await;
    let slot = SlotRef {
        run: run(1),
        chunk: 0,
        slot: 0,
    };
    grant(&kit, &ask(&kit, slot, epoch, &[0, 1])).await;
    let stop = text_back(&kit, 1, 1, "STOP").await;
    let kit = kit.restart().await;
    let mut confirmed = listen::<OptOutConfirmed>(&kit).await;
    let told = grant(&kit, &ask(&kit, slot, epoch, &[0, 1, 2])).await;
    assert_eq!((told.granted, told.before), (vec![2], vec![0, 1]));
    let other = SlotRef { chunk: 1, ..slot };
    assert_eq!(
        grant(&kit, &ask(&kit, other, epoch, &[1])).await.refused,
        [("OPTED_OUT_CLASS".to_string(), vec![0])]
    );
    close(&kit, epoch, &[slot]).await;
    assert_eq!(Some(next(&mut confirmed).await.consent), stop.consent);
    kit.stop().await;
}

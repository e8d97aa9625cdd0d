use std::time::Duration;

use channels::simulator::{SmscOptions, judge};
use channels::{FromCarrier, Provider};

use crate::support::{Rig, SENDER, phone, quick, text, until, within};

#[tokio::test]
async fn a_reply_is_brought_again_until_it_is_answered_with_ok() {
    let mut rig = Rig::start(quick());
    rig.ready().await;
    rig.smsc.send_reply(phone(12_025_550_123), SENDER, "STOP");
    let mut ids = Vec::new();
    for taken in [false, false, true] {
        let mut batch = within(rig.incoming.recv()).await.unwrap();
        assert_eq!(batch.len(), 1);
        let incoming = batch.remove(0);
        match &incoming.item {
            FromCarrier::Reply {
                provider_message_id,
                from,
                to,
                text,
            } => {
                assert_eq!(
                    (from, to.as_str(), text.as_str()),
                    (&phone(12_025_550_123), SENDER, "STOP")
                );
                ids.push(provider_message_id.clone());
            }
            other @ FromCarrier::Receipt(_) => panic!("{other:?}"),
        }
        assert_eq!(rig.smsc.stats().replies_answered, 0);
        rig.provider.answer(vec![incoming.token], taken);
    }
    until("answered", || rig.smsc.stats().replies_answered == 1).await;
    assert!(!ids[0].is_empty() && ids.iter().all(|id| *id == ids[0]));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(rig.incoming.try_recv().is_err());
}

#[tokio::test]
async fn a_reply_waits_until_somebody_is_bound_and_survives_a_lost_link() {
    let mut rig = Rig::start(SmscOptions {
        refuse_bind: true,
        ..quick()
    });
    rig.smsc.send_reply(
        phone(12_025_550_123),
        SENDER,
        "Grüße, 😀 and more than one part ".repeat(5).trim(),
    );
    rig.smsc.change(|options| options.refuse_bind = false);
    rig.ready().await;
    let unanswered = within(rig.incoming.recv()).await.unwrap();
    drop(unanswered);
    // the carrier loses us with the reply unanswered
    rig.smsc
        .change(|options| options.drop_connection_after = Some(1));
    rig.send(vec![text(15_005_550_012, "x")]).await;
    match rig.take(1).await.remove(0) {
        FromCarrier::Reply { text, .. } => {
            assert!(text.starts_with("Grüße, 😀") && text.len() > 160);
        }
        other @ FromCarrier::Receipt(_) => panic!("{other:?}"),
    }
    until("answered", || rig.smsc.stats().replies_answered == 1).await;
}

#[tokio::test]
async fn people_who_text_stop_do_so_once_and_the_log_tells() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("smsc.log");
    let mut rig = Rig::start(SmscOptions {
        log: Some(log.clone()),
        ..quick()
    });
    rig.ready().await;
    rig.send(vec![
        text(15_005_550_013, "one"),
        text(15_005_550_019, "two"),
    ])
    .await;
    let items = rig.take(4).await;
    let mut said: Vec<&str> = items
        .iter()
        .filter_map(|item| match item {
            FromCarrier::Reply { text, .. } => Some(text.as_str()),
            FromCarrier::Receipt(_) => None,
        })
        .collect();
    said.sort_unstable();
    assert_eq!(said, ["STOP", "stop texting me please"]);
    until("recorded", || rig.smsc.stats().replies_answered == 2).await;
    rig.send(vec![text(15_005_550_013, "You are opted out.")])
        .await;
    rig.take(1).await;
    rig.send(vec![text(15_005_550_013, "three")]).await;
    within(rig.provider.close()).await;
    rig.smsc.stop().await;
    let verdict = judge(&log, "opted out").unwrap();
    assert_eq!(
        (verdict.replies, verdict.stops, verdict.confirmations),
        (2, 1, 1)
    );
    assert_eq!(
        (
            verdict.texts_after_recorded_stop,
            verdict.texts_after_confirmed_stop
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn the_smsc_obeys_lines_and_explains_what_it_does_not_know() {
    let rig = Rig::start(quick());
    rig.ready().await;
    let input =
        b"reply +12025550123 +15005550006 Who is this?\nstats\n\ndance\nreply x y z\nstop\nstats\n";
    let mut output = Vec::new();
    assert!(
        rig.smsc
            .serve_commands(&input[..], &mut output)
            .await
            .unwrap()
    );
    let lines: Vec<serde_json::Value> = String::from_utf8(output)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0]["ok"], true);
    assert_eq!(lines[1]["bound"], 1);
    assert!(lines[2]["error"].is_string() && lines[3]["error"].is_string());
    assert_eq!(lines[4]["ok"], true);
}

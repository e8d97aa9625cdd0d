//! Texts of flows, with consent and dispatch played by `fake`.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use campaigns::App;
use campaigns::texts::{self, NewText, Queued, Text, Withdrawal};
use chassis::{Cx, Service};
use contract::chunk::Outcome;
use contract::dispatch::HandOversRecorded;
use contract::texts::{Origin, OriginKind};
use contract::{Class, MessageId, Mode, Reason, TemplateId, UnixMillis};
use futures::future::BoxFuture;
use serde_json::json;
use testkit::Kit;
use utoipa_axum::router::OpenApiRouter;

use crate::fake::{self, contact, world};
use crate::story::{create, draft};

/// The service, with a hold on what is inside of it.
const SERVICE: Service = Service {
    start: keep,
    ..campaigns::SERVICE
};

static APPS: LazyLock<Mutex<HashMap<PathBuf, Arc<App>>>> = LazyLock::new(Mutex::default);

fn keep(cx: Cx) -> BoxFuture<'static, anyhow::Result<OpenApiRouter>> {
    Box::pin(async move {
        let place = cx.data_dir.clone();
        let (app, router) = campaigns::assemble(cx).await?;
        APPS.lock().unwrap().insert(place, app);
        Ok(router)
    })
}

async fn kit() -> (Kit, Arc<App>) {
    let kit = Kit::start(&[SERVICE, fake::SERVICE]).await;
    fake::create(kit.tenant, 0);
    let app = APPS.lock().unwrap()[&kit.cx("campaigns").data_dir].clone();
    (kit, app)
}

fn origin() -> Origin {
    Origin {
        kind: OriginKind::Appointment,
        id: "apt_1".into(),
    }
}

fn text(kit: &Kit, step: &str, person: u32) -> NewText {
    NewText {
        tenant: kit.tenant,
        mode: Mode::Test,
        origin: origin(),
        step: step.into(),
        contact: contact(person),
        class: Class::Appointment,
        programme: "default".into(),
        sender: "+15005550100".into(),
        template: TemplateId::from_raw(2),
        template_version: Some(1),
        vars: BTreeMap::from([("starts\0_at".to_string(), "9:00\0".to_string())]),
        not_before: None,
        valid_until: UnixMillis(kit.clock.millis().0 + 86_400_000),
    }
}

async fn queue(app: &Arc<App>, new: Vec<NewText>) -> Vec<Queued> {
    let (engine, bus, now) = (app.cx.db.engine(), app.cx.bus.clone(), app.cx.clock.now());
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { texts::queue(tx, engine, &bus, &new, now).await }));
    write.await.unwrap()
}

async fn rows(app: &App, kit: &Kit) -> Vec<Text> {
    let read = app.cx.db.read();
    texts::of_origin(read, kit.tenant, &origin()).await.unwrap()
}

async fn until(what: &str, mut reached: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !reached().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn all_are(app: &App, kit: &Kit, outcome: Outcome) -> bool {
    let rows = rows(app, kit).await;
    rows.iter().all(|text| text.outcome == outcome)
}

fn messages(queued: &[Queued]) -> Vec<MessageId> {
    queued.iter().map(|one| one.message).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_texts_of_one_transaction_are_offered_once_each_and_told_of_to_the_end() {
    let (kit, app) = kit().await;
    world(kit.tenant).stutters = true;
    let new: Vec<NewText> = (0..1000).map(|n| text(&kit, "reminder", n)).collect();
    let first = queue(&app, new.clone()).await;
    assert!(first.iter().all(|one| one.new));
    // The flow runs its step once more, with somebody who is new.
    let again: Vec<NewText> = new
        .into_iter()
        .chain([text(&kit, "reminder", 1000)])
        .collect();
    let second = queue(&app, again).await;
    assert_eq!(messages(&second)[..1000], messages(&first)[..]);
    assert_eq!(second.iter().filter(|one| one.new).count(), 1);
    until("all are delivered", async || {
        all_are(&app, &kit, Outcome::Delivered).await
    })
    .await;
    let offered = world(kit.tenant).offered.clone();
    assert_eq!(offered.len(), 1001);
    assert!(offered.values().all(|times| *times == 1));
    assert!(
        rows(&app, &kit)
            .await
            .iter()
            .all(|text| text.accepted_at.is_some())
    );
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dispatch_never_heard_of_is_offered_again() {
    let (mut kit, app) = kit().await;
    world(kit.tenant).deaf = true;
    queue(&app, (0..10).map(|n| text(&kit, "a", n)).collect()).await;
    kit.lose_jetstream().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(
        rows(&app, &kit)
            .await
            .iter()
            .all(|text| text.state() == "queued")
    );
    world(kit.tenant).deaf = false;
    kit.clock.advance(chrono::Duration::seconds(20));
    until("all are delivered", async || {
        all_are(&app, &kit, Outcome::Delivered).await
    })
    .await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_text_says_truly_whether_it_may_have_left() {
    let (kit, app) = kit().await;
    world(kit.tenant).texts_wait = true;
    let queued = queue(&app, (0..4).map(|n| text(&kit, "a", n)).collect()).await;
    let ids = messages(&queued);
    until("they are accepted", async || {
        rows(&app, &kit)
            .await
            .iter()
            .all(|text| text.state() == "accepted")
    })
    .await;
    let left = fake::slot_of(ids[0], contact(0), Outcome::HandedOver, Reason::OK);
    let event = HandOversRecorded { slots: vec![left] };
    kit.bus.publish(kit.tenant, &event).await.unwrap();
    until("the first has left", async || {
        rows(&app, &kit).await[0].outcome == Outcome::HandedOver
    })
    .await;
    world(kit.tenant).permitted.insert(ids[1].run());
    let unknown = MessageId::from_raw(9 << 40);
    let asked = [ids[0], ids[1], ids[2], unknown];
    let told = texts::withdraw(&app, &asked, &Reason::SUPERSEDED)
        .await
        .unwrap();
    assert_eq!(
        told,
        [
            Withdrawal::MayHaveLeft(Outcome::HandedOver),
            Withdrawal::MayHaveLeft(Outcome::Pending),
            Withdrawal::NeverLeft,
            Withdrawal::Unknown
        ]
    );
    let told = texts::withdraw(&app, &ids[2..3], &Reason::CANCELLED)
        .await
        .unwrap();
    assert_eq!(told, [Withdrawal::NeverLeft]);
    let rows = rows(&app, &kit).await;
    assert_eq!(
        (rows[2].outcome, rows[2].reason.clone()),
        (Outcome::Cancelled, Reason::SUPERSEDED)
    );
    assert_eq!(rows[3].outcome, Outcome::Pending);
    until("dispatch looks at those behind shut gates", async || {
        world(kit.tenant).rechecked.len() == 2
    })
    .await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_that_consent_does_not_confirm_is_asked_for_until_it_does() {
    let (kit, app) = kit().await;
    {
        let mut world = world(kit.tenant);
        world.texts_wait = true;
        world.not_yet = 2;
    }
    let queued = queue(&app, vec![text(&kit, "a", 0)]).await;
    let told = texts::withdraw(&app, &messages(&queued), &Reason::CANCELLED).await;
    assert_eq!(told.unwrap(), [Withdrawal::NotYet]);
    until("it is cancelled", async || {
        kit.clock.advance(chrono::Duration::milliseconds(500));
        all_are(&app, &kit, Outcome::Cancelled).await
    })
    .await;
    assert_eq!(rows(&app, &kit).await[0].reason, Reason::CANCELLED);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_could_never_be_sent_is_refused_with_all_of_its_transaction() {
    let (kit, app) = kit().await;
    let mut bad = text(&kit, "b", 1);
    bad.vars.insert("big".into(), "x".repeat(20_000));
    assert!(bad.fault().is_some());
    let (engine, bus, now) = (app.cx.db.engine(), app.cx.bus.clone(), app.cx.clock.now());
    let new = vec![text(&kit, "a", 0), bad];
    let write = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { texts::queue(tx, engine, &bus, &new, now).await }));
    assert!(write.await.is_err());
    assert!(rows(&app, &kit).await.is_empty());
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_of_a_campaign_goes_to_those_who_are_named() {
    let (kit, _app) = kit().await;
    let id = create(&kit, draft()).await;
    let path = format!("/v1/campaigns/{id}/test-send");
    let people = [contact(1).to_string(), contact(2).to_string()];
    let (status, sent) = kit.post(&path, json!({ "contacts": people })).await;
    assert_eq!(status, 202, "{sent}");
    until("both were offered", async || {
        world(kit.tenant).offered.len() == 2
    })
    .await;
    for one in sent["messages"].as_array().unwrap() {
        let message: MessageId = one["message"].as_str().unwrap().parse().unwrap();
        assert_eq!(world(kit.tenant).offered.get(&message), Some(&1));
    }
    let (status, problem) = kit.post(&path, json!({ "contacts": [] })).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("campaign.test_invalid"))
    );
    let stranger = kit.with_key(&kit.other_key);
    let theirs = stranger.post(&path, &json!({ "contacts": people })).await;
    assert!(theirs.is_err());
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_settled_long_ago_go_and_those_of_a_flow_that_goes_on_stay() {
    let (kit, app) = kit().await;
    queue(&app, (0..700).map(|n| text(&kit, "a", n)).collect()).await;
    let plan = json!({"name": "default", "sender": "+15005550100",
        "steps": [{"id": "long", "offset": "-P150D", "template": TemplateId::from_raw(2).to_string()}]});
    let (status, plan) = kit.post("/v1/reminder-plans", plan).await;
    assert_eq!(status, 201, "{plan}");
    // 11:00 on 10 June in New York now; reminded an hour later.
    let booking = json!({"contact": "ext:p1",
        "starts_at": {"local": "2026-11-07T12:00", "timezone": "America/New_York"}});
    let (status, booked) = kit.put("/v1/appointments/ext:far", booking).await;
    assert_eq!(status, 200, "{booked}");
    let far = Origin {
        kind: OriginKind::Appointment,
        id: booked["id"].as_str().unwrap().into(),
    };
    let of_far = async || {
        let read = app.cx.db.read();
        texts::of_origin(read, kit.tenant, &far).await.unwrap()
    };
    kit.clock.advance(chrono::Duration::hours(1));
    until("all are delivered", async || {
        let far = of_far().await;
        let delivered = |text: &Text| text.outcome == Outcome::Delivered;
        far.len() == 1 && far.iter().all(delivered) && all_are(&app, &kit, Outcome::Delivered).await
    })
    .await;
    kit.clock.advance(chrono::Duration::days(89));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(rows(&app, &kit).await.len(), 700);
    kit.clock.advance(chrono::Duration::days(2));
    until("the old ones are gone", async || {
        rows(&app, &kit).await.is_empty()
    })
    .await;
    // A step of a flow that goes on stays one text.
    let sent = of_far().await;
    assert_eq!(sent.len(), 1);
    let again = NewText {
        origin: far.clone(),
        step: sent[0].step.clone(),
        ..text(&kit, "", 1)
    };
    let again = queue(&app, vec![again]).await;
    assert_eq!(
        again,
        [Queued {
            message: sent[0].message,
            new: false
        }]
    );
    kit.clock.advance(chrono::Duration::days(60));
    until("it has taken place", async || of_far().await.is_empty()).await;
    kit.stop().await;
}

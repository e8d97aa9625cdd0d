//! A cancellation and a booking that two processes carry out at the same instant.

use chassis::Engine;
use chassis::http::client::Client;
use serde_json::{Value, json};

use super::*;
use crate::locks::{hold, until_waiting};

async fn book(client: Client) -> Value {
    let body = serde_json::to_vec(&booking(1, "2026-06-17T14:00")).unwrap();
    let path = "/v1/appointments/ext:b";
    let answer = client.send("PUT", path, "application/json", body).await;
    answer.unwrap().1
}

async fn cancel(client: Client) -> Value {
    let path = "/v1/appointments/ext:a";
    let answer = client
        .send("DELETE", path, "application/json", Vec::new())
        .await;
    answer.unwrap().1
}

/// `booked_first`: which of the two is in its transaction when the other one begins.
async fn both_at_once(booked_first: bool) {
    let kit = told().await;
    if kit.db("campaigns").engine() == Engine::Sqlite {
        // A file has one writer: nothing of this can happen.
        return kit.stop().await;
    }
    let beside = kit.beside().await;
    let there = Client::new(beside.address, kit.key.clone());
    // Nobody writes a plan until this ends: who has decided what to do waits with it.
    let held = hold(&kit, "lock table reminder in exclusive mode").await;
    let (booked, cancelled) = if booked_first {
        let booked = tokio::spawn(book(kit.with_key(&kit.key)));
        until_waiting(&kit, 1).await;
        (booked, tokio::spawn(cancel(there)))
    } else {
        let cancelled = tokio::spawn(cancel(kit.with_key(&kit.key)));
        until_waiting(&kit, 1).await;
        (tokio::spawn(book(there)), cancelled)
    };
    until_waiting(&kit, 2).await;
    held.commit().await.unwrap();
    let (booked, cancelled) = (booked.await.unwrap(), cancelled.await.unwrap());
    let (old, new) = (get(&kit, "a").await, get(&kit, "b").await);
    assert_eq!(old["status"], "cancelled", "{booked} {cancelled}");
    assert_eq!(old["replaced_by"], new["id"], "{booked} {cancelled}");
    assert_eq!(
        (&old["notice_at"], new["moves"].as_u64()),
        (&json!(null), Some(1))
    );
    advance(&kit, TimeDelta::seconds(61));
    until_offered(&kit, &[TWO_DAYS, MOVED]).await;
    beside.stop().await.unwrap();
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_sees_the_booking_that_another_process_is_making() {
    both_at_once(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_sees_the_cancellation_that_another_process_is_making() {
    both_at_once(false).await;
}

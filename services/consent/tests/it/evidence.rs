//! Evidence archives, from the API to their verification.

use consent::archive::{ArchiveError, public_key, verify};
use contract::chunk::SlotRef;
use serde_json::{Value, json};

use crate::Kit;
use crate::support::{ask, close, grant, opt_in_all, phone, register, run, text_back};

async fn export(kit: &Kit, body: &Value) -> (u16, Vec<u8>) {
    let body = serde_json::to_vec(body).unwrap();
    let client = kit.with_key(&kit.key);
    let answer = client.bytes("POST", "/v1/evidence-exports", "application/json", body);
    answer.await.unwrap()
}

/// People 0 to 4 opted in and were texted twice; 1 sent STOP in between.
async fn texted(kit: &Kit) {
    opt_in_all(kit, 0..5).await;
    let epoch = register(kit).await;
    for n in [1, 2] {
        let slot = SlotRef {
            run: run(n),
            chunk: 0,
            slot: 0,
        };
        grant(kit, &ask(kit, slot, epoch, &[0, 1, 2, 3, 4])).await;
        close(kit, epoch, &[slot]).await;
        text_back(kit, 1, n, "STOP").await;
    }
}

#[tokio::test]
async fn a_persons_evidence_verifies_with_and_without_the_key_and_a_changed_byte_is_found() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    texted(&kit).await;
    let (status, bytes) = export(&kit, &json!({"phone": phone(1).to_string()})).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    let (_, key) = kit.get("/v1/evidence-key").await;
    let trusted = public_key(key["public_key"].as_str().unwrap()).unwrap();
    let report = verify(&bytes, Some(&trusted)).ok().unwrap();
    assert!(report.trusted);
    assert_eq!(key["fingerprint"], report.fingerprint);
    // The opt-in and two STOPs; only the first text left.
    assert_eq!((report.entries, report.left_out, report.erased), (3, 0, 0));
    assert_eq!((report.messages, report.decisions), (1, 1));
    assert_eq!(report.subject, format!("person {}", phone(1)));
    assert!(!verify(&bytes, None).ok().unwrap().trusted);
    for at in (0..bytes.len()).step_by(997) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(verify(&changed, Some(&trusted)).is_err(), "byte {at}");
    }
    let other = kit.with_key(&kit.other_key);
    let other = other.get("/v1/evidence-key").await.unwrap();
    let other = public_key(other["public_key"].as_str().unwrap()).unwrap();
    assert!(matches!(
        verify(&bytes, Some(&other)).err(),
        Some(ArchiveError::WrongKey { .. })
    ));
    let page = String::from_utf8_lossy(&bytes);
    for shown in [
        "Agreed to receive texts",
        "Prior express written consent",
        "Asked for no more texts",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_campaigns_evidence_holds_every_message_and_what_stood_behind_each() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    texted(&kit).await;
    let campaign = contract::CampaignId::from_raw(1).to_string();
    let (status, bytes) = export(&kit, &json!({"campaign": campaign})).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    let report = verify(&bytes, None).ok().unwrap();
    assert_eq!((report.messages, report.entries), (9, 5));
    let (status, bytes) = export(&kit, &json!({"run": run(2).to_string()})).await;
    assert_eq!(status, 200);
    assert_eq!(verify(&bytes, None).ok().unwrap().messages, 4);
    let message = contract::MessageId::of(run(1), 0, 3).to_string();
    let (status, bytes) = export(&kit, &json!({"message": message})).await;
    assert_eq!(status, 200);
    let report = verify(&bytes, None).ok().unwrap();
    assert_eq!(
        (report.messages, report.entries, report.decisions),
        (1, 1, 1)
    );
    let none = json!({"campaign": campaign, "to": "2026-01-01T00:00:00Z"});
    let (status, bytes) = export(&kit, &none).await;
    assert_eq!(
        (status, verify(&bytes, None).ok().unwrap().messages),
        (200, 0)
    );
    kit.stop().await;
}

#[tokio::test]
async fn an_export_of_nothing_or_of_another_tenants_is_refused() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    texted(&kit).await;
    let phone = phone(1).to_string();
    let unknown = contract::CampaignId::from_raw(77).to_string();
    for (body, status, code) in [
        (json!({}), 422, "field.required"),
        (
            json!({"phone": phone, "campaign": unknown}),
            422,
            "field.invalid",
        ),
        (json!({"phone": "+1 999"}), 422, "phone.invalid"),
        (json!({"campaign": unknown}), 404, "not_found"),
        (
            json!({"campaign": run(1).to_string()}),
            400,
            "id.wrong_type",
        ),
        (json!({"person": phone}), 400, "field.unknown"),
        (
            json!({"phone": phone, "from": "2026-06-02T00:00:00Z", "to": "2026-06-01T00:00:00Z"}),
            422,
            "field.range",
        ),
    ] {
        let (got, problem) = kit.post("/v1/evidence-exports", body.clone()).await;
        assert_eq!(
            (got, &problem["code"]),
            (status, &json!(code)),
            "{body}: {problem}"
        );
    }
    let other = kit.with_key(&kit.other_key);
    let campaign = contract::CampaignId::from_raw(1).to_string();
    for body in [
        json!({"campaign": campaign}),
        json!({"run": run(1).to_string()}),
    ] {
        let body = serde_json::to_vec(&body).unwrap();
        let (status, _) = other
            .send("POST", "/v1/evidence-exports", "application/json", body)
            .await
            .unwrap();
        assert_eq!(status, 404);
    }
    let body = serde_json::to_vec(&json!({"phone": phone})).unwrap();
    let answer = other.bytes("POST", "/v1/evidence-exports", "application/json", body);
    let report = verify(&answer.await.unwrap().1, None).ok().unwrap();
    assert_eq!((report.entries, report.messages), (0, 0));
    kit.stop().await;
}

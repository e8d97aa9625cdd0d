//! A person texts STOP.

use contract::ConsentId;
use contract::consent::{RecordReply, ReplyRecorded};

use crate::scene::Scene;
use crate::support::reply;

/// Texts STOP; resolves once it is recorded.
pub async fn stop(scene: &Scene<'_>, person: u64) -> ConsentId {
    scene.ask_to_stop(person);
    let answer = bring(scene, person).await;
    recorded(scene, person, &answer)
}

/// The carrier brings the STOP, for the first time or again.
pub async fn bring(scene: &Scene<'_>, person: u64) -> ReplyRecorded {
    let kit = scene.kit;
    let reply = reply(kit, person, u128::from(person) + 1, "STOP");
    kit.bus
        .ask(kit.tenant, &RecordReply { reply })
        .await
        .unwrap()
}

/// It was answered with OK.
pub fn recorded(scene: &Scene<'_>, person: u64, answer: &ReplyRecorded) -> ConsentId {
    let consent = answer.consent.expect("STOP is an opt-out");
    scene.stop_recorded(person, consent);
    consent
}

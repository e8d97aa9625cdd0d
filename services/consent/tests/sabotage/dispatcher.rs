//! A dispatcher by script. It keeps to what a real one keeps to: hands over only what it was permitted, once for
//! each permit, while the permit is good; closes a slot after that.

use std::time::{Duration, Instant};

use contract::chunk::SlotRef;
use contract::consent::{ClosePermits, PermitAnswer, RegisterDispatcher};

use crate::scene::Scene;
use crate::support::{self, DISPATCHER};

/// Between a hand-over and the closing, a real one commits its ledger. It also keeps instants apart that
/// are only known to the millisecond.
const LEDGER: Duration = Duration::from_millis(3);

#[derive(Clone, Copy)]
pub struct Dispatcher<'s> {
    scene: &'s Scene<'s>,
    epoch: u64,
}

/// A permitted text that has not been handed over.
#[derive(Debug)]
pub struct InHand {
    person: u64,
    text: String,
    good_until: Instant,
}

impl<'s> Dispatcher<'s> {
    /// Starts; what a predecessor left open is settled first: nobody can know what of it left.
    pub async fn start(scene: &'s Scene<'s>) -> Self {
        let question = RegisterDispatcher {
            dispatcher: DISPATCHER.to_string(),
        };
        let (bus, tenant) = (&scene.kit.bus, scene.kit.tenant);
        let told = bus.ask(tenant, &question).await.unwrap();
        let dispatcher = Self {
            scene,
            epoch: told.epoch,
        };
        for open in told.open {
            dispatcher.settle(open.slot).await;
        }
        dispatcher
    }

    /// Asks for these people's texts; those that may leave now. None where it is fenced.
    pub async fn ask(&self, slot: SlotRef, people: &[u64]) -> Vec<InHand> {
        let question = support::ask(self.scene.kit, slot, self.epoch, people);
        let asked = Instant::now();
        let mut tries = 0;
        let answer = loop {
            match self
                .scene
                .kit
                .bus
                .ask(self.scene.kit.tenant, &question)
                .await
            {
                Ok(answer) => break answer,
                // Another asks for the same slot: consent wants to be asked again.
                Err(_) if tries < 5 => tries += 1,
                Err(error) => panic!("{error}"),
            }
        };
        let PermitAnswer::Answered {
            granted,
            good_for_ms,
            ..
        } = answer
        else {
            return Vec::new();
        };
        let good_until = asked + Duration::from_millis(good_for_ms.into());
        let in_hand = |place: u16| InHand {
            person: people[usize::from(place)],
            text: format!("Text {place} of run {}", slot.run),
            good_until,
        };
        granted
            .iter()
            .map(|permit| in_hand(permit.message().position()))
            .collect()
    }

    /// Hands these over, if they may still leave.
    pub fn hand_over(&self, texts: Vec<InHand>) {
        for text in texts {
            if Instant::now() < text.good_until {
                self.scene.take(text.person, &text.text);
            }
        }
    }

    /// The slot's outcomes are durable: closes it.
    pub async fn settle(&self, slot: SlotRef) {
        tokio::time::sleep(LEDGER).await;
        let question = ClosePermits {
            dispatcher: DISPATCHER.to_string(),
            epoch: self.epoch,
            slots: vec![slot],
            returned: Vec::new(),
        };
        let (bus, tenant) = (&self.scene.kit.bus, self.scene.kit.tenant);
        bus.ask(tenant, &question).await.unwrap();
    }
}

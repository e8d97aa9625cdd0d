//! What the service said, as it passes by on the bus.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use contract::chunk::Outcome;
use contract::dispatch::{HandOver, HandOversRecorded, ReceiptsRecorded, UnknownSettled};
use contract::envelope::headers;
use contract::ids::MessageId;
use contract::texts::TextsAccepted;
use contract::{Payload, payload};
use futures::StreamExt;

#[derive(Clone, Default)]
pub struct Said {
    pub hand_overs: Arc<Mutex<Vec<(MessageId, HandOver)>>>,
    pub receipts: Arc<Mutex<Vec<(MessageId, Outcome)>>>,
    /// Texts that were unknown until a receipt named them.
    pub settled: Arc<Mutex<Vec<(MessageId, Outcome)>>>,
    /// Texts of flows, as often as they were said to be accepted.
    pub accepted: Arc<Mutex<Vec<MessageId>>>,
}

impl Said {
    pub async fn listen(&self, client: &async_nats::Client) {
        let (said, all) = (self.clone(), "evt.dispatch.>");
        let mut messages = client.subscribe(all).await.unwrap();
        client.flush().await.unwrap();
        tokio::spawn(async move {
            let mut seen = HashSet::new();
            while let Some(message) = messages.next().await {
                // The relay may publish twice around a restart; consumers know repetitions by this id.
                let id = message
                    .headers
                    .as_ref()
                    .and_then(|map| map.get(headers::ID))
                    .map(ToString::to_string);
                if !seen.insert(id) {
                    continue;
                }
                if message.subject.contains(HandOversRecorded::NAME) {
                    let event: HandOversRecorded =
                        payload::decode(HandOversRecorded::FORMAT, &message.payload).unwrap();
                    let mut hand_overs = said.hand_overs.lock().unwrap();
                    for slot in event.slots {
                        for item in slot.items {
                            hand_overs.push((
                                MessageId::of(slot.slot.run, slot.slot.chunk, item.position),
                                item,
                            ));
                        }
                    }
                } else if message.subject.contains(TextsAccepted::NAME) {
                    let event: TextsAccepted =
                        payload::decode(TextsAccepted::FORMAT, &message.payload).unwrap();
                    said.accepted.lock().unwrap().extend(event.messages);
                } else if message.subject.contains(ReceiptsRecorded::NAME) {
                    let event: ReceiptsRecorded =
                        payload::decode(ReceiptsRecorded::FORMAT, &message.payload).unwrap();
                    let items = event
                        .items
                        .into_iter()
                        .map(|item| (item.message, item.outcome));
                    said.receipts.lock().unwrap().extend(items);
                } else if message.subject.contains(UnknownSettled::NAME) {
                    let event: UnknownSettled =
                        payload::decode(UnknownSettled::FORMAT, &message.payload).unwrap();
                    let items = event
                        .items
                        .into_iter()
                        .map(|item| (item.message, item.outcome));
                    said.settled.lock().unwrap().extend(items);
                }
            }
        });
    }

    /// Highest outcome said of each message.
    pub fn states(&self) -> BTreeMap<MessageId, Outcome> {
        let mut states = BTreeMap::new();
        let hand_overs: Vec<_> = self
            .hand_overs
            .lock()
            .unwrap()
            .iter()
            .map(|(id, item)| (*id, item.outcome))
            .collect();
        for (id, outcome) in hand_overs
            .into_iter()
            .chain(self.receipts.lock().unwrap().iter().copied())
        {
            let state = states.entry(id).or_insert(outcome);
            *state = outcome.max(*state);
        }
        states
    }

    pub fn count(&self, outcome: Outcome) -> usize {
        self.states()
            .values()
            .filter(|state| **state == outcome)
            .count()
    }
}

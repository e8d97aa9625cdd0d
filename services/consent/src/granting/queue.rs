//! What waits for permits: gathered without waiting, answered together.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ahash::AHashSet;
use contract::consent::{GrantPermits, PermitAnswer};
use contract::{EventId, Phone, TenantId};
use tokio::sync::oneshot;

use super::batch;
use crate::app::App;

/// Slots in one transaction.
const BATCH: usize = 16;
/// The same while people text STOP: each of them waits for the batch under way.
const BATCH_AMONG_STOPS: usize = 3;
/// How long after a STOP others are expected.
const AMONG_STOPS: Duration = Duration::from_secs(10);
/// Transactions on their way to the writer: one is prepared while another commits.
const ON_THE_WAY: usize = 3;

/// One question and where its answer goes.
pub struct Question {
    pub id: EventId,
    pub tenant: TenantId,
    pub ask: GrantPermits,
    pub answer: oneshot::Sender<anyhow::Result<PermitAnswer>>,
}

/// The questions under way. Whoever asks starts the answering if nobody does, so there is nothing to be
/// started or stopped with the service.
#[derive(Default)]
pub struct Questions(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Question>,
    answering: usize,
}

impl Questions {
    /// Resolves once the answer is durable.
    pub async fn ask(
        &self,
        app: &Arc<App>,
        id: EventId,
        tenant: TenantId,
        ask: GrantPermits,
    ) -> anyhow::Result<PermitAnswer> {
        let (answer, answered) = oneshot::channel();
        let question = Question {
            id,
            tenant,
            ask,
            answer,
        };
        if self.put(question) {
            tokio::spawn(answer_all(app.clone()));
        }
        answered
            .await
            .map_err(|_| anyhow::anyhow!("the permits were not granted: the service stops"))?
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True when one more has to start answering. Answers to people go before everything else.
    fn put(&self, question: Question) -> bool {
        let mut state = self.state();
        if question.ask.class.is_reply() {
            state.waiting.push_front(question);
        } else {
            state.waiting.push_back(question);
        }
        let more = state.answering < ON_THE_WAY;
        state.answering += usize::from(more);
        more
    }

    /// The next batch; `None` ends the answering that asked for it.
    fn take(&self, most: usize) -> Option<Vec<Question>> {
        let mut state = self.state();
        let batch = together(&mut state.waiting, most);
        state.answering -= usize::from(batch.is_none());
        batch
    }
}

async fn answer_all(app: Arc<App>) {
    let most = || {
        if app.since_opt_out() < AMONG_STOPS {
            BATCH_AMONG_STOPS
        } else {
            BATCH
        }
    };
    while let Some(batch) = app.questions.take(most()) {
        batch::answer(&app, batch).await;
    }
}

/// The next questions that can be answered together: of one tenant and class, and nobody in two of them, or
/// one person's caps would be counted once for two texts.
fn together(waiting: &mut VecDeque<Question>, most: usize) -> Option<Vec<Question>> {
    let first = waiting.pop_front()?;
    let (tenant, class) = (first.tenant, first.ask.class);
    let mut people: AHashSet<Phone> = first.ask.asks.iter().map(|one| one.phone).collect();
    let mut slots = AHashSet::from([first.ask.slot]);
    let mut chosen = vec![first];
    let mut later = VecDeque::new();
    while chosen.len() < most
        && let Some(question) = waiting.pop_front()
    {
        let apart = question.tenant == tenant
            && question.ask.class == class
            && !slots.contains(&question.ask.slot)
            && !question
                .ask
                .asks
                .iter()
                .any(|one| people.contains(&one.phone));
        if apart {
            slots.insert(question.ask.slot);
            people.extend(question.ask.asks.iter().map(|one| one.phone));
            chosen.push(question);
        } else {
            later.push_back(question);
        }
    }
    // Those passed over keep their turn.
    later.append(waiting);
    *waiting = later;
    Some(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::chunk::SlotRef;
    use contract::consent::PermitAsk;
    use contract::{CampaignId, Class, ContactId, Mode, RunId, TemplateId, UnixMillis};

    fn question(tenant: u128, class: Class, slot: u8, people: std::ops::Range<u64>) -> Question {
        let asks = people
            .zip(0..)
            .map(|(person, position)| PermitAsk {
                position,
                contact: ContactId::from_raw(1),
                phone: Phone::from_digits(15_005_550_000 + person).unwrap(),
                zone: None,
            })
            .collect();
        Question {
            id: EventId::from_raw(1),
            tenant: TenantId::from_raw(tenant),
            ask: GrantPermits {
                slot: SlotRef {
                    run: RunId::from_raw(1 << 40),
                    chunk: 0,
                    slot,
                },
                campaign: CampaignId::from_raw(1),
                class,
                programme: "default".to_string(),
                sender: "+15005550100".to_string(),
                template: TemplateId::from_raw(1),
                mode: Mode::Test,
                valid_until: UnixMillis(1),
                zones: Vec::new(),
                dispatcher: "d".to_string(),
                epoch: 1,
                asks,
            },
            answer: oneshot::channel().0,
        }
    }

    fn slots(batch: &[Question]) -> Vec<u8> {
        batch.iter().map(|one| one.ask.slot.slot).collect()
    }

    #[test]
    fn only_questions_of_one_tenant_and_class_without_a_common_person_go_together() {
        let mut waiting = VecDeque::from([
            question(1, Class::Marketing, 0, 0..10),
            question(2, Class::Marketing, 1, 10..20),
            question(1, Class::HelpReply, 2, 20..30),
            question(1, Class::Marketing, 3, 9..12),
            question(1, Class::Marketing, 4, 30..40),
            question(1, Class::Marketing, 0, 50..60),
        ]);
        assert_eq!(slots(&together(&mut waiting, BATCH).unwrap()), [0, 4]);
        assert_eq!(slots(&together(&mut waiting, BATCH).unwrap()), [1]);
        assert_eq!(slots(&together(&mut waiting, BATCH).unwrap()), [2]);
        assert_eq!(slots(&together(&mut waiting, BATCH).unwrap()), [3, 0]);
        assert!(together(&mut waiting, BATCH).is_none());
    }

    #[test]
    fn a_batch_has_its_bound() {
        let mut waiting: VecDeque<Question> = (0..40u8)
            .map(|slot| {
                let first = u64::from(slot) * 10;
                question(1, Class::Marketing, slot, first..first + 10)
            })
            .collect();
        assert_eq!(together(&mut waiting, BATCH).unwrap().len(), BATCH);
        assert_eq!(waiting.len(), 40 - BATCH);
    }
}

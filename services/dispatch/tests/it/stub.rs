//! Stands in for consent and inbound: grants each permit once, and remembers what was asked.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract::chunk::{Encoding, Outcome, OutcomeGroup, SlotRef};
use contract::consent::{
    ClosePermits, DispatcherRegistered, GrantPermits, Keyword, OpenSlot, Permit, PermitAnswer,
    PermitsClosed, RegisterDispatcher, RunGateSet, SetRunGate,
};
use contract::contacts::{FindByPhone, LoadRecipients, RecipientData, RecipientsLoaded};
use contract::ids::{ContactId, DecisionId, InboundId, MessageId};
use contract::inbound::{ReceiveReply, ReplyReceived};
use contract::renderer::{
    OneRendered, OneText, RenderOne, RenderTexts, TextRendered, TextToRender, Wording,
};
use contract::{Payload, Query, Reason, payload};
use futures::StreamExt;

#[derive(Default)]
pub struct State {
    pub epoch: u64,
    /// Of each dispatcher, the last one given.
    pub epochs: BTreeMap<String, u64>,
    /// Texts permitted, by dispatcher.
    pub permits_of: BTreeMap<String, usize>,
    /// What a predecessor left open.
    pub left_open: Vec<OpenSlot>,
    /// The same of dispatchers of other names.
    pub left_open_of: BTreeMap<String, Vec<OpenSlot>>,
    pub permitted: HashSet<MessageId>,
    pub open: BTreeMap<SlotRef, usize>,
    /// Positions to refuse, and how.
    pub refuse: Vec<(u16, Outcome, Reason)>,
    pub fenced: bool,
    /// Questions for permits to swallow after granting.
    pub lose_answers: usize,
    pub asks: usize,
    /// Answer questions for permits with an error.
    pub refuse_questions: bool,
    /// Who has which number.
    pub contacts: std::collections::HashMap<contract::Phone, ContactId>,
    /// Runs whose gate is cancelled.
    pub shut: HashSet<contract::RunId>,
    /// When refused texts that are held may be tried again.
    pub held_until: Option<contract::UnixMillis>,
    pub replies: Vec<ReceiveReply>,
    /// Texts of flows that were written.
    pub rendered: usize,
    /// How often the permit of a text came back.
    pub returned: BTreeMap<MessageId, u32>,
    /// Questions that close permits are lost.
    pub lose_closing: bool,
    /// Milliseconds for which permits are good; 0: ten seconds.
    pub good_for_ms: u32,
    /// Replies to refuse before the first is taken.
    pub refuse_replies: usize,
}

#[derive(Clone, Default)]
pub struct Stub {
    pub state: Arc<Mutex<State>>,
}

impl Stub {
    pub async fn listen(&self, client: &async_nats::Client) {
        self.answer::<RegisterDispatcher>(client, |state, question| {
            state.epoch += 1;
            let open = match state.left_open_of.get(&question.dispatcher) {
                Some(open) => open.clone(),
                None => std::mem::take(&mut state.left_open),
            };
            state.epochs.insert(question.dispatcher, state.epoch);
            Some(Ok(DispatcherRegistered {
                epoch: state.epoch,
                open,
            }))
        })
        .await;
        self.answer::<GrantPermits>(client, |state, question| {
            if state.refuse_questions {
                return Some(Err("not now".to_string()));
            }
            let answer = grant(state, &question);
            if state.lose_answers > 0 {
                state.lose_answers -= 1;
                return None;
            }
            Some(Ok(answer))
        })
        .await;
        self.answer::<ClosePermits>(client, |state, question| {
            if state.lose_closing {
                return None;
            }
            for one in question.returned {
                let message = MessageId::of(one.slot.run, one.slot.chunk, one.position);
                let times = state.returned.entry(message).or_default();
                if state.open.contains_key(&one.slot) && *times + 1 == one.attempt {
                    *times += 1;
                    state.permitted.remove(&message);
                }
            }
            for slot in question.slots {
                state.open.remove(&slot);
            }
            Some(Ok(PermitsClosed {}))
        })
        .await;
        self.answer::<SetRunGate>(client, |state, question| {
            state.shut.insert(question.run);
            Some(Ok(RunGateSet { settled: true }))
        })
        .await;
        self.answer::<FindByPhone>(client, |state, question| {
            Some(Ok(state.contacts.get(&question.phone).copied()))
        })
        .await;
        self.answer::<LoadRecipients>(client, |state, question| {
            let person = |id: &ContactId| {
                let (phone, _) = state.contacts.iter().find(|(_, own)| *own == id)?;
                Some(RecipientData {
                    phone: *phone,
                    zone: Some(0),
                    fields: Vec::new(),
                })
            };
            Some(Ok(RecipientsLoaded {
                zones: vec!["America/New_York".to_string()],
                recipients: question.contacts.iter().map(person).collect(),
            }))
        })
        .await;
        self.answer::<RenderOne>(client, |_, question| {
            let Wording::Text(body) = question.wording else {
                return Some(Ok(OneRendered::Refused {
                    code: "template.unknown".into(),
                    detail: "there is none".into(),
                }));
            };
            Some(Ok(OneRendered::Text(OneText {
                encoding: Encoding::Gsm7,
                segments: 1,
                version: 0,
                opt_out_said: body.contains("STOP"),
                body,
            })))
        })
        .await;
        self.answer::<RenderTexts>(client, |state, question| {
            state.rendered += question.texts.len();
            let text = |ask: TextToRender| match ask.fields.get("body") {
                None => TextRendered::Failed(Reason::MERGE_FIELD_MISSING),
                Some(body) => TextRendered::Text(OneText {
                    encoding: Encoding::Gsm7,
                    segments: 1,
                    version: ask.version.unwrap_or(1),
                    opt_out_said: body.contains("STOP"),
                    body: body.clone(),
                }),
            };
            Some(Ok(question.texts.into_iter().map(text).collect()))
        })
        .await;
        self.answer::<ReceiveReply>(client, |state, reply| {
            if state.refuse_replies > 0 {
                state.refuse_replies -= 1;
                return Some(Err("not now".to_string()));
            }
            state.replies.push(reply);
            Some(Ok(ReplyReceived {
                inbound: InboundId::from_raw(1),
                keyword: Keyword::None,
            }))
        })
        .await;
        client.flush().await.unwrap();
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }

    /// Waits until every permit is closed.
    pub async fn all_closed(&self) {
        super::rig::until("all permits are closed", || {
            self.with(|state| state.open.is_empty())
        })
        .await;
    }

    async fn answer<Q: Query>(
        &self,
        client: &async_nats::Client,
        answer: impl Fn(&mut State, Q) -> Option<Result<Q::Answer, String>> + Send + 'static,
    ) {
        let subject = payload::subject_filter::<Q>();
        let (client, state) = (client.clone(), self.state.clone());
        let mut questions = client.subscribe(subject).await.unwrap();
        tokio::spawn(async move {
            while let Some(message) = questions.next().await {
                let question: Q =
                    payload::decode(<Q as Payload>::FORMAT, &message.payload).unwrap();
                let answered = answer(&mut state.lock().unwrap(), question);
                let Some(inbox) = message.reply else { continue };
                match answered {
                    Some(Ok(body)) => {
                        let bytes = payload::encode(<Q as Payload>::FORMAT, &body).unwrap();
                        client.publish(inbox, bytes.into()).await.unwrap();
                    }
                    // Too short to be read: the asker sees an error.
                    Some(Err(_)) => client.publish(inbox, Vec::new().into()).await.unwrap(),
                    None => {}
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
    }
}

fn grant(state: &mut State, question: &GrantPermits) -> PermitAnswer {
    state.asks += 1;
    if state.fenced || state.epochs.get(&question.dispatcher) != Some(&question.epoch) {
        return PermitAnswer::Fenced;
    }
    let (mut granted, mut permitted_before, mut refused) =
        (Vec::new(), Vec::new(), Vec::<OutcomeGroup>::new());
    for ask in &question.asks {
        let message = MessageId::of(question.slot.run, question.slot.chunk, ask.position);
        if state.permitted.contains(&message) {
            permitted_before.push(ask.position);
        } else if let Some((_, outcome, reason)) =
            state.refuse.iter().find(|(p, ..)| *p == ask.position)
        {
            refused.push(OutcomeGroup {
                outcome: *outcome,
                reason: reason.clone(),
                until: state.held_until,
                positions: vec![ask.position],
                contacts: vec![ask.contact],
                decisions: vec![DecisionId::from_raw(2)],
            });
        } else {
            state.permitted.insert(message);
            granted.push(Permit::issue(message, DecisionId::from_raw(1), 1));
        }
    }
    *state
        .permits_of
        .entry(question.dispatcher.clone())
        .or_default() += granted.len();
    if !granted.is_empty() {
        *state.open.entry(question.slot).or_default() += granted.len();
    }
    PermitAnswer::Answered {
        granted,
        good_for_ms: match state.good_for_ms {
            0 => 10_000,
            given => given,
        },
        permitted_before,
        refused,
    }
}

//! Texts of flows: from what campaigns offers to what can be handed over. Many at once, with a few questions.

use std::collections::HashMap;

use contract::chunk::{ChunkHead, Outcome, Text};
use contract::contacts::LoadRecipients;
use contract::dispatch::{HandOver, SendChunk, SlotOutcome};
use contract::ids::DecisionId;
use contract::renderer::{OneText, RenderTexts, TextRendered, TextToRender};
use contract::texts::FlowText;
use contract::{Class, ContactId, Phone, Reason, TenantId, UnixMillis};

use super::NO_CAMPAIGN;
use crate::app::App;

/// Texts in one question to the renderer: well below what the bus takes, however long they are.
const RENDERED_AT_ONCE: usize = 100;

/// What is done with a text once it has its row.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    Now,
    /// Its flow wants it no earlier.
    Later(UnixMillis),
    /// It cannot be sent, and this is why.
    Settled(Outcome, Reason),
}

impl Fate {
    /// What stands in the row until something else is known.
    pub fn outcome(&self) -> (Outcome, Reason) {
        match self {
            Self::Now => (Outcome::Pending, Reason::OK),
            Self::Later(_) => (Outcome::Held, Reason::NOT_BEFORE),
            Self::Settled(outcome, reason) => (*outcome, reason.clone()),
        }
    }
}

/// A text of a flow, found out about.
#[derive(Debug, Clone)]
pub struct Resolved {
    pub text: FlowText,
    /// What goes through the gate; without texts where the fate is settled.
    pub chunk: SendChunk,
    pub fate: Fate,
}

impl Resolved {
    /// What is said of it in the commit of its row; `None` while that is nothing yet.
    pub fn said(&self, at: UnixMillis) -> Option<SlotOutcome> {
        let until = match &self.fate {
            Fate::Now => return None,
            Fate::Later(until) => Some(*until),
            Fate::Settled(..) => None,
        };
        let (outcome, reason) = self.fate.outcome();
        let text = self.chunk.texts.first();
        let item = HandOver {
            position: 0,
            contact: self.text.contact,
            decision: DecisionId::from_raw(0),
            outcome,
            reason,
            until,
            segments: text.map_or(0, |text| text.segments),
            encoding: text.map_or(contract::chunk::Encoding::Gsm7, |text| text.encoding),
            provider_message_id: String::new(),
        };
        Some(SlotOutcome {
            slot: contract::chunk::SlotRef {
                run: self.text.message.run(),
                chunk: 0,
                slot: 0,
            },
            campaign: NO_CAMPAIGN,
            provider: String::new(),
            at,
            items: vec![item],
        })
    }
}

/// Somebody to text.
#[derive(Clone)]
struct Person {
    phone: Phone,
    zone: Option<String>,
}

/// Finds the people and writes the words. Whom nobody knows and what cannot be written has its outcome then; an
/// error means that nothing is known, and the whole is tried again.
pub async fn resolve(
    app: &App,
    tenant: TenantId,
    texts: Vec<FlowText>,
) -> anyhow::Result<Vec<Resolved>> {
    let now = app.cx.clock.millis();
    let people = people(app, tenant, &texts).await?;
    let asks: Vec<TextToRender> = texts
        .iter()
        .filter(|text| too_late(text, now).is_none())
        .filter_map(|text| Some(to_render(text, people.get(&text.contact)?)))
        .collect();
    let mut written = HashMap::with_capacity(asks.len());
    for some in asks.chunks(RENDERED_AT_ONCE) {
        let question = RenderTexts {
            texts: some.to_vec(),
        };
        let answer = app.cx.bus.ask(tenant, &question).await?;
        anyhow::ensure!(
            answer.len() == some.len(),
            "the renderer answered about other texts"
        );
        let named = some.iter().map(|ask| ask.message);
        written.extend(named.zip(answer));
    }
    let resolved = texts.into_iter().map(|text| {
        let person = people.get(&text.contact);
        let words = written.remove(&text.message);
        one(text, person, words, now)
    });
    Ok(resolved.collect())
}

/// It expires before it could leave.
fn too_late(text: &FlowText, now: UnixMillis) -> Option<Fate> {
    let earliest = text.not_before.map_or(now, |at| at.max(now));
    (text.valid_until <= earliest)
        .then_some(Fate::Settled(Outcome::Expired, Reason::MESSAGE_EXPIRED))
}

fn one(
    text: FlowText,
    person: Option<&Person>,
    words: Option<TextRendered>,
    now: UnixMillis,
) -> Resolved {
    let settled = |outcome, reason| Fate::Settled(outcome, reason);
    let later = text.not_before.filter(|at| *at > now);
    let (fate, person_and_words) = match (too_late(&text, now), person, words) {
        (Some(late), ..) => (late, None),
        (None, None, _) => (settled(Outcome::Suppressed, Reason::CONTACT_GONE), None),
        (None, Some(_), None) => (settled(Outcome::Failed, Reason::RENDER_FAILED), None),
        (None, Some(_), Some(TextRendered::Failed(reason))) => {
            (settled(Outcome::Failed, reason), None)
        }
        (None, Some(_), Some(TextRendered::Text(words)))
            if text.class == Class::Marketing && !words.opt_out_said =>
        {
            let reason = Reason::OPT_OUT_TEXT_MISSING;
            (settled(Outcome::Suppressed, reason), None)
        }
        (None, Some(person), Some(TextRendered::Text(words))) => {
            (later.map_or(Fate::Now, Fate::Later), Some((person, words)))
        }
    };
    let chunk = chunk(&text, person_and_words, now);
    Resolved { text, chunk, fate }
}

fn to_render(text: &FlowText, person: &Person) -> TextToRender {
    TextToRender {
        message: text.message,
        mode: text.mode,
        template: text.template,
        version: text.template_version,
        fields: text.vars.clone(),
        contact: text.contact,
        zone: person.zone.clone(),
    }
}

async fn people(
    app: &App,
    tenant: TenantId,
    texts: &[FlowText],
) -> anyhow::Result<HashMap<ContactId, Person>> {
    let mut contacts: Vec<ContactId> = texts.iter().map(|text| text.contact).collect();
    contacts.sort_unstable();
    contacts.dedup();
    let question = LoadRecipients {
        contacts,
        field_names: Vec::new(),
    };
    let loaded = app.cx.bus.ask(tenant, &question).await?;
    anyhow::ensure!(
        loaded.recipients.len() == question.contacts.len(),
        "contacts answered about other people"
    );
    let mut people = HashMap::with_capacity(question.contacts.len());
    for (contact, found) in question.contacts.into_iter().zip(loaded.recipients) {
        let Some(found) = found else { continue };
        let zone = found.zone.and_then(|at| loaded.zones.get(usize::from(at)));
        let person = Person {
            phone: found.phone,
            zone: zone.cloned(),
        };
        people.insert(contact, person);
    }
    Ok(people)
}

fn chunk(text: &FlowText, ready: Option<(&Person, OneText)>, now: UnixMillis) -> SendChunk {
    let version = ready.as_ref().map(|(_, words)| words.version);
    let zone = ready.as_ref().and_then(|(person, _)| person.zone.clone());
    let has_zone = zone.is_some();
    let texts = ready.map(|(person, words)| Text {
        position: 0,
        contact: text.contact,
        phone: person.phone,
        zone: has_zone.then_some(0),
        decision: DecisionId::from_raw(0),
        encoding: words.encoding,
        segments: words.segments,
        body: words.body,
    });
    SendChunk {
        head: ChunkHead {
            run: text.message.run(),
            campaign: NO_CAMPAIGN,
            chunk: 0,
            class: text.class,
            programme: text.programme.clone(),
            template: text.template,
            template_version: version.unwrap_or(0),
            sender: text.sender.clone(),
            mode: text.mode,
            valid_until: text.valid_until,
            released_at: now,
            zones: zone.into_iter().collect(),
            field_names: Vec::new(),
        },
        texts: texts.into_iter().collect(),
    }
}

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;

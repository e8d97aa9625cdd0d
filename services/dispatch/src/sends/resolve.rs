//! From a request to what can be handed over: whom it reaches and what it says. Changes nothing.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::accounts::Caller;
use contract::chunk::{ChunkHead, Text};
use contract::contacts::{FindByPhone, LoadRecipients};
use contract::dispatch::SendChunk;
use contract::ids::{DecisionId, MessageId, RunId, TemplateId};
use contract::renderer::{OneRendered, OneText, RenderOne, Wording};
use contract::{Class, ContactId, Phone, TenantId, UnixMillis};

use super::request::{Checked, NewMessage, Whom};
use super::{NO_CAMPAIGN, NOBODY};
use crate::app::App;

/// Somebody to text.
struct Person {
    contact: Option<ContactId>,
    phone: Phone,
    zone: Option<String>,
}

/// The chunk of one text.
pub async fn resolve(
    app: &App,
    caller: Caller,
    new: &NewMessage,
    checked: Checked,
) -> Result<SendChunk, Problem> {
    let person = person(app, caller.tenant, checked.whom).await?;
    let run = RunId::begin(app.cx.clock.now());
    let wording = match (&new.text, new.template) {
        (Some(text), _) => Wording::Text(text.clone()),
        (None, Some(template)) => Wording::Template {
            template,
            fields: new.fields.clone(),
        },
        (None, None) => return Err(Problem::invalid("give a text or a template")),
    };
    let question = RenderOne {
        message: MessageId::of(run, 0, 0),
        mode: caller.mode,
        wording,
        contact: person.contact,
        zone: person.zone.clone(),
    };
    let text = match app.urgent.bus.ask(caller.tenant, &question).await? {
        OneRendered::Text(text) => text,
        OneRendered::Refused { code, detail } => return Err(refused(&code, &detail)),
    };
    if new.class == Class::Marketing && !text.opt_out_said {
        let detail = "a marketing text must say how to get no more of them";
        return Err(refused("message.opt_out_missing", detail));
    }
    let now = app.cx.clock.millis();
    let until = UnixMillis(now.0.saturating_add(checked.valid_for));
    Ok(chunk(new, (caller, run), &person, text, (now, until)))
}

fn refused(code: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).error("/text", code, detail)
}

async fn person(app: &App, tenant: TenantId, whom: Whom) -> Result<Person, Problem> {
    let bus = &app.urgent.bus;
    let (contact, phone) = match whom {
        Whom::Contact(contact) => (contact, None),
        Whom::Phone(phone) => match bus.ask(tenant, &FindByPhone { phone }).await? {
            Some(contact) => (contact, Some(phone)),
            // Consent says what may be sent to somebody nobody has met.
            None => {
                return Ok(Person {
                    contact: None,
                    phone,
                    zone: None,
                });
            }
        },
    };
    let question = LoadRecipients {
        contacts: vec![contact],
        field_names: Vec::new(),
    };
    let loaded = bus.ask(tenant, &question).await?;
    let found = loaded.recipients.into_iter().flatten().next();
    match (found, phone) {
        (Some(found), _) => {
            let zone = found.zone.and_then(|at| loaded.zones.get(usize::from(at)));
            Ok(Person {
                contact: Some(contact),
                phone: phone.unwrap_or(found.phone),
                zone: zone.cloned(),
            })
        }
        // Gone between the two questions.
        (None, Some(phone)) => Ok(Person {
            contact: None,
            phone,
            zone: None,
        }),
        (None, None) => {
            let detail = "there is no such contact";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Err(Problem::new(status, "contact.unknown", detail).error(
                "/to/contact",
                "contact.unknown",
                detail,
            ))
        }
    }
}

fn chunk(
    new: &NewMessage,
    (caller, run): (Caller, RunId),
    person: &Person,
    text: OneText,
    (now, valid_until): (UnixMillis, UnixMillis),
) -> SendChunk {
    SendChunk {
        head: ChunkHead {
            run,
            campaign: NO_CAMPAIGN,
            chunk: 0,
            class: new.class,
            programme: new.programme.clone().unwrap_or_else(|| "default".into()),
            template: new.template.unwrap_or(TemplateId::from_raw(0)),
            template_version: text.version,
            sender: new.sender.clone(),
            mode: caller.mode,
            valid_until,
            released_at: now,
            field_names: Vec::new(),
            zones: person.zone.iter().cloned().collect(),
        },
        texts: vec![Text {
            position: 0,
            contact: person.contact.unwrap_or(NOBODY),
            phone: person.phone,
            zone: person.zone.is_some().then_some(0),
            decision: DecisionId::from_raw(0),
            encoding: text.encoding,
            segments: text.segments,
            body: text.body,
        }],
    }
}

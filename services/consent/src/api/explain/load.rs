//! Loads what an explanation is made from.

use std::sync::Arc;

use axum::http::StatusCode;
use chassis::bus::AskError;
use chassis::http::Problem;
use chrono_tz::Tz;
use contract::accounts::Caller;
use contract::contacts::{FindByPhone, LoadRecipients};
use contract::{
    CampaignId, Class, ContactId, DecisionId, MessageId, Mode, Phone, TemplateId, TenantId,
    UnixMillis,
};

use super::Question;
use crate::api::intake::phone_parameter;
use crate::api::standing::folded;
use crate::app::App;
use crate::db::run_about::About;
use crate::db::standing::Hold;
use crate::db::{self};
use crate::explain::{Entry, Scene};
use crate::facts::ReplyFacts;
use crate::memo::Memo;
use crate::people::People;
use crate::standing::Change;
use crate::tenants::person_hash;

pub struct Loaded {
    pub phone: Phone,
    pub scene: Scene,
    pub entries: Vec<Entry>,
    pub memo: Arc<Memo>,
    pub version: i64,
    pub decision: Option<DecisionId>,
    pub notes: Vec<String>,
}

/// Who is asked about.
struct Who {
    phone: Phone,
    zone: Option<Tz>,
    note: Option<String>,
    /// Of a message: what its run is about, when it was permitted, and by which decision.
    sent: Option<(About, i64, DecisionId)>,
}

pub async fn load(app: &App, caller: Caller, question: Question) -> Result<Loaded, Problem> {
    let (tenant, reader, engine) = (caller.tenant, app.cx.db.read(), app.engine());
    let who = who(app, tenant, &question).await?;
    let about = match (&who.sent, question.campaign) {
        (Some((about, ..)), _) => Some(about.clone()),
        (None, Some(campaign)) => {
            let runs = db::run_about::of_campaign(reader, engine, tenant, campaign).await?;
            runs.into_iter().next_back()
        }
        (None, None) => None,
    };
    let now = app.cx.clock.now();
    let sent_at = who.sent.as_ref().map(|(_, at, _)| UnixMillis(*at).to_utc());
    let at = question.at.or(sent_at).unwrap_or(now);
    let millis = at.timestamp_millis();
    let class = question.class.or(about.as_ref().map(|of| of.class));
    let class = class.unwrap_or(Class::Marketing);
    let programme = question
        .programme
        .or(about.as_ref().map(|of| of.programme.clone()));
    let sender = question
        .sender
        .or(about.as_ref().map(|of| of.sender.clone()));
    let (programme, sender) = (
        programme.unwrap_or_else(|| crate::standing::DEFAULT_PROGRAMME.to_string()),
        sender.unwrap_or_default(),
    );
    let people = People::load(app, reader, tenant, (class, &[who.phone]), Hold::None).await?;
    let entries = entries(app, tenant, who.phone).await?;
    let person = people.person(app, who.phone, who.zone);
    let standing = if at < now {
        Some(folded(&entries, millis))
    } else {
        person.standing.cloned()
    };
    // A message's own permit counts as sent at its very instant, and did not count against itself.
    let recent = person
        .recent
        .iter()
        .filter(|one| one.at < millis || at >= now && one.at <= millis);
    let campaign = about.as_ref().map(|of| of.campaign).or(question.campaign);
    let names = (
        campaign.unwrap_or(CampaignId::from_raw(0)),
        sender.as_str(),
        question.template.unwrap_or(TemplateId::from_raw(0)),
    );
    let papers = app.tenants.papers(reader, engine, tenant, names).await?;
    let version = if at < now {
        db::policy::active_at(reader, engine, tenant, millis).await?
    } else {
        db::policy::active(reader, engine, tenant).await?
    };
    let carrier_cap_reached = match papers.sender.daily_cap {
        Some(cap) => {
            let day = at
                .with_timezone(&chrono_tz::America::Los_Angeles)
                .date_naive();
            let day = day.to_string();
            db::sender_day::look(reader, engine, tenant, &sender, &day).await? >= i64::from(cap)
        }
        None => false,
    };
    let since = millis - crate::heard::ANSWERED_MILLIS;
    let phones = std::iter::once(who.phone);
    let mut heard = db::heard::load(reader, engine, tenant, phones, since).await?;
    let scene = Scene {
        class,
        programme,
        papers: (*papers).clone(),
        live: caller.mode == Mode::Live,
        valid_until: i64::MAX,
        now: at,
        carrier_cap_reached,
        standing,
        facts: person.facts.clone(),
        place: person.place,
        recent: recent.copied().collect(),
        dnc: person.dnc.to_vec(),
        heard: heard.remove(&who.phone).unwrap_or_default(),
        lists: people.lists.of.clone(),
        reply: ReplyFacts::default(),
        sender,
    };
    Ok(Loaded {
        phone: who.phone,
        scene,
        entries: named(entries, millis),
        memo: app.tenants.rules(reader, engine, tenant, version).await?,
        version,
        decision: who.sent.map(|(_, _, decision)| decision),
        notes: who.note.into_iter().collect(),
    })
}

async fn who(app: &App, tenant: TenantId, question: &Question) -> Result<Who, Problem> {
    if let Some(message) = question.message {
        return of_message(app, tenant, message).await;
    }
    if let Some(contact) = question.contact {
        let (phone, zone) = contact_of(app, tenant, contact)
            .await?
            .ok_or_else(|| Problem::not_found("contact"))?;
        return Ok(Who {
            phone,
            zone,
            note: None,
            sent: None,
        });
    }
    let phone = phone_parameter(question.phone.as_deref().unwrap_or_default())?;
    let (zone, note) = zone_of(app, tenant, phone).await?;
    Ok(Who {
        phone,
        zone,
        note,
        sent: None,
    })
}

async fn of_message(app: &App, tenant: TenantId, message: MessageId) -> Result<Who, Problem> {
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let gone = || Problem::not_found("message");
    let about = db::run_about::find(reader, engine, tenant, message.run()).await?;
    let about = about.ok_or_else(gone)?;
    let Some(permit) = db::permit::find(reader, engine, message).await? else {
        let screened = db::screen::find(reader, engine, message).await?;
        screened.ok_or_else(gone)?;
        return Err(no_number(
            "the message was refused when it was screened, and its number is not kept here; ask with \
             contact, campaign and at",
        ));
    };
    let phone = db::phone(permit.phone).ok_or_else(|| {
        no_number("the person was erased; the message's decision is what is left")
    })?;
    let (zone, note) = zone_of(app, tenant, phone).await?;
    Ok(Who {
        phone,
        zone,
        note,
        sent: Some((about, permit.granted_at, permit.decision)),
    })
}

fn no_number(detail: &str) -> Problem {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, "explain.no_number", detail)
}

/// The zone on the contact with this number. Contacts that do not answer are no reason not to explain.
async fn zone_of(
    app: &App,
    tenant: TenantId,
    phone: Phone,
) -> Result<(Option<Tz>, Option<String>), Problem> {
    let contact = match app.cx.bus.ask(tenant, &FindByPhone { phone }).await {
        Ok(contact) => contact,
        Err(AskError::NobodyThere(_) | AskError::Timeout(_)) => {
            let note = "the contacts do not answer: a zone on the contact is not considered";
            return Ok((None, Some(note.to_string())));
        }
        Err(error) => return Err(error.into()),
    };
    let Some(contact) = contact else {
        return Ok((None, None));
    };
    let found = contact_of(app, tenant, contact).await?;
    Ok((found.and_then(|(_, zone)| zone), None))
}

async fn contact_of(
    app: &App,
    tenant: TenantId,
    contact: ContactId,
) -> Result<Option<(Phone, Option<Tz>)>, Problem> {
    let question = LoadRecipients {
        contacts: vec![contact],
        field_names: Vec::new(),
    };
    let loaded = app.cx.bus.ask(tenant, &question).await?;
    let Some(data) = loaded.recipients.into_iter().next().flatten() else {
        return Ok(None);
    };
    let zone = data
        .zone
        .and_then(|index| loaded.zones.get(usize::from(index)));
    Ok(Some((data.phone, zone.and_then(|name| name.parse().ok()))))
}

async fn entries(
    app: &App,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<Vec<db::ledger::Entry>> {
    let Some(keys) = app.tenants.known_keys(tenant).await? else {
        return Ok(Vec::new());
    };
    let person = person_hash(&keys, phone);
    db::ledger::of_person(app.cx.db.read(), app.engine(), tenant, &person).await
}

fn named(entries: Vec<db::ledger::Entry>, until: i64) -> Vec<Entry> {
    let entries = entries
        .into_iter()
        .filter(|entry| entry.recorded_at <= until);
    entries
        .filter_map(|entry| {
            let change: Change = serde_json::from_str(&entry.chained?.detail).ok()?;
            Some(Entry {
                id: entry.id,
                change,
            })
        })
        .collect()
}

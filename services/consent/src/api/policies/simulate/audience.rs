//! The people of lists or numbers, judged by both policy sets.

use std::sync::Arc;

use chassis::http::Problem;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use contract::contacts::{LoadRecipients, PageAudience};
use contract::{AudiencePart, Class, ContactId, ListId, Phone, TenantId};

use super::too_large;
use crate::app::App;
use crate::db::standing::Hold;
use crate::facts::{self, Message};
use crate::judge::{self, Asked, Court};
use crate::memo::Memo;
use crate::papers::{Papers, SenderPapers, TemplatePapers};
use crate::people::People;
use crate::simulate::{Tally, outcome};

/// Most people of one simulation.
const MOST: usize = 200_000;
/// Contacts of one page, and people loaded at once.
const PAGE: u32 = 20_000;
const AT_ONCE: usize = 2_000;

/// The text that they would get.
pub struct Text {
    pub class: Class,
    pub programme: String,
    pub at: DateTime<Utc>,
    pub live: bool,
}

/// Somebody with the name they go by in samples.
struct One {
    name: String,
    phone: Phone,
    zone: Option<Tz>,
}

type Both = (Arc<Memo>, Arc<Memo>);

pub async fn of_lists(
    app: &App,
    tenant: TenantId,
    both: &Both,
    text: &Text,
    lists: Vec<ListId>,
) -> Result<Tally, Problem> {
    let mut tally = Tally::default();
    let (mut seen, mut after) = (0, None);
    loop {
        let question = PageAudience {
            include: lists.iter().copied().map(AudiencePart::List).collect(),
            exclude: Vec::new(),
            after,
            limit: PAGE,
        };
        let page = app.cx.bus.ask(tenant, &question).await?;
        let page = page.whole().map_err(|_| Problem::not_found("list"))?;
        seen += page.contacts.len();
        if seen > MOST {
            return Err(too_large(MOST, "contacts"));
        }
        for contacts in page.contacts.chunks(AT_ONCE) {
            let people = load(app, tenant, contacts).await?;
            judge_both(app, tenant, both, text, &people, &mut tally).await?;
        }
        after = page.contacts.last().copied();
        if page.done || after.is_none() {
            return Ok(tally);
        }
    }
}

pub async fn of_phones(
    app: &App,
    tenant: TenantId,
    both: &Both,
    text: &Text,
    phones: &[String],
) -> Result<Tally, Problem> {
    if phones.len() > MOST {
        return Err(too_large(MOST, "numbers"));
    }
    let mut problem = Problem::invalid("some numbers cannot be read");
    let mut people = Vec::with_capacity(phones.len());
    for (index, phone) in phones.iter().enumerate() {
        match Phone::parse(phone, None) {
            Ok(phone) => people.push(One {
                name: format!("/audience/phones/{index}"),
                phone,
                zone: None,
            }),
            Err(error) => {
                let pointer = format!("/audience/phones/{index}");
                problem = problem.error(&pointer, error.code(), error.to_string());
            }
        }
    }
    if problem.has_errors() {
        return Err(problem);
    }
    let mut tally = Tally::default();
    for people in people.chunks(AT_ONCE) {
        judge_both(app, tenant, both, text, people, &mut tally).await?;
    }
    Ok(tally)
}

async fn load(app: &App, tenant: TenantId, contacts: &[ContactId]) -> Result<Vec<One>, Problem> {
    let question = LoadRecipients {
        contacts: contacts.to_vec(),
        field_names: Vec::new(),
    };
    let loaded = app.cx.bus.ask(tenant, &question).await?;
    let zones: Vec<Option<Tz>> = loaded.zones.iter().map(|name| name.parse().ok()).collect();
    let people = contacts.iter().zip(loaded.recipients);
    Ok(people
        .filter_map(|(contact, data)| {
            let data = data?;
            let zone = data.zone.and_then(|index| zones.get(usize::from(index)));
            Some(One {
                name: contact.to_string(),
                phone: data.phone,
                zone: zone.copied().flatten(),
            })
        })
        .collect())
}

/// A candidate is compared for a text in order: registered, with its way to opt out.
fn papers() -> Papers {
    let registration = Some("simulation".to_string());
    Papers {
        sender: SenderPapers {
            registration: registration.clone(),
            ..SenderPapers::default()
        },
        template: TemplatePapers {
            registration,
            ..TemplatePapers::default()
        },
        ..Papers::default()
    }
}

async fn judge_both(
    app: &App,
    tenant: TenantId,
    (before, after): &Both,
    text: &Text,
    people: &[One],
    tally: &mut Tally,
) -> Result<(), Problem> {
    let phones: Vec<Phone> = people.iter().map(|one| one.phone).collect();
    let reader = app.cx.db.read();
    let known = People::load(app, reader, tenant, (text.class, &phones), Hold::None).await?;
    let persons: Vec<(Asked, facts::Person<'_>)> = people
        .iter()
        .map(|one| {
            let asked = Asked {
                position: 0,
                contact: ContactId::from_raw(0),
                phone: one.phone,
            };
            (asked, known.person(app, one.phone, one.zone))
        })
        .collect();
    let papers = papers();
    let message = Message {
        class: text.class,
        programme: &text.programme,
        sender: "",
        papers: &papers,
        live: text.live,
        valid_until: i64::MAX,
        now: text.at,
        carrier_cap_reached: false,
    };
    let judged = |memo| {
        let court = Court {
            memo,
            places: &app.places,
            lists: &known.lists.of,
        };
        judge::judge(court, &message, &persons)
    };
    for ((one, old), new) in people.iter().zip(judged(before)).zip(judged(after)) {
        let (old, new) = (
            outcome(&old.decision.verdict),
            outcome(&new.decision.verdict),
        );
        tally.add(&old, &new, || one.name.clone());
    }
    Ok(())
}

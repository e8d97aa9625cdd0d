//! Short links that people followed, as journeys hear of them: `link.clicked`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chassis::Failure;
use contract::inbound::LinkClicked;
use contract::texts::OriginKind;
use contract::{ContactId, Envelope, JourneyRunId, MessageId, TenantId};
use serde_json::{Value, json};

use crate::app::App;
use crate::db;
use crate::db::journey_text::Told as Text;
use crate::journey::run::Happening;
use crate::journey::version::Kind;
use crate::journeys::events::{self, Heard, Told};

/// The event in the words of journeys.
const NAME: &str = "link.clicked";
/// Machines that look at links have read nothing.
const PERSON: &str = "person";

pub async fn handle(app: Arc<App>, events: Vec<Envelope<LinkClicked>>) -> Result<(), Failure> {
    let mut of_tenant: BTreeMap<TenantId, Vec<LinkClicked>> = BTreeMap::new();
    for Envelope { tenant, body, .. } in events {
        if body.by == PERSON {
            of_tenant.entry(tenant).or_default().push(body);
        }
    }
    for (tenant, clicks) in of_tenant {
        of_one(&app, tenant, clicks).await?;
    }
    Ok(())
}

async fn of_one(app: &App, tenant: TenantId, clicks: Vec<LinkClicked>) -> anyhow::Result<()> {
    if !db::journey::any_published(app.cx.db.read(), tenant, None).await? {
        return Ok(());
    }
    let (read, engine) = (app.cx.db.read(), app.cx.db.engine());
    let messages: Vec<MessageId> = clicks.iter().map(|click| click.message).collect();
    let texts: HashMap<MessageId, Text> = db::journey_text::told(read, engine, &messages)
        .await?
        .into_iter()
        .filter(|text| text.tenant == tenant)
        .map(|text| (text.message, text))
        .collect();
    let names = template_names(app, texts.values()).await?;
    let mut told = Vec::with_capacity(clicks.len());
    for click in clicks {
        let (contact, mode, mut data) = match texts.get(&click.message) {
            Some(text) => {
                let name = names.get(&text.message).cloned();
                let template = name.unwrap_or_else(|| text.template.to_string());
                let step = text.step.split('/').next().unwrap_or_default();
                let data = json!({"template": template, "step": step, "origin": text.origin});
                (text.contact, Some(text.mode), data)
            }
            None => match of_campaign(app, click.message).await? {
                Some(contact) => {
                    let data = json!({"campaign": click.campaign.to_string()});
                    (contact, None, data)
                }
                None => continue,
            },
        };
        if let Value::Object(fields) = &mut data {
            fields.insert("link".into(), click.link.into());
            fields.insert("message".into(), click.message.to_string().into());
        }
        let happening = Happening {
            id: click.click.to_string(),
            name: NAME.to_string(),
            data,
            appointment: None,
        };
        told.push(Told {
            contact,
            mode,
            happening,
        });
    }
    let contacts: BTreeSet<ContactId> = told.iter().map(|told| told.contact).collect();
    let heard = Heard::of(app, tenant, NAME, contacts).await?;
    events::hear(app, tenant, &heard, told).await
}

/// Who got a campaign's text.
async fn of_campaign(app: &App, message: MessageId) -> anyhow::Result<Option<ContactId>> {
    let chunk = message.chunk();
    let contacts = db::chunk::contacts(app.cx.db.read(), message.run(), &[chunk]).await?;
    let position = usize::from(message.position());
    Ok(contacts
        .into_iter()
        .find_map(|(_, contacts)| contacts.get(position).copied()))
}

/// The names that steps of journeys have for the templates of their texts.
async fn template_names(
    app: &App,
    texts: impl Iterator<Item = &Text>,
) -> anyhow::Result<HashMap<MessageId, String>> {
    let (read, engine) = (app.cx.db.read(), app.cx.db.engine());
    let of_journeys: Vec<(&Text, JourneyRunId)> = texts
        .filter(|text| text.kind == OriginKind::Journey)
        .filter_map(|text| Some((text, text.origin.parse().ok()?)))
        .collect();
    let mut ids: Vec<JourneyRunId> = of_journeys.iter().map(|(_, run)| *run).collect();
    ids.sort_unstable();
    ids.dedup();
    let now = app.cx.clock.millis();
    let places = db::journey_run::places(read, engine, &ids, &[], now).await?;
    let mut names = HashMap::new();
    for (text, run) in of_journeys {
        let Some(place) = places.iter().find(|place| place.id == run) else {
            continue;
        };
        let ready = app.versions.get(read, place.journey, place.version).await?;
        let step = text.step.split('/').next().unwrap_or_default();
        let at = ready.version.find(step);
        if let Some(Kind::Send(send)) = at.map(|at| &ready.version.steps[at].kind) {
            names.insert(text.message, send.template.clone());
        }
    }
    Ok(names)
}

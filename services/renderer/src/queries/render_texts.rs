//! Texts of flows, many at once: each of its own template and person.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use anyhow::Context;
use contract::contacts::LoadRecipients;
use contract::renderer::{OneText, RenderTexts, TextRendered, TextToRender};
use contract::{ContactId, Envelope, Reason, TemplateId, TenantId};

use super::render_one::{links_head, write};
use crate::app::App;
use crate::db;
use crate::links::Run;
use crate::opt_out;
use crate::published::Published;
use crate::template::Rendered;

/// Texts of one question.
const MOST: usize = 500;

/// A published version, and the merge fields it needs.
#[derive(Clone)]
struct Known {
    version: u32,
    published: Arc<Published>,
}

/// Everything a text needs to be written.
struct Ready {
    known: Known,
    fields: BTreeMap<String, String>,
    links: Option<Run>,
    ask: TextToRender,
}

pub async fn handle(
    app: Arc<App>,
    envelope: Envelope<RenderTexts>,
) -> anyhow::Result<Vec<TextRendered>> {
    let (tenant, RenderTexts { texts }) = (envelope.tenant, envelope.body);
    anyhow::ensure!(
        texts.len() <= MOST,
        "more than {MOST} texts in one question"
    );
    let templates = templates(&app, tenant, &texts).await?;
    let missing = missing(&texts, &templates);
    let people = load(&app, tenant, missing).await?;
    let mut ready = Vec::with_capacity(texts.len());
    for ask in texts {
        let Some(known) = templates
            .get(&(ask.template, ask.version))
            .cloned()
            .flatten()
        else {
            ready.push(None);
            continue;
        };
        let mut fields = ask.fields.clone();
        for name in known.published.needed() {
            if let Some(value) = people.get(&(ask.contact, name.clone())) {
                fields.entry(name).or_insert_with(|| value.clone());
            }
        }
        let head = links_head(
            (ask.message, ask.mode),
            (ask.template, known.version),
            app.clock.millis(),
        );
        let links = app.links(tenant, &head, &known.published).await?;
        ready.push(Some(Ready {
            known,
            fields,
            links,
            ask,
        }));
    }
    let written = tokio::task::spawn_blocking(move || ready.into_iter().map(one).collect());
    let written: Vec<TextRendered> = written.await.context("rendering texts")?;
    metrics::counter!("renderer_texts_total").increment(written.len() as u64);
    Ok(written)
}

fn one(ready: Option<Ready>) -> TextRendered {
    let Some(Ready {
        known,
        fields,
        links,
        ask,
    }) = ready
    else {
        return TextRendered::Failed(Reason::RENDER_FAILED);
    };
    let place = links.and_then(|run| run.place(ask.message.chunk(), ask.message.position()));
    match write(&known.published, &fields, ask.zone.as_deref(), place) {
        Ok(Rendered { text, measure }) => TextRendered::Text(OneText {
            opt_out_said: opt_out::is_said(&text),
            encoding: measure.encoding,
            segments: u8::try_from(measure.segments).unwrap_or(u8::MAX),
            body: text,
            version: known.version,
        }),
        Err(error) => TextRendered::Failed(error.reason()),
    }
}

type Templates = HashMap<(TemplateId, Option<u32>), Option<Known>>;

/// Every template asked for, once. `None`: there is none, or that version was never published.
async fn templates(
    app: &App,
    tenant: TenantId,
    texts: &[TextToRender],
) -> anyhow::Result<Templates> {
    let mut templates = Templates::new();
    for text in texts {
        let key = (text.template, text.version);
        if templates.contains_key(&key) {
            continue;
        }
        let version = match text.version {
            Some(version) => Some(version),
            None => db::versions::latest(&app.db, tenant, text.template)
                .await?
                .map(|(version, ..)| version),
        };
        let known = match version {
            Some(version) => app
                .compiled(tenant, text.template, version)
                .await?
                .map(|published| Known { version, published }),
            None => None,
        };
        templates.insert(key, known);
    }
    Ok(templates)
}

/// Whom to ask contacts about, and for which fields.
fn missing(texts: &[TextToRender], templates: &Templates) -> (Vec<ContactId>, Vec<String>) {
    let (mut contacts, mut names) = (BTreeSet::new(), BTreeSet::new());
    for text in texts {
        let Some(Some(known)) = templates.get(&(text.template, text.version)) else {
            continue;
        };
        let needed = known.published.needed().into_iter();
        let mut lacking = needed
            .filter(|name| !text.fields.contains_key(name))
            .peekable();
        if lacking.peek().is_some() {
            contacts.insert(text.contact);
            names.extend(lacking);
        }
    }
    (contacts.into_iter().collect(), names.into_iter().collect())
}

/// Values of merge fields by person and name.
async fn load(
    app: &App,
    tenant: TenantId,
    (contacts, field_names): (Vec<ContactId>, Vec<String>),
) -> anyhow::Result<HashMap<(ContactId, String), String>> {
    let mut values = HashMap::new();
    if contacts.is_empty() {
        return Ok(values);
    }
    let question = LoadRecipients {
        contacts,
        field_names,
    };
    let loaded = app.bus.ask(tenant, &question).await?;
    for (contact, person) in question.contacts.iter().zip(loaded.recipients) {
        let Some(person) = person else { continue };
        for (name, value) in question.field_names.iter().zip(person.fields) {
            if let Some(value) = value {
                values.insert((*contact, name.clone()), value);
            }
        }
    }
    Ok(values)
}

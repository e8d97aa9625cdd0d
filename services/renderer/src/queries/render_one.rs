//! The text of one message that the API sends, written while its sender waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use contract::chunk::ChunkHead;
use contract::contacts::LoadRecipients;
use contract::renderer::{OneRendered, OneText, RenderOne, Wording};
use contract::{CampaignId, Class, Envelope, MessageId, Mode, TemplateId, TenantId, UnixMillis};

use crate::app::App;
use crate::db;
use crate::fault::RenderError;
use crate::fields::Contact;
use crate::links::Place;
use crate::opt_out;
use crate::person::Person;
use crate::plain;
use crate::published::{LANGUAGE_FIELD, Published, zone};
use crate::template::Rendered;

pub async fn handle(app: Arc<App>, envelope: Envelope<RenderOne>) -> anyhow::Result<OneRendered> {
    let (tenant, ask) = (envelope.tenant, envelope.body);
    let (written, version) = match &ask.wording {
        Wording::Text(text) => (plain::write(text, app.config.limits()), 0),
        Wording::Template { template, fields } => {
            match of_template(&app, tenant, &ask, *template, fields).await? {
                Some(written) => written,
                None => {
                    return Ok(OneRendered::Refused {
                        code: "template.unknown".into(),
                        detail: "there is no such template, or no version of it is published"
                            .into(),
                    });
                }
            }
        }
    };
    Ok(match written {
        Ok(Rendered { text, measure }) => OneRendered::Text(OneText {
            opt_out_said: opt_out::is_said(&text),
            encoding: measure.encoding,
            segments: u8::try_from(measure.segments).unwrap_or(u8::MAX),
            body: text,
            version,
        }),
        Err(error) => OneRendered::Refused {
            code: error.code().into(),
            detail: error.to_string(),
        },
    })
}

type Written = (Result<Rendered, RenderError>, u32);

/// `None`: no such template, or never published.
async fn of_template(
    app: &App,
    tenant: TenantId,
    ask: &RenderOne,
    template: TemplateId,
    given: &BTreeMap<String, String>,
) -> anyhow::Result<Option<Written>> {
    let Some((version, needed, _)) = db::versions::latest(&app.db, tenant, template).await? else {
        return Ok(None);
    };
    let Some(published) = app.compiled(tenant, template, version).await? else {
        return Ok(None);
    };
    let fields = fill(app, tenant, ask, needed, given).await?;
    let about = (ask.message, ask.mode);
    let head = links_head(about, (template, version), app.clock.millis());
    let run = app.links(tenant, &head, &published).await?;
    let place = run.and_then(|run| run.place(ask.message.chunk(), ask.message.position()));
    let named = ask.zone.clone();
    let written =
        tokio::task::spawn_blocking(move || write(&published, &fields, named.as_deref(), place));
    Ok(Some((written.await.context("rendering a text")?, version)))
}

/// One person's text, in their language.
pub fn write(
    published: &Published,
    fields: &BTreeMap<String, String>,
    named: Option<&str>,
    place: Option<Place>,
) -> Result<Rendered, RenderError> {
    let person = Person {
        zone: zone(named),
        place,
    };
    let names: Arc<[String]> = fields.keys().cloned().collect();
    let contact = Contact::new(&names, fields.values().map(|value| Some(value.as_str())));
    let wanted = fields.get(LANGUAGE_FIELD).map(String::as_str);
    published.render(published.pick(wanted), contact, person)
}

/// Values of the merge fields: what was given, and of the contact what was not.
async fn fill(
    app: &App,
    tenant: TenantId,
    ask: &RenderOne,
    needed: Vec<String>,
    given: &BTreeMap<String, String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let mut fields = given.clone();
    let missing: Vec<String> = needed
        .into_iter()
        .filter(|name| !given.contains_key(name))
        .collect();
    let Some(contact) = ask.contact.filter(|_| !missing.is_empty()) else {
        return Ok(fields);
    };
    let question = LoadRecipients {
        contacts: vec![contact],
        field_names: missing,
    };
    let loaded = app.bus.ask(tenant, &question).await?;
    if let Some(person) = loaded.recipients.into_iter().flatten().next() {
        let own = question.field_names.into_iter().zip(person.fields);
        fields.extend(own.filter_map(|(name, value)| Some((name, value?))));
    }
    Ok(fields)
}

/// Where a text's short links stand: a run of its own, without a campaign.
pub fn links_head(
    (message, mode): (MessageId, Mode),
    (template, template_version): (TemplateId, u32),
    now: UnixMillis,
) -> ChunkHead {
    ChunkHead {
        run: message.run(),
        campaign: CampaignId::from_raw(0),
        chunk: message.chunk(),
        class: Class::Transactional,
        programme: String::new(),
        template,
        template_version,
        sender: String::new(),
        mode,
        valid_until: now,
        released_at: now,
        zones: Vec::new(),
        field_names: Vec::new(),
    }
}

//! `POST /v1/templates/preview`

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, Problem};
use chrono_tz::Tz;
use contract::contacts::LoadRecipients;
use contract::{Class, ContactId, TemplateId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::types::{Asked, compiled, refused, unrendered, usual};
use crate::app::App;
use crate::content::{Content, More, Variant};
use crate::db::templates;
use crate::fault::RenderError;
use crate::fields::Contact;
use crate::links::Place;
use crate::lint::{Lint, lint, of_source};
use crate::person::Person;
use crate::published::{LANGUAGE_FIELD, Published, zone};

/// Contacts of one preview at most.
const MOST_CONTACTS: usize = 20;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// A template whose draft is shown; or else a `body`.
    #[schema(value_type = Option<String>)]
    pub template: Option<TemplateId>,
    pub body: Option<String>,
    pub language: Option<String>,
    #[serde(default)]
    pub variants: Vec<Variant>,
    #[serde(default)]
    pub options: Asked,
    /// Values of the merge fields, without `contact.`.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Real people to show it for.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub contacts: Vec<ContactId>,
    /// What it is to be sent as; then what its law wants is looked for too.
    #[schema(value_type = Option<String>)]
    pub class: Option<Class>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Preview {
    /// The first of `texts`.
    #[serde(flatten)]
    pub first: Shown,
    /// Merge fields the template uses.
    pub fields: Vec<String>,
    /// One per contact; without contacts one per language, with the values of the request.
    pub texts: Vec<PreviewText>,
}

/// A text as one person would get it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewText {
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    /// Of the text they get.
    pub language: Option<String>,
    #[serde(flatten)]
    pub shown: Option<Shown>,
    /// Why there is no text: a code such as `template.field_missing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Shown {
    pub text: String,
    /// `GSM-7` or `UCS-2`
    pub encoding: &'static str,
    /// What each copy is billed as.
    pub segments: usize,
    /// Septets (GSM-7) or UTF-16 units (UCS-2).
    pub units: usize,
    pub lint: Vec<Lint>,
}

/// Shows a text as people would get it. Saves nothing.
#[utoipa::path(post, path = "/v1/templates/preview", tag = "templates", request_body = PreviewRequest,
    responses((status = 200, body = Preview), (status = 422)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(request): Body<PreviewRequest>,
) -> Result<Json<Preview>, Problem> {
    if request.contacts.len() > MOST_CONTACTS {
        let detail = format!("at most {MOST_CONTACTS} contacts at once");
        return Err(Problem::invalid(detail.clone()).error("/contacts", "field.range", detail));
    }
    let tenant = caller.tenant;
    let mut content = content(&app, tenant, &request).await?;
    let published = compiled(&app, tenant, &mut content).await?;
    published.try_out().map_err(|fault| refused(&fault))?;
    let place = app.sample_place(tenant, &published).await?;
    let readers = if request.contacts.is_empty() {
        made_up(&published, &request.fields)
    } else {
        load(&app, tenant, &published, &request).await?
    };
    let of_sources: Vec<Option<Lint>> = content.texts().map(|(_, body)| of_source(body)).collect();
    let mut errors = Vec::new();
    let mut texts = Vec::with_capacity(readers.len());
    for reader in readers {
        let advice = of_sources.get(reader.text).cloned().flatten();
        let mut text = show(
            reader,
            &published,
            place.clone(),
            request.class,
            &mut errors,
        );
        if let Some(shown) = &mut text.shown {
            shown.lint.extend(advice);
        }
        texts.push(text);
    }
    let first = texts
        .iter()
        .find_map(|text: &PreviewText| text.shown.clone());
    let Some(first) = first else {
        return Err(errors
            .first()
            .map_or_else(|| Problem::not_found("contact"), unrendered));
    };
    Ok(Json(Preview {
        first,
        fields: published.fields,
        texts,
    }))
}

async fn content(
    app: &App,
    tenant: TenantId,
    request: &PreviewRequest,
) -> Result<Content, Problem> {
    if let Some(id) = request.template {
        let row = templates::find(&app.db, tenant, id).await?;
        let mut content = row.ok_or_else(|| Problem::not_found("template"))?.content();
        if let Some(body) = &request.body {
            content.body.clone_from(body);
        }
        content.more.options = request.options.clone().over(&content.more.options);
        return Ok(content);
    }
    let body = request.body.clone().ok_or_else(|| {
        let detail = "name a template or give a body";
        Problem::invalid(detail).error("/body", "field.required", detail)
    })?;
    Ok(Content {
        language: request.language.clone(),
        body,
        more: More {
            variants: request.variants.clone(),
            options: request.options.clone().over(&usual()),
            ..More::default()
        },
    })
}

/// Somebody a text is shown for.
struct Reader {
    contact: Option<ContactId>,
    names: Arc<[String]>,
    /// `None` for a contact that is not there.
    values: Option<Vec<Option<String>>>,
    zone: Option<Tz>,
    /// Number of the text they get.
    text: usize,
}

fn made_up(published: &Published, fields: &BTreeMap<String, String>) -> Vec<Reader> {
    let reader = |text| Reader {
        contact: None,
        names: fields.keys().cloned().collect(),
        values: Some(fields.values().cloned().map(Some).collect()),
        zone: None,
        text,
    };
    (0..published.languages().count()).map(reader).collect()
}

async fn load(
    app: &App,
    tenant: TenantId,
    published: &Published,
    request: &PreviewRequest,
) -> Result<Vec<Reader>, Problem> {
    let question = LoadRecipients {
        contacts: request.contacts.clone(),
        field_names: published.needed(),
    };
    let loaded = app.bus.ask(tenant, &question).await?;
    let names: Arc<[String]> = question.field_names.into();
    let language = names.iter().position(|name| name == LANGUAGE_FIELD);
    let readers = request.contacts.iter().zip(loaded.recipients);
    let readers = readers.map(|(contact, person)| {
        let zones = person
            .as_ref()
            .and_then(|person| person.zone)
            .map(usize::from);
        let zones = zones.and_then(|place| loaded.zones.get(place));
        // What the request says stands for what the contact has.
        let values = person.map(|person| {
            let own = names.iter().zip(person.fields);
            own.map(|(name, value)| request.fields.get(name).cloned().or(value))
                .collect::<Vec<_>>()
        });
        let wanted = language.and_then(|place| values.as_ref()?.get(place)?.as_deref());
        Reader {
            contact: Some(*contact),
            names: Arc::clone(&names),
            zone: zone(zones.map(String::as_str)),
            text: published.pick(wanted),
            values,
        }
    });
    Ok(readers.collect())
}

fn show(
    reader: Reader,
    published: &Published,
    place: Option<Place>,
    class: Option<Class>,
    errors: &mut Vec<RenderError>,
) -> PreviewText {
    let language = published.languages().nth(reader.text).flatten();
    let mut shown = PreviewText {
        contact: reader.contact,
        language: language.map(str::to_string),
        shown: None,
        code: None,
        detail: None,
    };
    let Some(values) = reader.values else {
        shown.code = Some("not_found");
        shown.detail = Some("there is no such contact".into());
        return shown;
    };
    let contact = Contact::new(&reader.names, values.iter().map(Option::as_deref));
    let person = Person {
        zone: reader.zone,
        place,
    };
    match published.render(reader.text, contact, person) {
        Ok(rendered) => {
            shown.shown = Some(Shown {
                lint: lint(&rendered.text, class),
                encoding: rendered.measure.encoding.as_str(),
                segments: rendered.measure.segments,
                units: rendered.measure.units,
                text: rendered.text,
            });
        }
        Err(error) => {
            shown.code = Some(error.code());
            shown.detail = Some(error.to_string());
            errors.push(error);
        }
    }
    shown
}

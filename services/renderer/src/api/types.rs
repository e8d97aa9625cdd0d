//! Shapes of the template API, and the check every saved text goes through.

use axum::http::StatusCode;
use chassis::http::Problem;
use chrono::{DateTime, Utc};
use contract::contacts::ListFields;
use contract::texts::APPOINTMENT_FIELDS;
use contract::{TemplateId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::compose;
use crate::content::{Content, Options, SmartEncoding, Variant};
use crate::db::{fragments, links, templates};
use crate::fault::RenderError;
use crate::language;
use crate::published::{self, Misplaced, Published};

/// A text with merge fields, in one language or several.
#[derive(Debug, Serialize, ToSchema)]
pub struct Template {
    #[schema(value_type = String)]
    pub id: TemplateId,
    pub name: String,
    /// Of the default text.
    pub language: Option<String>,
    /// The draft; what is sent is the published version.
    pub body: String,
    /// The text in other languages.
    pub variants: Vec<Variant>,
    pub time_zone: Option<String>,
    pub max_segments: Option<usize>,
    pub smart_encoding: SmartEncoding,
    pub shorten_links: bool,
    pub link_days: Option<u16>,
    /// Merge fields the draft uses, without `contact.`.
    pub fields: Vec<String>,
    /// `null` until it is published.
    pub published_version: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<templates::Template> for Template {
    fn from(row: templates::Template) -> Self {
        let options = row.more.options;
        Self {
            id: row.id,
            name: row.name,
            language: row.language,
            body: row.body,
            variants: row.more.variants,
            time_zone: options.time_zone,
            max_segments: options.max_segments,
            smart_encoding: options.smart_encoding,
            shorten_links: options.shorten_links,
            link_days: options.link_days,
            fields: row.fields,
            published_version: (row.published_version > 0).then_some(row.published_version),
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}

/// How texts are rendered, as a request says it; what is left out stays as it was or as it is by default.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    /// IANA zone for people whose own is not known, such as `Europe/Berlin`; UTC by default.
    pub time_zone: Option<String>,
    /// A text over it fails. Never more than the installation's limit.
    pub max_segments: Option<usize>,
    /// `off`, `punctuation` (the default) or `accents`.
    pub smart_encoding: Option<SmartEncoding>,
    /// Every address in the texts becomes a short link.
    pub shorten_links: Option<bool>,
    /// Days for which short links lead somewhere.
    pub link_days: Option<u16>,
}

impl Asked {
    /// On top of what was set before.
    pub fn over(self, before: &Options) -> Options {
        Options {
            time_zone: self.time_zone.or_else(|| before.time_zone.clone()),
            max_segments: self.max_segments.or(before.max_segments),
            smart_encoding: self.smart_encoding.unwrap_or(before.smart_encoding),
            shorten_links: self.shorten_links.unwrap_or(before.shorten_links),
            link_days: self.link_days.or(before.link_days),
        }
    }
}

/// What new templates are rendered with unless they say otherwise.
pub fn usual() -> Options {
    Options {
        smart_encoding: SmartEncoding::Punctuation,
        ..Options::default()
    }
}

/// Compiles a template and checks it against the fields that the tenant's contacts have.
pub async fn checked(
    app: &App,
    tenant: TenantId,
    content: &mut Content,
) -> Result<Published, Problem> {
    let published = compiled(app, tenant, content).await?;
    let mut known = if published.fields.is_empty() {
        Vec::new()
    } else {
        app.bus.ask(tenant, &ListFields {}).await?
    };
    // Texts about appointments bring theirs with them.
    known.extend(APPOINTMENT_FIELDS.map(str::to_string));
    published.check(&known).map_err(|fault| refused(&fault))?;
    Ok(published)
}

/// Compiles a template with the fragments as they are now; they are left in `content`.
pub async fn compiled(
    app: &App,
    tenant: TenantId,
    content: &mut Content,
) -> Result<Published, Problem> {
    settle(app, content)?;
    let named: Vec<String> = content
        .texts()
        .flat_map(|(_, body)| compose::fragments_of(body))
        .collect();
    content.more.fragments = if named.is_empty() {
        Default::default()
    } else {
        fragments::all(&app.db, tenant).await?
    };
    let published =
        published::build(content, app.config.limits()).map_err(|fault| refused(&fault))?;
    if !published.targets.is_empty() && links::domains(&app.db, tenant).await?.is_empty() {
        let detail = "short links stand on a domain of yours: name one at POST /v1/link-domains";
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "template.link_domain_missing",
            detail,
        )
        .error("/body", "template.link_domain_missing", detail));
    }
    // Those of others would make it another version whenever they change.
    content
        .more
        .fragments
        .retain(|name, _| named.contains(name));
    Ok(published)
}

/// Brings language tags into one spelling and checks what needs no compiling. All faults are told at once.
fn settle(app: &App, content: &mut Content) -> Result<(), Problem> {
    let mut problem = Problem::invalid("the template has faults");
    let mut seen: Vec<String> = Vec::new();
    if let Some(own) = &content.language {
        match language::normal(own) {
            Some(tag) => {
                seen.push(tag.clone());
                content.language = Some(tag);
            }
            None => problem = problem.error("/language", "language.invalid", "such as en or pt-BR"),
        }
    } else if !content.more.variants.is_empty() {
        let detail = "a template of several languages names that of its body";
        problem = problem.error("/language", "field.required", detail);
    }
    for (place, variant) in content.more.variants.iter_mut().enumerate() {
        let pointer = format!("/variants/{place}/language");
        match language::normal(&variant.language) {
            None => problem = problem.error(&pointer, "language.invalid", "such as en or pt-BR"),
            Some(tag) if seen.contains(&tag) => {
                problem = problem.error(&pointer, "template.language_twice", "each language once");
            }
            Some(tag) => {
                seen.push(tag.clone());
                variant.language = tag;
            }
        }
    }
    if content.more.variants.len() > MOST_VARIANTS {
        let detail = format!("at most {MOST_VARIANTS} languages");
        problem = problem.error("/variants", "field.range", detail);
    }
    let options = &content.more.options;
    if options.time_zone.is_some() && published::zone(options.time_zone.as_deref()).is_none() {
        let detail = "an IANA zone such as America/New_York";
        problem = problem.error("/time_zone", "timezone.unknown", detail);
    }
    let most = app.config.max_segments;
    if options
        .max_segments
        .is_some_and(|own| own == 0 || own > most)
    {
        let detail = format!("1 to {most} segments");
        problem = problem.error("/max_segments", "field.range", detail);
    }
    if options
        .link_days
        .is_some_and(|days| !(1..=3650).contains(&days))
    {
        problem = problem.error("/link_days", "field.range", "1 to 3650 days");
    }
    if problem.has_errors() {
        return Err(problem);
    }
    Ok(())
}

/// Languages beside the default.
const MOST_VARIANTS: usize = 100;

pub fn refused(fault: &Misplaced) -> Problem {
    let (code, detail) = (fault.error.code(), fault.error.to_string());
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail.clone()).error(
        &fault.pointer,
        code,
        detail,
    )
}

pub fn unrendered(error: &RenderError) -> Problem {
    let detail = error.to_string();
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        error.code(),
        detail.clone(),
    )
    .error("/body", error.code(), detail)
}

/// Two people changed the draft at once.
pub fn changed() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "template.changed",
        "somebody else changed the template meanwhile: look at it and try again",
    )
}

pub fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(
            Problem::invalid("a template's name has 1 to 200 characters").error(
                "/name",
                "field.invalid",
                "1 to 200 characters",
            ),
        );
    }
    Ok(name.to_string())
}

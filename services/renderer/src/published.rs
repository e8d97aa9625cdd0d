//! A whole template, ready to render: every language of it.

use std::sync::Arc;

use chrono_tz::Tz;

use crate::compose::{self, Composed};
use crate::content::Content;
use crate::fault::{RenderError, TemplateError};
use crate::fields::Contact;
use crate::language;
use crate::links;
use crate::person::Person;
use crate::template::{self, Compiled, Limits, Rendered, Setting};

/// The merge field that says which language somebody wants.
pub const LANGUAGE_FIELD: &str = "language";

/// Compiled texts by language, the default first.
#[derive(Debug)]
pub struct Published {
    texts: Vec<(Option<String>, Compiled)>,
    /// Merge fields its texts mention, sorted.
    pub fields: Vec<String>,
    /// Where its short links lead, by number.
    pub targets: Arc<[String]>,
    /// Days for which they do.
    pub link_days: Option<u16>,
}

/// A fault, and where in the request it stands: `/body` or `/variants/0/body`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    pub pointer: String,
    pub error: TemplateError,
}

/// Compiles every text of a template.
pub fn build(content: &Content, limits: Limits) -> Result<Published, Misplaced> {
    let options = &content.more.options;
    let mut setting = Setting {
        limits: Limits {
            max_segments: options
                .max_segments
                .map_or(limits.max_segments, |own| own.min(limits.max_segments)),
            ..limits
        },
        language: None,
        zone: zone(options.time_zone.as_deref()).unwrap_or(Tz::UTC),
        smart_encoding: options.smart_encoding,
        targets: Arc::from([]),
    };
    let mut composed = Vec::new();
    let mut targets: Vec<String> = Vec::new();
    for (place, (language, body)) in content.texts().enumerate() {
        let one = compose(content, language, body, &setting).map_err(|error| at(place, error))?;
        for target in &one.targets {
            if !targets.contains(target) {
                targets.push(target.clone());
            }
        }
        composed.push((language.map(str::to_string), one));
    }
    if targets.len() > links::MOST {
        return Err(at(0, TemplateError::TooManyLinks));
    }
    setting.targets = targets.into();
    let mut texts = Vec::with_capacity(composed.len());
    let mut fields = Vec::new();
    for (place, (language, one)) in composed.into_iter().enumerate() {
        setting.language.clone_from(&language);
        let compiled =
            template::compile(&one.source, &setting).map_err(|error| at(place, error))?;
        fields.extend(compiled.fields.iter().cloned());
        texts.push((language, compiled));
    }
    fields.sort();
    fields.dedup();
    Ok(Published {
        texts,
        fields,
        targets: setting.targets,
        link_days: options.link_days,
    })
}

/// A fragment moves the lines behind it, so the author's own source is read first, without them.
fn compose(
    content: &Content,
    language: Option<&str>,
    body: &str,
    setting: &Setting,
) -> Result<Composed, TemplateError> {
    let options = &content.more.options;
    let fragments = &content.more.fragments;
    let whole = compose::compose(body, language, fragments, options.shorten_links)?;
    if !compose::fragments_of(body).is_empty() {
        let bare = compose::without_fragments(body);
        if !bare.trim().is_empty() {
            template::compile(&bare, setting)?;
        }
    }
    Ok(whole)
}

fn at(place: usize, error: TemplateError) -> Misplaced {
    let pointer = match place.checked_sub(1) {
        None => "/body".to_string(),
        Some(variant) => format!("/variants/{variant}/body"),
    };
    Misplaced { pointer, error }
}

/// A zone by its IANA name.
pub fn zone(name: Option<&str>) -> Option<Tz> {
    name?.parse().ok()
}

impl Published {
    /// Checks the fields against those the tenant's contacts have, and tries every text out.
    pub fn check(&self, known_fields: &[String]) -> Result<(), Misplaced> {
        for (place, (_, compiled)) in self.texts.iter().enumerate() {
            template::check(compiled, known_fields).map_err(|error| at(place, error))?;
        }
        Ok(())
    }

    /// The same without known fields: for a preview of anything.
    pub fn try_out(&self) -> Result<(), Misplaced> {
        for (place, (_, compiled)) in self.texts.iter().enumerate() {
            template::try_out(compiled).map_err(|error| at(place, error))?;
        }
        Ok(())
    }

    /// Fields that must be loaded for a person: those mentioned, and the language where there is a choice.
    pub fn needed(&self) -> Vec<String> {
        let mut needed = self.fields.clone();
        if self.texts.len() > 1 && !needed.iter().any(|field| field == LANGUAGE_FIELD) {
            needed.push(LANGUAGE_FIELD.to_string());
        }
        needed
    }

    /// Languages of its texts, the default first; that may be unnamed.
    pub fn languages(&self) -> impl Iterator<Item = Option<&str>> {
        self.texts.iter().map(|(language, _)| language.as_deref())
    }

    /// Number of the text for somebody who wants `wanted`.
    pub fn pick(&self, wanted: Option<&str>) -> usize {
        if self.texts.len() == 1 {
            return 0;
        }
        let languages = self.texts.iter();
        let languages = languages.map(|(language, _)| language.as_deref().unwrap_or_default());
        language::pick(languages, wanted).unwrap_or(0)
    }

    /// Writes text number `place` for one person.
    pub fn render(
        &self,
        place: usize,
        contact: Contact,
        person: Person,
    ) -> Result<Rendered, RenderError> {
        match self.texts.get(place) {
            Some((_, compiled)) => compiled.render(contact, person),
            None => Err(RenderError::Failed("no such text".into())),
        }
    }
}

#[cfg(test)]
#[path = "published_tests.rs"]
mod tests;

//! Templates: checked when they are saved, strict and bounded when they are rendered.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::sync::Arc;

use chrono_tz::Tz;
use contract::segments::Measure;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

use crate::content::SmartEncoding;
use crate::encode;
use crate::fault::{RenderError, TemplateError};
use crate::fields::{Contact, Scope};
use crate::filters::{self, FilterError};
use crate::hint;
use crate::links::{self, Place};
use crate::locale::Words;
use crate::person::Person;
use crate::scan::{self, Piece, What};

/// What one template may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Characters in a template's source.
    pub max_body_chars: usize,
    /// Segments a finished text may take.
    pub max_segments: usize,
    /// Engine steps (and 64-byte pieces of data) one text may cost.
    pub fuel: u64,
}

/// How the texts of one source are written.
#[derive(Debug, Clone)]
pub struct Setting {
    pub limits: Limits,
    /// Of the text; English where it is not said.
    pub language: Option<String>,
    /// For people whose own zone is not known.
    pub zone: Tz,
    pub smart_encoding: SmartEncoding,
    /// Targets of short links: all of the template, whatever its language.
    pub targets: Arc<[String]>,
}

impl Setting {
    /// Without a language, a zone or links.
    pub fn plain(limits: Limits) -> Self {
        Self {
            limits,
            language: None,
            zone: Tz::UTC,
            smart_encoding: SmartEncoding::Off,
            targets: Arc::from([]),
        }
    }
}

/// Depth of nested loops and blocks.
const RECURSION_LIMIT: usize = 50;
const NAME: &str = "text";

/// A template ready to render, many times and from many threads.
#[derive(Debug)]
pub struct Compiled {
    engine: Environment<'static>,
    /// Merge fields it mentions, sorted.
    pub fields: Vec<String>,
    limits: Limits,
    smart_encoding: SmartEncoding,
}

/// A finished text and how it goes on the air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub text: String,
    pub measure: Measure,
}

/// Parses a source and finds its merge fields. `contact.<field>` is all a template may refer to.
pub fn compile(source: &str, setting: &Setting) -> Result<Compiled, TemplateError> {
    if source.trim().is_empty() {
        return Err(TemplateError::Empty);
    }
    let (chars, max) = (source.chars().count(), setting.limits.max_body_chars);
    if chars > max {
        return Err(TemplateError::BodyTooLong { chars, max });
    }
    hint::foreign(source)?;
    on_roomy_stack(chars, || parse(source, setting))
}

/// The engine's parser descends once per operator of an expression such as `1~1~1…`: hostile bodies would
/// overflow an ordinary stack. The pages are only claimed when they are needed.
fn on_roomy_stack<T: Send>(
    chars: usize,
    work: impl FnOnce() -> Result<T, TemplateError> + Send,
) -> Result<T, TemplateError> {
    const BYTES_PER_CHAR: usize = 16 * 1024;
    let size = BYTES_PER_CHAR.saturating_mul(chars + 256);
    let done = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(size)
            .spawn_scoped(scope, work);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    done.unwrap_or(Err(TemplateError::TooExpensive))
}

fn parse(source: &str, setting: &Setting) -> Result<Compiled, TemplateError> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_recursion_limit(RECURSION_LIMIT);
    engine.set_fuel(Some(setting.limits.fuel));
    let globals: Vec<String> = engine.globals().map(|(name, _)| name.to_string()).collect();
    for name in globals {
        engine.remove_global(&name);
    }
    let words = Arc::new(Words::of(setting.language.as_deref().unwrap_or("en")));
    filters::add(&mut engine, &words, setting.zone);
    links::add(&mut engine, Arc::clone(&setting.targets));
    known_filters(&engine, source)?;
    engine
        .add_template_owned(NAME, source.to_string())
        .map_err(|error| syntax(&error))?;
    let mentioned: BTreeSet<String> = engine
        .get_template(NAME)
        .map_err(|error| syntax(&error))?
        .undeclared_variables(true)
        .into_iter()
        .collect();
    let mut fields = Vec::with_capacity(mentioned.len());
    for name in mentioned {
        match name.strip_prefix("contact.") {
            Some(field) if !field.contains('.') => fields.push(field.to_string()),
            // Its use was checked when the source was composed.
            _ if name == "link" => {}
            _ => return Err(TemplateError::undeclared(name)),
        }
    }
    Ok(Compiled {
        engine,
        fields,
        limits: setting.limits,
        smart_encoding: setting.smart_encoding,
    })
}

/// Filters are looked up when they are met: one in a branch that few people take would fail their texts
/// alone. So every name behind a `|` is looked up here.
fn known_filters(engine: &Environment, source: &str) -> Result<(), TemplateError> {
    let known = engine
        .compile_expression("name is filter")
        .map_err(|error| syntax(&error))?;
    for piece in scan::scan(source) {
        let Piece::Tag(tag) = piece else { continue };
        for pair in tag.tokens.windows(2) {
            let (What::Sign('|'), What::Word(name)) = (pair[0].what, pair[1].what) else {
                continue;
            };
            let found = known.eval(minijinja::context! { name });
            if !found.is_ok_and(|found| found.is_true()) {
                let (line, column) = scan::place(source, pair[1].at);
                let near = hint::renamed(name).or_else(|| hint::did_you_mean(name, filters::KNOWN));
                return Err(TemplateError::Syntax {
                    line,
                    column: Some(column),
                    detail: format!("there is no filter {name}"),
                    hint: near.map(|near| format!("did you mean {near}?")),
                });
            }
        }
    }
    Ok(())
}

/// Checks the fields of a template against those the tenant's contacts have, and tries it out.
pub fn check(template: &Compiled, known_fields: &[String]) -> Result<(), TemplateError> {
    for field in &template.fields {
        if !known_fields.contains(field) {
            let close = hint::did_you_mean(field, known_fields.iter().map(String::as_str));
            return Err(TemplateError::UndeclaredVar {
                name: format!("contact.{field}"),
                hint: close.map(|name| format!("did you mean contact.{name}?")),
            });
        }
    }
    try_out(template)
}

/// Renders with values of several kinds and with none, which finds wrong uses of filters and bombs before
/// any person does.
pub fn try_out(template: &Compiled) -> Result<(), TemplateError> {
    let names: Arc<[String]> = template.fields.clone().into();
    let samples = [
        Some("Sample"),
        Some("3"),
        Some("2026-03-14T14:30:00Z"),
        None,
    ];
    for value in samples {
        let contact = Contact::new(&names, names.iter().map(|_| value));
        let person = Person {
            zone: None,
            place: Some(Place::sample()),
        };
        match template.run(contact, person) {
            Err(error) if error.kind() == ErrorKind::OutOfFuel => {
                return Err(TemplateError::TooExpensive);
            }
            Err(error) if is_the_templates_fault(&error) => {
                return Err(syntax(&error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_the_templates_fault(error: &minijinja::Error) -> bool {
    matches!(filter_error(error), Some(FilterError::Usage(_)))
        || matches!(
            error.kind(),
            ErrorKind::UnknownFilter
                | ErrorKind::UnknownTest
                | ErrorKind::UnknownFunction
                | ErrorKind::UnknownMethod
                | ErrorKind::MissingArgument
                | ErrorKind::TooManyArguments
        )
}

fn filter_error(error: &minijinja::Error) -> Option<&FilterError> {
    error.source()?.downcast_ref()
}

impl Compiled {
    /// Segments a text of it may take.
    pub const fn max_segments(&self) -> usize {
        self.limits.max_segments
    }

    fn run(&self, contact: Contact, person: Person) -> Result<String, minijinja::Error> {
        self.engine
            .get_template(NAME)?
            .render(Scope::of(contact, person))
    }

    /// Writes the text for one person, whole or not at all.
    pub fn render(&self, contact: Contact, person: Person) -> Result<Rendered, RenderError> {
        let text = self
            .run(contact, person)
            .map_err(|error| match error.kind() {
                ErrorKind::UndefinedError => {
                    RenderError::FieldMissing(error.detail().unwrap_or("undefined").to_string())
                }
                ErrorKind::OutOfFuel => RenderError::TooExpensive,
                kind => match filter_error(&error) {
                    Some(FilterError::Value(detail)) => RenderError::FieldInvalid(detail.clone()),
                    _ => RenderError::Failed(kind.to_string()),
                },
            })?;
        finish(text, self.limits.max_segments, self.smart_encoding)
    }
}

/// A written text as it goes out: not empty, not over its segments.
pub fn finish(
    text: String,
    max_segments: usize,
    smart_encoding: SmartEncoding,
) -> Result<Rendered, RenderError> {
    if text.trim().is_empty() {
        return Err(RenderError::Empty);
    }
    // No segment holds more than 160 characters of at most three bytes, and smart encoding makes at most
    // two characters of one less, so far longer texts need no counting.
    let too_long = RenderError::TooLong(max_segments);
    if text.len() > max_segments.saturating_mul(4 * 160) {
        return Err(too_long);
    }
    let (text, measure) = encode::smart(text, smart_encoding);
    if measure.segments > max_segments {
        return Err(too_long);
    }
    Ok(Rendered { text, measure })
}

fn syntax(error: &minijinja::Error) -> TemplateError {
    TemplateError::Syntax {
        line: error.line().unwrap_or(1),
        column: None,
        detail: error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_string),
        hint: None,
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;

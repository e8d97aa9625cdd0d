//! Templates: checked when they are saved, strict and bounded when they are rendered.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::Reason;
use contract::segments::{Measure, measure};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

use crate::fields::{Contact, Scope};
use crate::hint;

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
}

/// Why a template cannot be saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("line {line}: {detail}{}", with_hint(.hint.as_deref()))]
    Syntax {
        line: usize,
        detail: String,
        hint: Option<String>,
    },
    #[error("{name} is not available in a template{}", with_hint(.hint.as_deref()))]
    UndeclaredVar { name: String, hint: Option<String> },
    #[error("the template costs too much to render: make it simpler")]
    TooExpensive,
    #[error("the template has {chars} characters; at most {max} are allowed")]
    BodyTooLong { chars: usize, max: usize },
    #[error("the template is empty")]
    Empty,
}

fn with_hint(hint: Option<&str>) -> String {
    hint.map_or_else(String::new, |hint| format!("; {hint}"))
}

impl TemplateError {
    /// Stable code for problem documents.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "template.syntax",
            Self::UndeclaredVar { .. } => "template.undeclared_var",
            Self::TooExpensive => "template.too_expensive",
            Self::BodyTooLong { .. } => "template.too_long",
            Self::Empty => "template.empty",
        }
    }
}

/// Why one person's text could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    #[error("a merge field has no value for this contact: {0}")]
    FieldMissing(String),
    #[error("the text is empty")]
    Empty,
    #[error("the text takes more than {0} segments")]
    TooLong(usize),
    #[error("the template costs too much to render")]
    TooExpensive,
    #[error("{0}")]
    Failed(String),
}

impl RenderError {
    pub const fn reason(&self) -> Reason {
        match self {
            Self::FieldMissing(_) => Reason::MERGE_FIELD_MISSING,
            Self::Empty => Reason::TEXT_EMPTY,
            Self::TooLong(_) | Self::TooExpensive => Reason::TEXT_TOO_LONG,
            Self::Failed(_) => Reason::RENDER_FAILED,
        }
    }

    /// Stable code for problem documents.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::FieldMissing(_) => "template.field_missing",
            Self::Empty => "template.text_empty",
            Self::TooLong(_) => "template.text_too_long",
            Self::TooExpensive => "template.too_expensive",
            Self::Failed(_) => "template.render_failed",
        }
    }
}

/// A finished text and how it goes on the air.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub text: String,
    pub measure: Measure,
}

/// Parses a template and finds its merge fields. `contact.<field>` is all a template may refer to.
pub fn compile(body: &str, limits: Limits) -> Result<Compiled, TemplateError> {
    if body.trim().is_empty() {
        return Err(TemplateError::Empty);
    }
    let chars = body.chars().count();
    if chars > limits.max_body_chars {
        return Err(TemplateError::BodyTooLong {
            chars,
            max: limits.max_body_chars,
        });
    }
    on_roomy_stack(chars, || parse(body, limits))
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

fn parse(body: &str, limits: Limits) -> Result<Compiled, TemplateError> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_recursion_limit(RECURSION_LIMIT);
    engine.set_fuel(Some(limits.fuel));
    let globals: Vec<String> = engine.globals().map(|(name, _)| name.to_string()).collect();
    for name in globals {
        engine.remove_global(&name);
    }
    engine
        .add_template_owned(NAME, body.to_string())
        .map_err(|error| syntax(&error, body))?;
    let mentioned: BTreeSet<String> = engine
        .get_template(NAME)
        .map_err(|error| syntax(&error, body))?
        .undeclared_variables(true)
        .into_iter()
        .collect();
    let mut fields = Vec::with_capacity(mentioned.len());
    for name in mentioned {
        match name.strip_prefix("contact.") {
            Some(field) if !field.contains('.') => fields.push(field.to_string()),
            _ => return Err(undeclared(name)),
        }
    }
    Ok(Compiled {
        engine,
        fields,
        limits,
    })
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

/// Renders with every field and with none, which finds unknown filters and bombs before any person does.
pub fn try_out(template: &Compiled) -> Result<(), TemplateError> {
    let names: Arc<[String]> = template.fields.clone().into();
    for value in [Some("Sample"), None] {
        match template.run(Contact::new(&names, names.iter().map(|_| value))) {
            Err(error) if error.kind() == ErrorKind::OutOfFuel => {
                return Err(TemplateError::TooExpensive);
            }
            Err(error) if is_unknown_name(error.kind()) => return Err(syntax(&error, "")),
            _ => {}
        }
    }
    Ok(())
}

const fn is_unknown_name(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnknownFilter
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownFunction
            | ErrorKind::UnknownMethod
    )
}

impl Compiled {
    fn run(&self, contact: Contact) -> Result<String, minijinja::Error> {
        self.engine.get_template(NAME)?.render(Scope::of(contact))
    }

    /// Writes the text for one person, whole or not at all.
    pub fn render(&self, contact: Contact) -> Result<Rendered, RenderError> {
        let text = self.run(contact).map_err(|error| match error.kind() {
            ErrorKind::UndefinedError => {
                RenderError::FieldMissing(error.detail().unwrap_or("undefined").to_string())
            }
            ErrorKind::OutOfFuel => RenderError::TooExpensive,
            _ => RenderError::Failed(error.kind().to_string()),
        })?;
        if text.trim().is_empty() {
            return Err(RenderError::Empty);
        }
        // No segment holds more than 160 characters of at most two bytes, so far longer texts need no counting.
        let too_long = RenderError::TooLong(self.limits.max_segments);
        if text.len() > self.limits.max_segments.saturating_mul(4 * 160) {
            return Err(too_long);
        }
        let measure = measure(&text);
        if measure.segments > self.limits.max_segments {
            return Err(too_long);
        }
        Ok(Rendered { text, measure })
    }
}

fn syntax(error: &minijinja::Error, body: &str) -> TemplateError {
    TemplateError::Syntax {
        line: error.line().unwrap_or(1),
        detail: error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_string),
        hint: hint::for_syntax(body).map(str::to_string),
    }
}

fn undeclared(name: String) -> TemplateError {
    let hint = match name.split('.').collect::<Vec<_>>().as_slice() {
        ["contact"] => "name the field: contact.first_name".to_string(),
        ["contact", field, method, ..] => {
            format!("use a filter instead: contact.{field} | {method}")
        }
        [field] => format!("did you mean contact.{field}?"),
        _ => "only contact.<field> is".to_string(),
    };
    TemplateError::UndeclaredVar {
        name,
        hint: Some(hint),
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;

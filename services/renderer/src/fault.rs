//! What can be wrong with a template, and with one person's text.

use contract::Reason;

use crate::links;

/// Why a template cannot be saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("line {line}{}: {detail}{}", with_column(*.column), with_hint(.hint.as_deref()))]
    Syntax {
        line: usize,
        column: Option<usize>,
        detail: String,
        hint: Option<String>,
    },
    #[error("{name} is not available in a template{}", with_hint(.hint.as_deref()))]
    UndeclaredVar { name: String, hint: Option<String> },
    #[error("line {line}: there is no fragment {name}{}", with_hint(.hint.as_deref()))]
    UnknownFragment {
        line: usize,
        name: String,
        hint: Option<String>,
    },
    #[error("line {line}: {detail}")]
    Link { line: usize, detail: String },
    #[error("the template has more than {} links", links::MOST)]
    TooManyLinks,
    #[error("the template costs too much to render: make it simpler")]
    TooExpensive,
    #[error("the template has {chars} characters; at most {max} are allowed")]
    BodyTooLong { chars: usize, max: usize },
    #[error("the template is empty")]
    Empty,
}

fn with_column(column: Option<usize>) -> String {
    column.map_or_else(String::new, |column| format!(", column {column}"))
}

fn with_hint(hint: Option<&str>) -> String {
    hint.map_or_else(String::new, |hint| format!("; {hint}"))
}

impl TemplateError {
    /// For a name that is no merge field.
    pub fn undeclared(name: String) -> Self {
        let hint = match name.split('.').collect::<Vec<_>>().as_slice() {
            ["contact"] => "name the field: contact.first_name".to_string(),
            ["contact", field, method, ..] => {
                format!("use a filter instead: contact.{field} | {method}")
            }
            [field] => format!("did you mean contact.{field}?"),
            _ => "only contact.<field> is".to_string(),
        };
        Self::UndeclaredVar {
            name,
            hint: Some(hint),
        }
    }

    /// Stable code for problem documents.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "template.syntax",
            Self::UndeclaredVar { .. } => "template.undeclared_var",
            Self::UnknownFragment { .. } => "template.fragment_unknown",
            Self::Link { .. } => "template.link_invalid",
            Self::TooManyLinks => "template.too_many_links",
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
    #[error("{0}")]
    FieldInvalid(String),
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
            Self::FieldInvalid(_) => Reason::MERGE_FIELD_INVALID,
            Self::Empty => Reason::TEXT_EMPTY,
            Self::TooLong(_) | Self::TooExpensive => Reason::TEXT_TOO_LONG,
            Self::Failed(_) => Reason::RENDER_FAILED,
        }
    }

    /// Stable code for problem documents.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::FieldMissing(_) => "template.field_missing",
            Self::FieldInvalid(_) => "template.field_invalid",
            Self::Empty => "template.text_empty",
            Self::TooLong(_) => "template.text_too_long",
            Self::TooExpensive => "template.too_expensive",
            Self::Failed(_) => "template.render_failed",
        }
    }
}

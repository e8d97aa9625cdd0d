//! What a journey may look like, as data: the check of a text and the published JSON Schema come from the same
//! tables ([`definition`]), so they cannot disagree.

/// A rule that may be absent.
macro_rules! names {
    () => {
        &[]
    };
    ($names:expr) => {
        $names
    };
}

macro_rules! shape {
    ($id:ident, $name:literal, $doc:literal, [$($field:expr),* $(,)?] $(, one_of $one:expr)? $(, any_of $any:expr)?) => {
        pub static $id: Shape = Shape {
            name: $name,
            doc: $doc,
            fields: { static FIELDS: &[Field] = &[$($field),*]; FIELDS },
            one_of: names!($($one)?),
            any_of: names!($($any)?),
        };
    };
}

mod check;
pub mod definition;
mod leaf;
mod nearest;
mod schema;
mod steps;

pub use check::check;
pub use leaf::is_event;
pub use schema::{document, published};

/// An object with known fields.
pub struct Shape {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub doc: &'static str,
    pub fields: &'static [Field],
    /// Exactly one of these is present; empty: no such rule.
    pub one_of: &'static [&'static str],
    /// At least one of these is present; empty: no such rule.
    pub any_of: &'static [&'static str],
}

pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// Only beside this other field.
    pub with: Option<&'static str>,
    pub doc: &'static str,
}

/// What a value may be.
#[derive(Clone, Copy)]
pub enum Kind {
    /// One text and no other.
    Only(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Free text of at most so many characters.
    Text(usize),
    /// The name of a journey: `[a-z0-9][a-z0-9-]{1,62}`.
    Name,
    /// The id of a step, the name of a variant, a reply or a value: `[a-z][a-z0-9_]{0,39}`.
    Id,
    /// The name of an event: words joined with dots.
    Event,
    /// The name or id of a template.
    Template,
    Sender,
    Expression,
    /// ISO 8601, without a sign, at most so many days.
    Duration(i64),
    /// ISO 8601 with a sign, at most so many days either way.
    Offset(i64),
    /// `HH:MM`
    Time,
    /// As `Time`, and `24:00`.
    TimeOrEnd,
    /// An IANA zone.
    Zone,
    /// An IANA zone, or `contact` for the contact's own.
    ZoneOrContact,
    Cron,
    /// `2026-12-01T10:00`
    LocalTime,
    /// `never`, `always`, or the duration that must have gone by.
    Reentry,
    /// An address of a webhook: `https`, or `http` to this machine.
    Url,
    /// What a person may text back.
    Keyword,
    Whole(i64, i64),
    Truth,
    /// Any value; texts of the form `{{ expression }}` are computed.
    Any,
    /// An object with names of the author's choice and any values.
    Values,
    /// As `Values`, with names such as `contact.city`.
    Targets,
    /// An object with names of HTTP headers and texts.
    Headers,
    Object(&'static Shape),
    List(&'static Kind, usize, usize),
    /// An object with ids of the author's choice, of values of one kind.
    Map(&'static Kind),
}

const fn field(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        with: None,
        doc,
    }
}

const fn needed(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: true,
        with: None,
        doc,
    }
}

const fn beside(name: &'static str, with: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        with: Some(with),
        doc,
    }
}

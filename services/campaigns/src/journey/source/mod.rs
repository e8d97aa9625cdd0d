//! The text of a journey as a tree that remembers where everything stood.
//!
//! JSON and YAML become the same tree. YAML is read as YAML 1.2 with its core schema: `NO` is a text there.
//! Because other tools read it as YAML 1.1, where it is a truth value, such words are refused without quotes where
//! a text is wanted (see [`suspicious`]).

mod json;
mod words;
mod yaml;

use serde_json::{Map, Number};

use super::fault::Fault;

pub use words::suspicious;

/// The longest text that is read, in bytes.
pub const LONGEST: usize = 256 * 1024;
/// Values within values, at most.
const DEEPEST: usize = 64;
/// Values in a document, aliases written out.
const MOST_NODES: usize = 20_000;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Yaml,
}

impl Format {
    /// By the end of a file's name; what is neither is read as YAML, of which JSON is nearly a part.
    pub fn of_file(name: &str) -> Self {
        let end = name.rsplit('.').next().unwrap_or_default();
        if end.eq_ignore_ascii_case("json") {
            Self::Json
        } else {
            Self::Yaml
        }
    }
}

/// Line and column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// A value and where it began.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub at: Position,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text {
        text: String,
        /// Written in YAML without quotes.
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_at: Position,
    /// The key stood there without quotes, in YAML.
    pub plain: bool,
    pub node: Node,
}

impl Node {
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// Of a map; empty for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Of a list; empty for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What kind of value it is, in words.
    pub const fn what(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing (null)",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::Text { .. } => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "an object",
        }
    }

    /// The canonical form: JSON without positions.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => serde_json::Value::Number(number.clone()),
            Value::Text { text, .. } => text.clone().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => {
                let fields = entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.node.to_json()));
                serde_json::Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}

/// Reads a text. What cannot be read at all has one fault; a double key is told and the first one kept.
pub fn read(text: &str, format: Format) -> Result<(Node, Vec<Fault>), Vec<Fault>> {
    if text.len() > LONGEST {
        return Err(vec![
            Fault::new(
                "",
                Position { line: 1, column: 1 },
                "source.too_large",
                format!(
                    "A journey has at most {LONGEST} bytes; this has {}.",
                    text.len()
                ),
            )
            .hint("Split it into journeys that start one another with `emit`."),
        ]);
    }
    let (root, mut faults) = match format {
        Format::Json => json::read(text),
        Format::Yaml => yaml::read(text),
    }?;
    nuls(&root, "", &mut faults);
    Ok((root, faults))
}

/// An escape can write the character NUL, which no database keeps in a text.
fn nuls(node: &Node, pointer: &str, faults: &mut Vec<Fault>) {
    let mut tell = |text: &str, at: Position| {
        if text.contains('\0') {
            let what = "The character NUL (U+0000) is kept in no text.";
            faults.push(Fault::new(pointer, at, "field.value", what).hint("Leave it out."));
        }
    };
    match &node.value {
        Value::Text { text, .. } => tell(text, node.at),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                nuls(item, &point(pointer, &index.to_string()), faults);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                tell(&entry.key, entry.key_at);
            }
            for entry in entries {
                nuls(&entry.node, &point(pointer, &entry.key), faults);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// One more step of a JSON pointer (RFC 6901).
pub fn point(pointer: &str, step: &str) -> String {
    format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

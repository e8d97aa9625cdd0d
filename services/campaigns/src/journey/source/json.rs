//! JSON (RFC 8259) with positions.
//!
//! Whether a text is JSON at all is asked of `serde_json`, which also says where it is not; the tree is then built
//! by a reader that may trust the text.

use serde_json::Number;

use super::yaml::twice;
use super::{DEEPEST, Entry, MOST_NODES, Node, Position, Value, point};
use crate::journey::fault::Fault;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Where the line began, and its number.
    line_from: usize,
    line: u32,
    nodes: usize,
    faults: Vec<Fault>,
}

pub fn read(text: &str) -> Result<(Node, Vec<Fault>), Vec<Fault>> {
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let at = Position {
            line: number(error.line()),
            column: number(error.column()).max(1),
        };
        let text = format!("This is not JSON: {error}.");
        return Err(vec![Fault::new("", at, "json.syntax", text)]);
    }
    let mut reader = Reader {
        text,
        at: 0,
        line_from: 0,
        line: 1,
        nodes: 0,
        faults: Vec::new(),
    };
    let root = reader.node("", 0)?;
    Ok((root, reader.faults))
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n') {
            if self.peek() == b'\n' {
                self.line += 1;
                self.line_from = self.at + 1;
            }
            self.at += 1;
        }
    }

    fn position(&self) -> Position {
        let column = self
            .text
            .get(self.line_from..self.at)
            .map_or(0, |line| line.chars().count());
        Position {
            line: self.line,
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
        }
    }

    fn node(&mut self, pointer: &str, depth: usize) -> Result<Node, Vec<Fault>> {
        self.space();
        let at = self.position();
        self.nodes += 1;
        if depth > DEEPEST || self.nodes > MOST_NODES {
            let text = format!("A journey has at most {MOST_NODES} values, {DEEPEST} deep.");
            return Err(vec![Fault::new(pointer, at, "source.too_large", text)]);
        }
        let value = match self.peek() {
            b'{' => Value::Map(self.entries(pointer, depth)?),
            b'[' => Value::List(self.items(pointer, depth)?),
            b'"' => Value::Text {
                text: self.string(),
                plain: false,
            },
            _ => self.bare(),
        };
        Ok(Node { at, value })
    }

    fn items(&mut self, pointer: &str, depth: usize) -> Result<Vec<Node>, Vec<Fault>> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                b']' | 0 => {
                    self.at += 1;
                    return Ok(items);
                }
                b',' => self.at += 1,
                _ => items.push(self.node(&point(pointer, &items.len().to_string()), depth + 1)?),
            }
        }
    }

    fn entries(&mut self, pointer: &str, depth: usize) -> Result<Vec<Entry>, Vec<Fault>> {
        let mut entries: Vec<Entry> = Vec::new();
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                b'}' | 0 => {
                    self.at += 1;
                    return Ok(entries);
                }
                b'"' => {
                    let key_at = self.position();
                    let key = self.string();
                    self.space();
                    self.at += 1;
                    let below = point(pointer, &key);
                    let node = self.node(&below, depth + 1)?;
                    if entries.iter().any(|entry| entry.key == key) {
                        self.faults.push(twice(&below, key_at, &key));
                    } else {
                        entries.push(Entry {
                            key,
                            key_at,
                            plain: false,
                            node,
                        });
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// The cursor stands on the opening quote.
    fn string(&mut self) -> String {
        let from = self.at;
        self.at += 1;
        while !matches!(self.peek(), b'"' | 0) {
            self.at += if self.peek() == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        let quoted = self.text.get(from..self.at).unwrap_or("\"\"");
        serde_json::from_str(quoted).unwrap_or_default()
    }

    fn bare(&mut self) -> Value {
        let from = self.at;
        while !matches!(
            self.peek(),
            b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n' | 0
        ) {
            self.at += 1;
        }
        // Never without headway, so that nothing can loop here.
        self.at = self.at.max(from + 1);
        match self.text.get(from..self.at).unwrap_or_default() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text => serde_json::from_str::<Number>(text).map_or(Value::Null, Value::Number),
        }
    }
}

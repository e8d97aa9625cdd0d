//! YAML 1.2, core schema. Anchors are written out where they are used; one that contains itself is refused.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput, Tag};
use serde_json::Number;

use super::{DEEPEST, Entry, MOST_NODES, Node, Position, Value, point};
use crate::journey::fault::Fault;

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    known: HashMap<usize, Node>,
    open: HashSet<usize>,
    nodes: usize,
    faults: Vec<Fault>,
}

type Read<T> = Result<T, Vec<Fault>>;

pub fn read(text: &str) -> Read<(Node, Vec<Fault>)> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        known: HashMap::new(),
        open: HashSet::new(),
        nodes: 0,
        faults: Vec::new(),
    };
    let mut root = None;
    loop {
        let (event, at) = reader.next()?;
        match event {
            Event::StreamEnd => break,
            Event::DocumentStart(_) if root.is_some() => {
                let text = "There is more than one document here.";
                return Err(vec![
                    Fault::new("", at, "yaml.syntax", text)
                        .hint("Keep one journey in one file: take the second `---` away."),
                ]);
            }
            Event::DocumentStart(_) => {
                let (event, at) = reader.next()?;
                root = Some(reader.node(event, at, "", 0)?);
            }
            _ => {}
        }
    }
    match root {
        Some(root) => Ok((root, reader.faults)),
        None => Err(vec![empty()]),
    }
}

fn empty() -> Fault {
    let text = "There is nothing here.";
    Fault::new("", Position { line: 1, column: 1 }, "yaml.syntax", text)
        .hint("A journey begins with `journey: v1`.")
}

fn position(mark: &Marker) -> Position {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: number(mark.line()),
        column: number(mark.col() + 1),
    }
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Read<(Event<'t>, Position)> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, position(&span.start))),
            Some(Err(error)) => {
                let text = format!("This is not YAML: {}.", error.info());
                Err(vec![
                    Fault::new("", position(error.marker()), "yaml.syntax", text).hint(
                        "Look at the indentation and the quotes of this line and the one above.",
                    ),
                ])
            }
            None => Ok((Event::StreamEnd, Position::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, at: Position, pointer: &str, depth: usize) -> Read<Node> {
        self.nodes += 1;
        if depth > DEEPEST || self.nodes > MOST_NODES {
            let text = format!("A journey has at most {MOST_NODES} values, {DEEPEST} deep.");
            return Err(vec![Fault::new(pointer, at, "source.too_large", text)]);
        }
        let (anchor, value) = match event {
            Event::Alias(anchor) => return self.alias(anchor, at, pointer),
            Event::Scalar(text, style, anchor, tag) => (
                anchor,
                self.scalar(&text, style, tag.as_deref(), at, pointer),
            ),
            Event::SequenceStart(anchor, _) => {
                self.open.insert(anchor);
                let mut items = Vec::new();
                loop {
                    let (event, at) = self.next()?;
                    if matches!(event, Event::SequenceEnd) {
                        break;
                    }
                    items.push(self.node(
                        event,
                        at,
                        &point(pointer, &items.len().to_string()),
                        depth + 1,
                    )?);
                }
                (anchor, Value::List(items))
            }
            Event::MappingStart(anchor, _) => {
                self.open.insert(anchor);
                (anchor, Value::Map(self.entries(pointer, depth)?))
            }
            _ => (0, Value::Null),
        };
        let node = Node { at, value };
        if anchor != 0 {
            self.open.remove(&anchor);
            self.known.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn entries(&mut self, pointer: &str, depth: usize) -> Read<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, key_at) = self.next()?;
            let (key, plain) = match event {
                Event::MappingEnd => return Ok(entries),
                Event::Scalar(key, style, ..) => (key.into_owned(), style == ScalarStyle::Plain),
                _ => {
                    let text = "The name of a field is a word.";
                    return Err(vec![Fault::new(pointer, key_at, "yaml.syntax", text)]);
                }
            };
            let (event, at) = self.next()?;
            let below = point(pointer, &key);
            let node = self.node(event, at, &below, depth + 1)?;
            if entries.iter().any(|entry| entry.key == key) {
                self.faults.push(twice(&below, key_at, &key));
                continue;
            }
            entries.push(Entry {
                key,
                key_at,
                plain,
                node,
            });
        }
    }

    /// A copy of what the anchor stands for.
    fn alias(&mut self, anchor: usize, at: Position, pointer: &str) -> Read<Node> {
        if self.open.contains(&anchor) {
            let text = "This reference leads back to what it stands in.";
            return Err(vec![Fault::new(pointer, at, "yaml.cycle", text)
                .hint("A journey is a tree: write the steps out, or let a second journey start with an event.")]);
        }
        let Some(node) = self.known.get(&anchor).cloned() else {
            let text = "There is no anchor of this name above.";
            return Err(vec![Fault::new(pointer, at, "yaml.syntax", text)]);
        };
        self.nodes += count(&node);
        if self.nodes > MOST_NODES {
            let text =
                format!("With its references written out this has more than {MOST_NODES} values.");
            return Err(vec![Fault::new(pointer, at, "source.too_large", text)]);
        }
        Ok(node)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        at: Position,
        pointer: &str,
    ) -> Value {
        let quoted = || Value::Text {
            text: text.to_string(),
            plain: false,
        };
        match tag {
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => return quoted(),
            Some(tag) => {
                let what = format!("The tag {}{} means nothing here.", tag.handle, tag.suffix);
                self.faults.push(
                    Fault::new(pointer, at, "yaml.tag", what)
                        .hint("Take the tag away; texts go in quotes."),
                );
            }
            None => {}
        }
        if style == ScalarStyle::Plain {
            plain(text)
        } else {
            quoted()
        }
    }
}

pub fn twice(pointer: &str, at: Position, key: &str) -> Fault {
    Fault::new(
        pointer,
        at,
        "field.twice",
        format!("`{key}` stands here a second time."),
    )
    .hint("Keep one of the two.")
}

fn count(node: &Node) -> usize {
    let below: usize = match &node.value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.iter().map(|entry| count(&entry.node)).sum(),
        _ => 0,
    };
    1 + below
}

/// The core schema of YAML 1.2.2, section 10.3.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    match number(text) {
        Some(number) => Value::Number(number),
        None => Value::Text {
            text: text.to_string(),
            plain: true,
        },
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.trim_start_matches(['-', '+']);
    if text.len() - digits.len() > 1 {
        return None;
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok().map(Number::from);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).ok().map(Number::from);
    }
    let begins = digits.trim_start_matches('.');
    if digits.len() - begins.len() > 1 || !begins.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if !digits
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return None;
    }
    if digits.bytes().all(|b| b.is_ascii_digit())
        && let Ok(whole) = text.trim_start_matches('+').parse::<i64>()
    {
        return Some(Number::from(whole));
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

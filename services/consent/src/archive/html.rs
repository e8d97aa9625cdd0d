//! A page under construction. Only markup written in this program goes in as it is; all else is escaped.

use chrono::{DateTime, Utc};
use serde_json::Value;

#[derive(Default)]
pub struct Html(String);

impl Html {
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Escaped for text and quoted attributes. What would hide or turn text around is shown by its number.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(c),
                c if hides(c) => self.0.push_str(&format!("[U+{:04X}]", u32::from(c))),
                c => self.0.push(c),
            }
        }
        self
    }

    /// A row of a table with a label and a value.
    pub fn row(&mut self, label: &str, value: &str) -> &mut Self {
        self.raw("<tr><th>").text(label).raw("</th><td>");
        self.text(value).raw("</td></tr>\n")
    }

    pub fn row_if(&mut self, label: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.row(label, value),
            None => self,
        }
    }

    pub fn paragraph(&mut self, text: &str) -> &mut Self {
        self.raw("<p>").text(text).raw("</p>\n")
    }

    pub fn finish(self) -> String {
        self.0
    }
}

/// Control characters, zero-width ones, and those that change the direction of writing.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A time in Unix milliseconds.
pub fn moment(millis: i64) -> String {
    match DateTime::from_timestamp_millis(millis) {
        Some(at) => when(at),
        None => format!("{millis} ms"),
    }
}

pub fn when(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M:%S UTC").to_string()
}

/// A JSON value as a person would write it. Numbers of fields ending in `_at` are times.
pub fn plain(field: &str, value: &Value) -> String {
    match value {
        Value::Null => "none".to_string(),
        Value::Bool(true) => "yes".to_string(),
        Value::Bool(false) => "no".to_string(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_i64() {
            Some(millis) if field.ends_with("_at") => moment(millis),
            _ => number.to_string(),
        },
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| plain(field, item)).collect();
            items.join(", ")
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", label(name), plain(name, value)))
                .collect();
            fields.join("; ")
        }
    }
}

/// `form_url` as "form url".
pub fn label(field: &str) -> String {
    field.replace('_', " ")
}

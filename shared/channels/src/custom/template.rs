//! Text with placeholders such as `{to}`. A brace that does not open a word is a brace, so JSON needs no
//! escapes.

use std::borrow::Cow;
use std::fmt::Write as _;

use contract::MessageId;

use crate::provider::Submission;
use crate::web::form;

/// What may stand between braces of a text's request.
const KNOWN: [&str; 10] = [
    "to",
    "to_digits",
    "from",
    "from_digits",
    "text",
    "reference",
    "encoding",
    "segments",
    "validity_seconds",
    "validity_minutes",
];

/// How a value is made fit for its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    Json,
    Url,
    /// In headers: what cannot stand there becomes a space.
    Header,
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Placeholder(&'static str),
    /// From here to there in the source.
    Literal(usize, usize),
}

#[derive(Debug, Clone)]
pub(super) struct Template {
    source: String,
    pieces: Vec<Piece>,
    escape: Escape,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{{{word}}} is no placeholder; there are {{{}}}", known.join("}, {"))]
pub(super) struct UnknownPlaceholder {
    word: String,
    known: &'static [&'static str],
}

impl Template {
    pub(super) fn parse(source: &str, escape: Escape) -> Result<Self, UnknownPlaceholder> {
        Self::parse_with(source, escape, &KNOWN)
    }

    /// With other placeholders than a text's request has.
    pub(super) fn parse_with(
        source: &str,
        escape: Escape,
        placeholders: &'static [&'static str],
    ) -> Result<Self, UnknownPlaceholder> {
        let (mut pieces, mut begun, mut at) = (Vec::new(), 0, 0);
        while let Some(found) = source[at..].find('{') {
            let open = at + found;
            let word = source[open + 1..]
                .find(|c: char| !(c.is_ascii_lowercase() || c == '_'))
                .map_or("", |end| &source[open + 1..open + 1 + end]);
            let close = open + 1 + word.len();
            if word.is_empty() || !source[close..].starts_with('}') {
                at = open + 1;
                continue;
            }
            let known = placeholders
                .iter()
                .copied()
                .find(|known| *known == word)
                .ok_or_else(|| UnknownPlaceholder {
                    word: word.to_owned(),
                    known: placeholders,
                })?;
            pieces.push(Piece::Literal(begun, open));
            pieces.push(Piece::Placeholder(known));
            at = close + 1;
            begun = at;
        }
        pieces.push(Piece::Literal(begun, source.len()));
        Ok(Self {
            source: source.to_owned(),
            pieces,
            escape,
        })
    }

    pub(super) fn fill(&self, message: MessageId, text: &Submission) -> String {
        self.fill_with(text.body.len(), |name| value(name, message, text))
    }

    /// `length`: how much longer than the source it is about to be.
    pub(super) fn fill_with<'v>(
        &self,
        length: usize,
        value: impl Fn(&'static str) -> Cow<'v, str>,
    ) -> String {
        let mut out = String::with_capacity(self.source.len() + length + 64);
        for piece in &self.pieces {
            match *piece {
                Piece::Literal(from, to) => out.push_str(&self.source[from..to]),
                Piece::Placeholder(name) => {
                    self.put(&mut out, &value(name));
                }
            }
        }
        out
    }

    pub(super) fn uses(&self, name: &str) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Placeholder(used) if *used == name))
    }

    fn put(&self, out: &mut String, value: &str) {
        match self.escape {
            Escape::Plain => out.push_str(value),
            Escape::Url => form::escape(out, value),
            Escape::Header => out.extend(value.chars().map(|c| match c {
                ' '..='~' => c,
                _ => ' ',
            })),
            Escape::Json => {
                for c in value.chars() {
                    match c {
                        '"' => out.push_str("\\\""),
                        '\\' => out.push_str("\\\\"),
                        '\n' => out.push_str("\\n"),
                        '\r' => out.push_str("\\r"),
                        '\t' => out.push_str("\\t"),
                        c if c < ' ' => {
                            let _ = write!(out, "\\u{:04x}", u32::from(c));
                        }
                        c => out.push(c),
                    }
                }
            }
        }
    }
}

fn value<'t>(name: &str, message: MessageId, text: &'t Submission) -> Cow<'t, str> {
    let seconds = || text.valid_for.map_or(86_400, |span| span.as_secs().max(1));
    match name {
        "to" => text.to.to_string().into(),
        "to_digits" => text.to.digits().to_string().into(),
        "from" => (&*text.from).into(),
        "from_digits" => text.from.trim_start_matches('+').into(),
        "text" => (&*text.body).into(),
        "reference" => message.to_string().into(),
        "encoding" => text.encoding.as_str().into(),
        "segments" => text.segments.to_string().into(),
        "validity_seconds" => seconds().to_string().into(),
        "validity_minutes" => seconds().div_ceil(60).to_string().into(),
        _ => "".into(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use contract::Phone;
    use contract::chunk::Encoding;
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn text(body: &str) -> Submission {
        Submission {
            to: Phone::from_digits(15_005_550_006).unwrap(),
            from: "+15005550100".into(),
            encoding: Encoding::Gsm7,
            segments: 1,
            body: body.into(),
            valid_for: None,
        }
    }

    fn fill(source: &str, escape: Escape, body: &str) -> String {
        let template = Template::parse(source, escape).unwrap();
        template.fill(MessageId::from_raw(1), &text(body))
    }

    #[test]
    fn braces_of_json_are_no_placeholders() {
        let filled = fill(
            r#"{"to":"{to_digits}","list":[{}],"text":"{text}"}"#,
            Escape::Json,
            "say \"hi\"\n",
        );
        assert_eq!(
            filled,
            r#"{"to":"15005550006","list":[{}],"text":"say \"hi\"\n"}"#
        );
    }

    #[test]
    fn values_fit_where_they_stand() {
        assert_eq!(
            fill("/send?to={to}&t={text}", Escape::Url, "a&b ü"),
            "/send?to=%2B15005550006&t=a%26b%20%C3%BC"
        );
        assert_eq!(fill("{text}", Escape::Header, "a\r\nX: 1"), "a  X: 1");
        assert_eq!(fill("{validity_minutes}", Escape::Plain, ""), "1440");
    }

    #[test]
    fn a_text_that_looks_like_a_placeholder_stays_what_it_is() {
        assert_eq!(fill("{text}", Escape::Plain, "{from} {to}"), "{from} {to}");
    }

    #[test]
    fn a_wrong_word_is_named_with_the_right_ones() {
        let error = Template::parse("{\"a\":\"{phone}\"}", Escape::Json).unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains("{phone}") && said.contains("{to_digits}"),
            "{said}"
        );
    }

    proptest! {
        #[test]
        fn whatever_the_text_the_body_stays_json(body in any::<String>()) {
            let filled = fill(r#"{"t":"{text}"}"#, Escape::Json, &body);
            let read: serde_json::Value = serde_json::from_str(&filled).unwrap();
            prop_assert_eq!(read["t"].as_str(), Some(body.as_str()));
        }
    }
}

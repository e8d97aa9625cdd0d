//! Reads a template's source as tags and the text between them, with places, before the engine does: for
//! fragments, links and hints that the engine knows nothing of. Never fails: what is not closed runs to the end.

use std::ops::Range;

/// A part of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that goes out as it stands.
    Text(Range<usize>),
    Tag(Tag<'a>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{{ … }}`
    Print,
    /// `{% … %}`
    Block,
    /// `{# … #}`
    Comment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'a> {
    pub kind: Kind,
    /// With its braces.
    pub range: Range<usize>,
    pub tokens: Vec<Token<'a>>,
}

/// A word, a quoted string or a sign inside a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    pub at: usize,
    pub what: What<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'a> {
    Word(&'a str),
    /// What stands between the quotes, as written.
    Quoted(&'a str),
    Sign(char),
}

/// Line and column of a byte, both from 1; columns count characters.
pub fn place(source: &str, at: usize) -> (usize, usize) {
    let before = source.get(..at).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// Everything of the source, in order.
pub fn scan(source: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut text_from = 0;
    while let Some(found) = source[at..].find('{') {
        let open = at + found;
        let kind = match source.as_bytes().get(open + 1) {
            Some(b'{') => Kind::Print,
            Some(b'%') => Kind::Block,
            Some(b'#') => Kind::Comment,
            _ => {
                at = open + 1;
                continue;
            }
        };
        if text_from < open {
            pieces.push(Piece::Text(text_from..open));
        }
        let tag = tag(source, open, kind);
        at = tag.range.end;
        let is_raw = kind == Kind::Block && word_of(&tag) == Some("raw");
        pieces.push(Piece::Tag(tag));
        text_from = at;
        if is_raw {
            // Up to its end everything is text.
            at = end_of_raw(source, at);
        }
    }
    if text_from < source.len() {
        pieces.push(Piece::Text(text_from..source.len()));
    }
    pieces
}

/// The first word of a tag, as `if` of `{% if … %}`.
pub fn word_of<'a>(tag: &Tag<'a>) -> Option<&'a str> {
    let mut tokens = tag.tokens.iter();
    let first = tokens.find(|token| !matches!(token.what, What::Sign('-' | '+')))?;
    match first.what {
        What::Word(word) => Some(word),
        _ => None,
    }
}

fn end_of_raw(source: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(found) = source[at..].find("{%") {
        let open = at + found;
        if word_of(&tag(source, open, Kind::Block)) == Some("endraw") {
            return open;
        }
        at = open + 2;
    }
    source.len()
}

fn tag(source: &str, open: usize, kind: Kind) -> Tag<'_> {
    let close = match kind {
        Kind::Print => "}}",
        Kind::Block => "%}",
        Kind::Comment => "#}",
    };
    let mut tokens = Vec::new();
    let mut at = open + 2;
    if kind == Kind::Comment {
        let end = source[at..]
            .find(close)
            .map_or(source.len(), |found| at + found + 2);
        return Tag {
            kind,
            range: open..end,
            tokens,
        };
    }
    while let Some(c) = source[at..].chars().next() {
        if source[at..].starts_with(close) {
            at += close.len();
            break;
        }
        let (what, end) = match c {
            '"' | '\'' => quoted(source, at, c),
            c if is_word(c) => {
                let rest = &source[at..];
                let end = at + rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (Some(What::Word(&source[at..end])), end)
            }
            c if c.is_whitespace() => (None, at + c.len_utf8()),
            c => (Some(What::Sign(c)), at + c.len_utf8()),
        };
        tokens.extend(what.map(|what| Token { at, what }));
        at = end;
    }
    Tag {
        kind,
        range: open..at,
        tokens,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn quoted(source: &str, at: usize, quote: char) -> (Option<What<'_>>, usize) {
    let mut escaped = false;
    for (found, c) in source[at + 1..].char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            c if c == quote && !escaped => {
                let end = at + 1 + found;
                return (Some(What::Quoted(&source[at + 1..end])), end + 1);
            }
            _ => escaped = false,
        }
    }
    (Some(What::Quoted(&source[at + 1..])), source.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_and_text_are_told_apart() {
        let source = "Hi {{ a.b | c('}}') }}{# {{ x }} #} {% raw %}{{ y }}{% endraw %}{";
        let pieces = scan(source);
        let shown: Vec<&str> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(range) => &source[range.clone()],
                Piece::Tag(tag) => &source[tag.range.clone()],
            })
            .collect();
        assert_eq!(
            shown,
            [
                "Hi ",
                "{{ a.b | c('}}') }}",
                "{# {{ x }} #}",
                " ",
                "{% raw %}",
                "{{ y }}",
                "{% endraw %}",
                "{"
            ]
        );
        assert!(matches!(pieces[5], Piece::Text(_)));
        assert_eq!(place("ab\nçd", 5), (2, 2));
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_source(source in "[ a{}%#'\"\\\\é\n-]{0,60}|\\PC{0,40}") {
            let mut end = 0;
            for piece in scan(&source) {
                let range = match piece {
                    Piece::Text(range) => range,
                    Piece::Tag(tag) => tag.range,
                };
                prop_assert_eq!(range.start, end);
                prop_assert!(range.end > range.start);
                end = range.end;
            }
            prop_assert_eq!(end, source.len());
        }
    }
}

//! From an author's source to what the engine reads: fragments are put in, addresses become links, and
//! words of other template languages are found before the engine stumbles over them.

use std::collections::BTreeMap;

use crate::content::Fragment;
use crate::fault::TemplateError;
use crate::hint;
use crate::links::target;
use crate::scan::{self, Kind, Piece, Tag, What};

/// A source ready for the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    pub source: String,
    /// Targets of its links, each once, as they come.
    pub targets: Vec<String>,
}

/// Names of the fragments a source uses.
pub fn fragments_of(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for piece in scan::scan(source) {
        if let Piece::Tag(tag) = piece
            && let Some(name) = called(&tag, "fragment")
            && !names.contains(&name.to_string())
        {
            names.push(name.to_string());
        }
    }
    names
}

/// The source with nothing where its fragments stood; its lines stay where they are.
pub fn without_fragments(source: &str) -> String {
    let pieces = scan::scan(source).into_iter();
    let kept = pieces.map(|piece| match piece {
        Piece::Text(range) => &source[range],
        Piece::Tag(tag) if called(&tag, "fragment").is_some() => "",
        Piece::Tag(tag) => &source[tag.range],
    });
    kept.collect()
}

/// Puts the fragments of `language` in, and where `shorten` is set turns every address into a link.
pub fn compose(
    source: &str,
    language: Option<&str>,
    fragments: &BTreeMap<String, Fragment>,
    shorten: bool,
) -> Result<Composed, TemplateError> {
    hint::foreign(source)?;
    let whole = with_fragments(source, language, fragments)?;
    let whole = if shorten { with_links(&whole)? } else { whole };
    let targets = targets_of(&whole)?;
    Ok(Composed {
        source: whole,
        targets,
    })
}

fn with_fragments(
    source: &str,
    language: Option<&str>,
    fragments: &BTreeMap<String, Fragment>,
) -> Result<String, TemplateError> {
    let mut whole = String::with_capacity(source.len());
    for piece in scan::scan(source) {
        let tag = match piece {
            Piece::Text(range) => {
                whole.push_str(&source[range]);
                continue;
            }
            Piece::Tag(tag) => tag,
        };
        if let Some(name) = called(&tag, "fragment") {
            let fragment = fragments.get(name).ok_or_else(|| {
                let known = fragments.keys().map(String::as_str);
                TemplateError::UnknownFragment {
                    line: scan::place(source, tag.range.start).0,
                    name: name.to_string(),
                    hint: hint::did_you_mean(name, known)
                        .map(|near| format!("did you mean {near}?")),
                }
            })?;
            whole.push_str(fragment.body_for(language));
            continue;
        }
        if let Some(token) = tag
            .tokens
            .iter()
            .find(|token| token.what == What::Word("fragment"))
            && tag.kind != Kind::Comment
            && !is_field(&tag, token.at)
        {
            return Err(syntax_at(
                source,
                token.at,
                "a fragment stands alone in its braces",
                "write {{ fragment('name') }}",
            ));
        }
        whole.push_str(&source[tag.range]);
    }
    Ok(whole)
}

/// `contact.link` and `contact.fragment` are fields like others.
fn is_field(tag: &Tag, at: usize) -> bool {
    let before = tag.tokens.iter().take_while(|token| token.at < at).last();
    before.is_some_and(|token| token.what == What::Sign('.'))
}

fn with_links(source: &str) -> Result<String, TemplateError> {
    let mut whole = String::with_capacity(source.len());
    let mut pieces = scan::scan(source).into_iter().peekable();
    while let Some(piece) = pieces.next() {
        let range = match piece {
            Piece::Tag(tag) => {
                whole.push_str(&source[tag.range]);
                continue;
            }
            Piece::Text(range) => range,
        };
        let begin = range.start;
        let text = &source[range];
        let before_field =
            matches!(pieces.peek(), Some(Piece::Tag(tag)) if tag.kind != Kind::Comment);
        let mut from = 0;
        for (at, address) in target::in_text(text) {
            let end = at + address.len();
            if before_field && !text[end..].contains(char::is_whitespace) {
                return Err(TemplateError::Link {
                    line: scan::place(source, begin + at).0,
                    detail:
                        "a short link leads everybody to the same address: put a space before the \
                             merge field, or write this address without shorten_links"
                            .into(),
                });
            }
            whole.push_str(&text[from..at]);
            // An address holds no quotes and no braces.
            whole.push_str(&format!("{{{{ link(\"{address}\") }}}}"));
            from = end;
        }
        whole.push_str(&text[from..]);
    }
    Ok(whole)
}

fn targets_of(source: &str) -> Result<Vec<String>, TemplateError> {
    let mut targets: Vec<String> = Vec::new();
    for piece in scan::scan(source) {
        let Piece::Tag(tag) = piece else { continue };
        for (place, token) in tag.tokens.iter().enumerate() {
            if token.what != What::Word("link") || is_field(&tag, token.at) {
                continue;
            }
            let after = tag.tokens.get(place + 1..place + 4).unwrap_or_default();
            let [open, quoted, close] = after else {
                return Err(bad_link(source, token.at));
            };
            match (open.what, quoted.what, close.what) {
                (What::Sign('('), What::Quoted(address), What::Sign(')')) => {
                    target::check(address).map_err(|fault| TemplateError::Link {
                        line: scan::place(source, quoted.at).0,
                        detail: fault.to_string(),
                    })?;
                    if !targets.iter().any(|known| known == address) {
                        targets.push(address.to_string());
                    }
                }
                _ => return Err(bad_link(source, token.at)),
            }
        }
    }
    Ok(targets)
}

fn bad_link(source: &str, at: usize) -> TemplateError {
    syntax_at(
        source,
        at,
        "a link takes one address in quotes, the same for everybody",
        "write {{ link('https://example.com/page') }}",
    )
}

fn syntax_at(source: &str, at: usize, detail: &str, hint: &str) -> TemplateError {
    let (line, column) = scan::place(source, at);
    TemplateError::Syntax {
        line,
        column: Some(column),
        detail: detail.to_string(),
        hint: Some(hint.to_string()),
    }
}

/// The argument where a tag is `{{ name('argument') }}` and nothing else.
fn called<'a>(tag: &Tag<'a>, name: &str) -> Option<&'a str> {
    if tag.kind != Kind::Print {
        return None;
    }
    let trims = |token: &&scan::Token| !matches!(token.what, What::Sign('-' | '+'));
    let tokens: Vec<What> = tag
        .tokens
        .iter()
        .filter(trims)
        .map(|token| token.what)
        .collect();
    match tokens.as_slice() {
        [
            What::Word(word),
            What::Sign('('),
            What::Quoted(argument),
            What::Sign(')'),
        ] if *word == name => Some(argument),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footer() -> BTreeMap<String, Fragment> {
        let fragment = Fragment {
            version: 3,
            language: None,
            body: "Reply STOP to opt out".into(),
            variants: vec![],
        };
        BTreeMap::from([("footer".to_string(), fragment)])
    }

    #[test]
    fn a_fragment_is_put_in() {
        let made = compose("Hi. {{ fragment('footer') }}", None, &footer(), false).unwrap();
        assert_eq!(made.source, "Hi. Reply STOP to opt out");
        assert_eq!(
            fragments_of("{{fragment(\"a\")}}{{ fragment('b') }}{{- fragment('a') -}}"),
            ["a", "b"]
        );
        let slip = compose("\n{{ fragment('foter') }}", None, &footer(), false).unwrap_err();
        assert_eq!(slip.code(), "template.fragment_unknown");
        assert!(slip.to_string().contains("did you mean footer?"), "{slip}");
        let odd = compose("{{ fragment(contact.x) }}", None, &footer(), false).unwrap_err();
        assert!(odd.to_string().contains("fragment('name')"), "{odd}");
        assert!(
            compose(
                "{{ contact.fragment }} {{ contact.link }}",
                None,
                &footer(),
                false
            )
            .is_ok()
        );
    }

    #[test]
    fn links_are_found_and_checked() {
        let links = |source: &str, shorten| compose(source, None, &footer(), shorten);
        let made = links(
            "{{ link('https://a.example/') }} {% if x %}{{ link(\"https://b.example\") }}{% endif %}{{ link('https://a.example/') }}",
            false,
        );
        assert_eq!(
            made.unwrap().targets,
            ["https://a.example/", "https://b.example"]
        );
        for bad in [
            "{{ link(contact.url) }}",
            "{{ link }}",
            "{{ link('https://a.example' ~ x) }}",
        ] {
            assert_eq!(
                links(bad, false).unwrap_err().code(),
                "template.syntax",
                "{bad}"
            );
        }
        assert_eq!(
            links("{{ link('ftp://x.example') }}", false)
                .unwrap_err()
                .code(),
            "template.link_invalid"
        );
        let made = links("See https://a.example/x. {{ contact.a }}", true).unwrap();
        assert_eq!(
            made.source,
            "See {{ link(\"https://a.example/x\") }}. {{ contact.a }}"
        );
        assert_eq!(made.targets, ["https://a.example/x"]);
        let dynamic = links("https://a.example/?n={{ contact.a }}", true).unwrap_err();
        assert_eq!(dynamic.code(), "template.link_invalid");
        assert!(links("https://a.example/ {{ contact.a }}", true).is_ok());
        assert!(
            links("See https://a.example/x.", false)
                .unwrap()
                .targets
                .is_empty()
        );
    }
}

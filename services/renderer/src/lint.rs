//! Advice about a text that is valid but may cost, be filtered or surprise.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use contract::Class;
use contract::chunk::Encoding;
use contract::segments::measure;
use serde::Serialize;
use utoipa::ToSchema;

use crate::encode;
use crate::hint;
use crate::opt_out;
use crate::scan::{self, Piece};

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lint {
    /// Stable code, such as `text.ucs2`.
    pub code: &'static str,
    pub detail: String,
    /// The characters it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub characters: Vec<Odd>,
    /// Segments that each copy would take less without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saves_segments: Option<usize>,
}

/// A character that makes a text UCS-2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Odd {
    pub character: char,
    /// Where it stands, in characters from 0.
    pub at: Vec<usize>,
    /// What reads the same and costs less, if anything does.
    pub replace_by: Option<&'static str>,
}

impl Lint {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            characters: Vec::new(),
            saves_segments: None,
        }
    }
}

/// Segments from which advice is given.
const MANY_SEGMENTS: usize = 4;
/// Odd characters named at most.
const NAMED: usize = 20;

static SHORTENERS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("data/shorteners.txt").lines();
    lines
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// Advice about a finished text. `class` is what it is to be sent as, where that is known.
pub fn lint(text: &str, class: Option<Class>) -> Vec<Lint> {
    let mut found = Vec::new();
    found.extend(ucs2(text));
    found.extend(length(text));
    found.extend(shorteners(text));
    if class == Some(Class::Marketing) && !opt_out::is_said(text) {
        found.push(Lint::new(
            "text.opt_out_missing",
            "marketing must say how to get no more of it, such as: Reply STOP to opt out",
        ));
    }
    found
}

/// Advice about a template's source: a value that looks like a merge field is only a value.
pub fn of_source(source: &str) -> Option<Lint> {
    let pieces = scan::scan(source).into_iter();
    let texts = pieces.filter_map(|piece| match piece {
        Piece::Text(range) => Some(&source[range]),
        Piece::Tag(_) => None,
    });
    let foreign: Vec<String> = texts.flat_map(hint::foreign_fields).collect();
    (!foreign.is_empty()).then(|| {
        let detail = format!(
            "{} goes out as it is written; a merge field is {{{{ contact.first_name }}}} here",
            foreign.join(" ")
        );
        Lint::new("text.foreign_field", detail)
    })
}

fn ucs2(text: &str) -> Vec<Lint> {
    let whole = measure(text);
    if whole.encoding == Encoding::Gsm7 {
        return Vec::new();
    }
    let is_odd = |c: char| measure(c.encode_utf8(&mut [0; 4])).encoding == Encoding::Ucs2;
    let mut places: BTreeMap<char, Vec<usize>> = BTreeMap::new();
    for (at, c) in text.chars().enumerate() {
        if is_odd(c) {
            places.entry(c).or_default().push(at);
        }
    }
    let odd: Vec<Odd> = places
        .into_iter()
        .map(|(character, at)| Odd {
            character,
            at,
            replace_by: encode::plain_form(character),
        })
        .collect();
    // What it would take with something plain in each odd place.
    let cheaper: String = text
        .chars()
        .map(|c| match encode::plain_form(c) {
            _ if !is_odd(c) => c.to_string(),
            Some(plain) => plain.to_string(),
            None => "?".to_string(),
        })
        .collect();
    let saves = whole.segments.saturating_sub(measure(&cheaper).segments);
    let shown: Vec<String> = odd
        .iter()
        .take(10)
        .map(|odd| odd.character.to_string())
        .collect();
    let mut lints = vec![Lint {
        characters: odd.iter().take(NAMED).cloned().collect(),
        saves_segments: Some(saves),
        ..Lint::new(
            "text.ucs2",
            format!(
                "these characters leave 70 instead of 160 characters a segment, {saves} segments more for each copy: {}",
                shown.join(" ")
            ),
        )
    }];
    let replaceable: Vec<String> = odd
        .iter()
        .filter_map(|odd| match odd.replace_by? {
            " " => Some(format!("U+{:04X} by a space", u32::from(odd.character))),
            plain => Some(format!("{} by {plain}", odd.character)),
        })
        .collect();
    if !replaceable.is_empty() {
        let detail = format!(
            "replace {} to need fewer segments, or let smart encoding do it",
            replaceable.join(", ")
        );
        lints.push(Lint::new("text.lookalikes", detail));
    }
    lints
}

fn length(text: &str) -> Option<Lint> {
    let whole = measure(text);
    (whole.segments >= MANY_SEGMENTS).then(|| {
        let detail = format!("each copy is billed as {} segments", whole.segments);
        Lint::new("text.many_segments", detail)
    })
}

fn shorteners(text: &str) -> Option<Lint> {
    let small = text.to_lowercase();
    let named: Vec<&str> = SHORTENERS
        .iter()
        .copied()
        .filter(|domain| {
            small.match_indices(domain).any(|(at, _)| {
                let before = small[..at].chars().next_back();
                let after = small[at + domain.len()..].chars().next();
                !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '@'))
                    && matches!(after, Some('/'))
            })
        })
        .collect();
    (!named.is_empty()).then(|| {
        let detail = format!(
            "carriers filter links through public shorteners ({}); use {{{{ link('https://…') }}}} on a domain of yours",
            named.join(", ")
        );
        Lint::new("text.public_shortener", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str, class: Option<Class>) -> Vec<&'static str> {
        lint(text, class).iter().map(|lint| lint.code).collect()
    }

    #[test]
    fn a_curly_quote_is_named_with_its_place_its_cost_and_its_plain_form() {
        let text = format!("It’s {}", "x".repeat(90));
        let found = lint(&text, None);
        assert_eq!(codes(&text, None), ["text.ucs2", "text.lookalikes"]);
        let odd = Odd {
            character: '’',
            at: vec![2],
            replace_by: Some("'"),
        };
        assert_eq!(
            (&found[0].characters, found[0].saves_segments),
            (&vec![odd], Some(1))
        );
        assert!(found[1].detail.contains("’ by '"));
        assert!(lint("It's here", None).is_empty());
    }

    #[test]
    fn marketing_without_an_opt_out_is_noticed_and_nothing_else() {
        assert_eq!(
            codes("Sale!", Some(Class::Marketing)),
            ["text.opt_out_missing"]
        );
        assert!(codes("Sale! Reply STOP to opt out", Some(Class::Marketing)).is_empty());
        assert!(codes("Your order is here", Some(Class::Informational)).is_empty());
    }

    #[test]
    fn public_shorteners_are_noticed_with_or_without_a_scheme() {
        assert_eq!(codes("See Bit.ly/abc", None), ["text.public_shortener"]);
        assert_eq!(codes("See https://t.co/x", None), ["text.public_shortener"]);
        for fine in [
            "https://habit.ly/x",
            "https://bit.ly.example.com/",
            "at.co/x",
            "we use bit.ly.",
        ] {
            assert!(codes(fine, None).is_empty(), "{fine}");
        }
    }

    #[test]
    fn long_texts_and_fields_of_other_systems_are_noticed() {
        assert_eq!(codes(&"x".repeat(460), None), ["text.many_segments"]);
        let found = of_source("Hi {{ contact.name }} *|FNAME|*").unwrap();
        assert!(
            found.detail.starts_with("*|FNAME|* goes out"),
            "{}",
            found.detail
        );
        assert_eq!(of_source("Hi {{ contact.name | default('{x}') }}"), None);
    }
}

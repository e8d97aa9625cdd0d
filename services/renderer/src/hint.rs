//! Helpful words for people whose template is not quite right, or is written for another engine.

use crate::fault::TemplateError;
use crate::scan::{self, Kind, Piece, Tag, What};

/// The known name closest to `wanted`, if it is close enough to be a slip.
pub fn did_you_mean<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (distance(&wanted.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(far, _)| *far <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Edits (insert, remove, replace, swap of neighbours) that turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Filters by the names that Liquid and others give them.
const RENAMED: [(&str, &str); 13] = [
    ("upcase", "upper"),
    ("downcase", "lower"),
    ("titlecase", "title"),
    ("titleize", "title"),
    ("capitalise", "capitalize"),
    ("strip", "trim"),
    ("lstrip", "trim"),
    ("rstrip", "trim"),
    ("size", "length"),
    ("pluralize", "plural"),
    ("number_to_currency", "money"),
    ("currency", "money"),
    ("first_name", "first_word"),
];

/// What a filter of another name is called here.
pub fn renamed(filter: &str) -> Option<&'static str> {
    let found = RENAMED.iter().find(|(theirs, _)| *theirs == filter);
    found.map(|(_, ours)| *ours)
}

/// Block words of other engines, and what to write instead.
const BLOCKS: [(&str, &str); 15] = [
    ("assign", "write {% set name = value %} instead of assign"),
    ("unless", "write {% if not … %} instead of unless"),
    ("elsif", "write {% elif … %} instead of elsif"),
    ("elseif", "write {% elif … %} instead of elseif"),
    ("endunless", "write {% endif %} instead of endunless"),
    (
        "case",
        "write {% if … %} {% elif … %} {% endif %} instead of case",
    ),
    ("when", "write {% elif … %} instead of when"),
    (
        "capture",
        "write {% set name %} … {% endset %} instead of capture",
    ),
    ("comment", "write {# … #} for a comment"),
    (
        "include",
        "write {{ fragment('name') }} for a part that several templates share",
    ),
    (
        "render",
        "write {{ fragment('name') }} for a part that several templates share",
    ),
    (
        "import",
        "a text template stands alone: import is not available; fragments are, {{ fragment('name') }}",
    ),
    (
        "extends",
        "a text template stands alone: extends is not available; fragments are, {{ fragment('name') }}",
    ),
    (
        "macro",
        "a text template stands alone: macros are not available",
    ),
    (
        "block",
        "a text template stands alone: blocks are not available; fragments are, {{ fragment('name') }}",
    ),
];

/// Finds what is written for another engine (Liquid, Handlebars) and says how it is written here.
pub fn foreign(source: &str) -> Result<(), TemplateError> {
    for piece in scan::scan(source) {
        let Piece::Tag(tag) = piece else { continue };
        match tag.kind {
            Kind::Comment => continue,
            Kind::Print => handlebars(source, &tag)?,
            Kind::Block => block(source, &tag)?,
        }
        liquid_filter(source, &tag)?;
    }
    Ok(())
}

fn fault(source: &str, at: usize, detail: String, hint: String) -> TemplateError {
    let (line, column) = scan::place(source, at);
    TemplateError::Syntax {
        line,
        column: Some(column),
        detail,
        hint: Some(hint),
    }
}

fn handlebars(source: &str, tag: &Tag) -> Result<(), TemplateError> {
    match tag.tokens.first().map(|token| (token.at, token.what)) {
        Some((at, What::Sign('#' | '/' | '^'))) => Err(fault(
            source,
            at,
            "a block is no value".into(),
            "write {% if … %} … {% endif %} or {% for … %} … {% endfor %} for blocks".into(),
        )),
        Some((at, What::Sign('>'))) => Err(fault(
            source,
            at,
            "a partial is not available".into(),
            "write {{ fragment('name') }} for a part that several templates share".into(),
        )),
        _ => Ok(()),
    }
}

fn block(source: &str, tag: &Tag) -> Result<(), TemplateError> {
    let Some(word) = scan::word_of(tag) else {
        return Ok(());
    };
    match BLOCKS.iter().find(|(theirs, _)| *theirs == word) {
        Some((_, hint)) => Err(fault(
            source,
            tag.range.start,
            format!("{word} is not known here"),
            (*hint).to_string(),
        )),
        None => Ok(()),
    }
}

/// `| default: "x", y` is Liquid for `| default("x", y)`.
fn liquid_filter(source: &str, tag: &Tag) -> Result<(), TemplateError> {
    for (place, window) in tag.tokens.windows(3).enumerate() {
        let (What::Sign('|'), What::Word(name), What::Sign(':')) =
            (window[0].what, window[1].what, window[2].what)
        else {
            continue;
        };
        let rest = tag.tokens.get(place + 3..).unwrap_or_default();
        let from = window[2].at + 1;
        let until = rest
            .iter()
            .find(|token| token.what == What::Sign('|'))
            .map_or_else(
                || tag.range.end.saturating_sub(2).max(from),
                |token| token.at,
            );
        let arguments = source.get(from..until).unwrap_or_default().trim();
        let arguments = arguments.trim_end_matches('-').trim_end();
        let ours = renamed(name).unwrap_or(name);
        let written = match name {
            "append" => format!("~ {arguments}"),
            "prepend" => format!("{arguments} ~ …"),
            _ => format!("| {ours}({arguments})"),
        };
        return Err(fault(
            source,
            window[1].at,
            format!("`| {name}: {arguments}` is how Liquid writes it"),
            format!("write `{written}`, with brackets instead of the colon"),
        ));
    }
    Ok(())
}

/// Signs of merge fields that other systems would fill in and this one sends as they are.
pub fn foreign_fields(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (open, close) in [
        ("*|", "|*"),
        ("%%", "%%"),
        ("[[", "]]"),
        ("{", "}"),
        ("<%", "%>"),
        ("${", "}"),
    ] {
        let mut rest = text;
        while let Some(at) = rest.find(open) {
            let inner = &rest[at + open.len()..];
            let end = inner.find(close).unwrap_or(inner.len());
            let name = inner[..end].trim();
            let is_name = (1..=40).contains(&name.len())
                && end < inner.len()
                && name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ' '));
            if is_name {
                found.push(format!("{open}{}{close}", &inner[..end]));
            }
            rest = inner;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_field() {
        let known = ["first_name", "last_name", "city"];
        assert_eq!(did_you_mean("frist_name", known), Some("first_name"));
        assert_eq!(did_you_mean("firstname", known), Some("first_name"));
        assert_eq!(did_you_mean("City", known), Some("city"));
        assert_eq!(did_you_mean("favourite_colour", known), None);
        assert_eq!(did_you_mean("", []), None);
    }

    #[test]
    fn liquid_filters_are_found_with_their_place_and_rewritten() {
        let said = |source: &str| foreign(source).unwrap_err().to_string();
        let default = said("Hi\n  {{ name | default: \"x\" }}");
        assert!(default.starts_with("line 2, column 13:"), "{default}");
        assert!(default.contains("`| default(\"x\")`"), "{default}");
        let chained = said("{{ contact.n | downcase: | default: 'a', true -}}");
        assert!(chained.contains("`| lower()`"), "{chained}");
        assert!(said("{{ a | append: '!' }}").contains("~ '!'"));
        assert!(said("{% if a | date: '%d' %}").contains("date('%d')"));
        assert!(
            foreign("{{ a | default('b: c') }} {{ {'a': 1} }} {{ x[1:2] }} {{ '| default: 1' }}")
                .is_ok()
        );
        assert!(foreign("Price: | default: x").is_ok());
    }

    #[test]
    fn blocks_of_other_engines_get_a_hint() {
        for (source, wanted) in [
            ("{% assign x = 1 %}", "{% set"),
            ("{%- unless x %}", "if not"),
            ("{% if a %}{% elsif b %}", "elif"),
            ("{{#if x}}", "{% if"),
            ("{{> footer }}", "fragment"),
            ("{% include 'footer' %}", "fragment"),
        ] {
            let said = foreign(source).unwrap_err().to_string();
            assert!(said.contains(wanted), "{said}");
        }
        assert!(foreign("{% for block in 'ab' %}{% endfor %}").is_ok());
    }

    #[test]
    fn fields_of_other_systems_are_noticed_in_a_text() {
        let found = foreign_fields("Hi *|FNAME|*, {first_name}, %%city%% 5{6} {{x");
        assert_eq!(found, ["*|FNAME|*", "%%city%%", "{first_name}"]);
        assert!(foreign_fields("100% of 5% {} { a-b }").is_empty());
    }
}

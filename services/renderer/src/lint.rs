//! Advice about a text that is valid but may cost or surprise.

use contract::chunk::Encoding;
use contract::segments::measure;
use serde::Serialize;
use utoipa::ToSchema;

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lint {
    /// Stable code, such as `text.ucs2`.
    pub code: &'static str,
    pub detail: String,
}

const LOOKALIKES: [(char, &str); 12] = [
    ('\u{2018}', "'"),
    ('\u{2019}', "'"),
    ('\u{201C}', "\""),
    ('\u{201D}', "\""),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2026}', "..."),
    ('\u{00A0}', "space"),
    ('\u{2022}', "*"),
    ('\u{00B4}', "'"),
    ('`', "'"),
    ('\u{202F}', "space"),
];

/// Advice about a finished text.
pub fn lint(text: &str) -> Vec<Lint> {
    let whole = measure(text);
    let mut found = Vec::new();
    if whole.encoding == Encoding::Ucs2 {
        let mut odd: Vec<char> = Vec::new();
        for c in text.chars() {
            if !odd.contains(&c) && measure(c.encode_utf8(&mut [0; 4])).encoding == Encoding::Ucs2 {
                odd.push(c);
            }
        }
        let shown: String = odd
            .iter()
            .take(10)
            .map(char::to_string)
            .collect::<Vec<_>>()
            .join(" ");
        let detail =
            format!("these characters leave 70 instead of 160 characters a segment: {shown}");
        found.push(Lint {
            code: "text.ucs2",
            detail,
        });
        let replaceable: Vec<String> = LOOKALIKES
            .iter()
            .filter(|(c, _)| odd.contains(c))
            .map(|(c, plain)| format!("{c} by {plain}"))
            .collect();
        if !replaceable.is_empty() {
            let detail = format!("replace {} to need fewer segments", replaceable.join(", "));
            found.push(Lint {
                code: "text.lookalikes",
                detail,
            });
        }
    }
    if whole.segments > 3 {
        let detail = format!("each copy is billed as {} segments", whole.segments);
        found.push(Lint {
            code: "text.many_segments",
            detail,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curly_quote_is_named_with_its_plain_form() {
        let found = lint("It’s here");
        assert_eq!(
            found.iter().map(|lint| lint.code).collect::<Vec<_>>(),
            ["text.ucs2", "text.lookalikes"]
        );
        assert!(found[1].detail.contains("’ by '"));
        assert!(lint("It's here").is_empty());
    }
}

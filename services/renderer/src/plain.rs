//! A text that is no template: its words stand as they are, braces too, made harmless like merge fields.

use crate::clean::clean;
use crate::content::SmartEncoding;
use crate::fault::RenderError;
use crate::template::{self, Limits, Rendered};

/// The text as it goes out. Its line breaks stay; whatever disguises or reorders a text goes.
pub fn write(text: &str, limits: Limits) -> Result<Rendered, RenderError> {
    // The longest that could fit is far shorter; cleaning a megabyte would only cost time.
    if text.len() > limits.max_segments.saturating_mul(4 * 160) {
        return Err(RenderError::TooLong(limits.max_segments));
    }
    let lines: Vec<String> = text
        .lines()
        .map(|line| clean(line).unwrap_or_default())
        .collect();
    let cleaned = lines.join("\n");
    template::finish(cleaned, limits.max_segments, SmartEncoding::Punctuation)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_body_chars: 1_000,
        max_segments: 2,
        fuel: 10_000,
    };

    #[test]
    fn braces_and_line_breaks_stay_and_disguises_go() {
        let written = write("Hi {{ contact.x }}\nIt’s \u{202e}on", LIMITS).unwrap();
        assert_eq!(written.text, "Hi {{ contact.x }}\nIt's on");
    }

    #[test]
    fn empty_and_overlong_texts_are_refused() {
        assert_eq!(write(" \n\u{200b} ", LIMITS), Err(RenderError::Empty));
        let long = "x".repeat(307);
        assert_eq!(write(&long, LIMITS), Err(RenderError::TooLong(2)));
        let huge = "x".repeat(1_000_000);
        assert_eq!(write(&huge, LIMITS), Err(RenderError::TooLong(2)));
    }
}

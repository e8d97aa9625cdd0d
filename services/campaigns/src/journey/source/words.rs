//! Words that YAML 1.1 reads as something else than text.

/// What YAML 1.1 makes of a word without quotes, where YAML 1.2 sees a text.
pub fn suspicious(word: &str) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    if matches!(lower.as_str(), "y" | "yes" | "n" | "no" | "on" | "off") {
        return Some("a truth value");
    }
    if sexagesimal(word) {
        return Some("a number of base 60");
    }
    if date(word) {
        return Some("a date");
    }
    let digits = word.trim_start_matches(['-', '+']);
    let grouped = digits.contains('_') && digits.starts_with(|c: char| c.is_ascii_digit());
    if grouped && digits.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return Some("a number");
    }
    if digits.starts_with("0b")
        && digits.len() > 2
        && digits[2..].bytes().all(|b| matches!(b, b'0' | b'1'))
    {
        return Some("a number");
    }
    None
}

/// `10:30` is 630 there, and `1:02:03` is 3723.
fn sexagesimal(word: &str) -> bool {
    let word = word.trim_start_matches(['-', '+']);
    let mut parts = word.split(':');
    let whole = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.next().is_some_and(whole)
        && word.contains(':')
        && parts.all(|part| whole(part) && part.len() <= 2)
}

fn date(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && [0, 1, 2, 3, 5, 6, 8, 9]
            .iter()
            .all(|at| bytes[*at].is_ascii_digit())
}

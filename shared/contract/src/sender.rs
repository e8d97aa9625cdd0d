//! What may stand as the sender of a text.

/// Why `sender` cannot be one: it must be a number (`+` and digits), a short code, or an alphanumeric name.
pub fn fault(sender: &str) -> Option<&'static str> {
    let digits = |text: &str, range: std::ops::RangeInclusive<usize>| {
        range.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let number = sender
        .strip_prefix('+')
        .is_some_and(|rest| digits(rest, 7..=15));
    let name = (1..=11).contains(&sender.len())
        && sender
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b' ' || b == b'-' || b == b'_')
        && sender.bytes().any(|b| b.is_ascii_alphabetic())
        && sender.trim() == sender;
    if number || digits(sender, 3..=8) || name {
        None
    } else {
        Some(
            "A sender is +<digits>, a short code of 3 to 8 digits, or a name of at most 11 letters and digits.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_short_codes_and_names_pass() {
        for sender in ["+15005550100", "72345", "HAILMAST", "Dr Smith"] {
            assert_eq!(fault(sender), None, "{sender}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for sender in [
            "",
            "+",
            "+123",
            "15005550100",
            "MUCHTOOLONGNAME",
            " x",
            "Käse",
            "+1500555010x",
        ] {
            assert!(fault(sender).is_some(), "{sender}");
        }
    }
}

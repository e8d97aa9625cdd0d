//! What may stand as the sender of a text.

/// Why `sender` cannot be one: it must be a number (`+` and digits), a short code, an alphanumeric name, or
/// `pool:` and the name of a sender pool, which dispatch chooses a number from for each person.
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
    let pool = sender.strip_prefix("pool:").is_some_and(|name| {
        (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    });
    if number || digits(sender, 3..=8) || name || pool {
        None
    } else {
        Some(
            "A sender is +<digits>, a short code of 3 to 8 digits, a name of at most 11 letters and digits, or pool:<name>.",
        )
    }
}

/// Name of the sender pool that `sender` means, where it means one.
pub fn pool(sender: &str) -> Option<&str> {
    sender.strip_prefix("pool:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_short_codes_and_names_pass() {
        for sender in [
            "+15005550100",
            "72345",
            "HAILMAST",
            "Dr Smith",
            "pool:main-us",
        ] {
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
            "pool:",
            "pool:a b",
        ] {
            assert!(fault(sender).is_some(), "{sender}");
        }
    }
}

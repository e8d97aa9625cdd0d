//! `application/x-www-form-urlencoded`, both ways.

use std::fmt::Write as _;

/// Appends `text` so that it can stand in a URL's query or in a form.
pub fn escape(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

/// A body of these pairs, in their order.
pub fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::with_capacity(256);
    for (key, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        escape(&mut out, key);
        out.push('=');
        escape(&mut out, value);
    }
    out
}

/// The pairs of a body or query, in their order. Bytes that are no UTF-8 become replacement characters, and
/// a broken escape stands for itself: whoever signs the pairs signs what was meant.
pub fn decode(text: &[u8]) -> Vec<(String, String)> {
    text.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (key, value) = match at {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            (unescape(key), unescape(value))
        })
        .collect()
}

fn unescape(text: &[u8]) -> String {
    let digit = |at: usize| {
        let byte = *text.get(at)?;
        char::from(byte).to_digit(16)
    };
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'+', ..) => out.push(b' '),
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 2;
            }
            _ => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plus_is_a_space_and_a_broken_escape_is_itself() {
        let pairs = decode(b"To=%2B1500&Body=a+b%20c%zz&&Empty=&Alone");
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(
            pairs,
            [
                ("To", "+1500"),
                ("Body", "a b c%zz"),
                ("Empty", ""),
                ("Alone", "")
            ]
        );
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(pairs in proptest::collection::vec((".{1,8}", ".{0,20}"), 0..6)) {
            let body = encode(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())));
            prop_assert_eq!(decode(body.as_bytes()), pairs);
        }

        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&body);
        }
    }
}

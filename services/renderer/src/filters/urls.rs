//! Values inside addresses.

use std::fmt::Write;

/// A value as a part of an address: everything but letters, digits and `-_.~` is written as `%C3%A9`
/// (RFC 3986).
pub fn urlencode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _written = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_value_can_change_the_address_around_it() {
        assert_eq!(urlencode("Ana & Bö/#?"), "Ana%20%26%20B%C3%B6%2F%23%3F");
        assert_eq!(urlencode("a-b_c.d~1"), "a-b_c.d~1");
    }
}

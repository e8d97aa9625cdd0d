//! The bytes of a text file as UTF-8. Pure.

use std::borrow::Cow;

/// No UTF-8 has this byte: what cannot be read is refused where it stands.
const UNREADABLE: u8 = 0xff;

/// Without a byte order mark; UTF-16 with one is decoded. What is no character there is none here either.
pub fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => Cow::Owned(decoded(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(decoded(rest, u16::from_be_bytes)),
        _ => Cow::Borrowed(bytes),
    }
}

fn decoded(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = Vec::with_capacity(bytes.len());
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match character {
            Ok(character) => {
                let mut of = [0; 4];
                text.extend_from_slice(character.encode_utf8(&mut of).as_bytes());
            }
            Err(_) => text.push(UNREADABLE),
        }
    }
    if !odd.is_empty() {
        text.push(UNREADABLE);
    }
    text
}

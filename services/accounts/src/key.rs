//! What an API key looks like. Only its SHA-256 is kept: a key of 256 random bits needs no slow hash.

use contract::Mode;
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits in base 62 that hold 256 bits.
const DIGITS: usize = 43;
/// Characters shown in lists, so that people can tell their keys apart.
const SHOWN: usize = 12;

/// A new key's text, shown once, and what is kept of it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText {
    pub text: String,
    pub sha256: String,
    pub prefix: String,
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyText")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

/// `hm_test_` or `hm_live_` and the random bytes in base 62.
pub fn key_text(mode: Mode, random: [u8; 32]) -> KeyText {
    let mut text = format!("hm_{}_", mode.as_str());
    let mut number = random;
    for _ in 0..DIGITS {
        let digit = divide(&mut number);
        text.push(char::from(
            ALPHABET.get(usize::from(digit)).copied().unwrap_or(b'0'),
        ));
    }
    let sha256 = hex::encode(Sha256::digest(text.as_bytes()));
    let prefix = text.chars().take(SHOWN).collect();
    KeyText {
        text,
        sha256,
        prefix,
    }
}

/// Divides a big-endian number by 62 and returns the remainder.
fn divide(number: &mut [u8; 32]) -> u8 {
    let mut rest: u16 = 0;
    for byte in number {
        let value = rest << 8 | u16::from(*byte);
        *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
        rest = value % 62;
    }
    u8::try_from(rest).unwrap_or(0)
}

/// May a caller of this mode make a key of that mode? A test key must not become a live one.
pub const fn may_make(caller: Mode, wanted: Mode) -> bool {
    matches!((caller, wanted), (Mode::Live, _) | (Mode::Test, Mode::Test))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_mode_and_holds_all_its_bits() {
        let key = key_text(Mode::Test, [0xFF; 32]);
        assert!(
            key.text.starts_with("hm_test_") && key.text.len() == 8 + DIGITS,
            "{}",
            key.text
        );
        assert_eq!(key.prefix, key.text[..12]);
        assert_eq!(key.sha256.len(), 64);
        let mut other = [0xFF; 32];
        other[31] = 0xFE;
        assert_ne!(key_text(Mode::Test, other).text, key.text);
        assert!(
            key_text(Mode::Live, [0; 32])
                .text
                .ends_with(&"0".repeat(DIGITS))
        );
    }

    #[test]
    fn a_test_key_makes_test_keys_only() {
        assert!(may_make(Mode::Live, Mode::Live) && may_make(Mode::Live, Mode::Test));
        assert!(may_make(Mode::Test, Mode::Test) && !may_make(Mode::Test, Mode::Live));
    }
}

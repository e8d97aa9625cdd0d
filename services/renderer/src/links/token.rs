//! The token of a short link: which text of which run, and which of its links, in eleven letters.
//!
//! The place is written into 64 bits and enciphered with a keyed permutation (a Feistel network over
//! SHA-256), so equal places give equal tokens and nobody can make one up: ten of the bits must come out as
//! zero, and the run and the place must exist. No row per text is needed to read it back.

use sha2::{Digest, Sha256};

const RUN_BITS: u32 = 24;
const INDEX_BITS: u32 = 26;
const LINK_BITS: u32 = 4;
/// Zero in every true token.
const CHECK_BITS: u32 = 10;
const ROUNDS: u8 = 4;
/// Letters of every token: 62^11 exceeds 2^64.
pub const LENGTH: usize = 11;
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Below 2^24.
    pub run: u32,
    /// Below 2^26.
    pub index: u32,
    /// Below 16.
    pub link: u8,
}

/// The key of the tokens of one installation.
#[derive(Clone)]
pub struct Seal {
    key: [u8; 32],
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// `None` for a spot out of bounds.
    pub fn token(&self, spot: Spot) -> Option<String> {
        if spot.run >> RUN_BITS != 0 || spot.index >> INDEX_BITS != 0 || spot.link >> LINK_BITS != 0
        {
            return None;
        }
        let plain = u64::from(spot.run) << (INDEX_BITS + LINK_BITS + CHECK_BITS)
            | u64::from(spot.index) << (LINK_BITS + CHECK_BITS)
            | u64::from(spot.link) << CHECK_BITS;
        let (mut left, mut right) = halves(plain);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ self.mix(round, right));
        }
        Some(letters(joined(left, right)))
    }

    /// `None` for what this key never made.
    pub fn read(&self, token: &str) -> Option<Spot> {
        let (mut left, mut right) = halves(number(token)?);
        for round in (0..ROUNDS).rev() {
            (left, right) = (right ^ self.mix(round, left), left);
        }
        let plain = joined(left, right);
        if plain & ((1 << CHECK_BITS) - 1) != 0 {
            return None;
        }
        let part = |shift: u32, bits: u32| (plain >> shift) & ((1 << bits) - 1);
        Some(Spot {
            run: u32::try_from(part(INDEX_BITS + LINK_BITS + CHECK_BITS, RUN_BITS)).ok()?,
            index: u32::try_from(part(LINK_BITS + CHECK_BITS, INDEX_BITS)).ok()?,
            link: u8::try_from(part(CHECK_BITS, LINK_BITS)).ok()?,
        })
    }

    fn mix(&self, round: u8, half: u32) -> u32 {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update([round]);
        hash.update(half.to_be_bytes());
        let digest = hash.finalize();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the halves of 64 bits")]
const fn halves(whole: u64) -> (u32, u32) {
    ((whole >> 32) as u32, whole as u32)
}

fn joined(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

fn letters(mut number: u64) -> String {
    let mut text = [b'0'; LENGTH];
    for place in text.iter_mut().rev() {
        *place = LETTERS[usize::try_from(number % 62).unwrap_or_default()];
        number /= 62;
    }
    text.into_iter().map(char::from).collect()
}

fn number(token: &str) -> Option<u64> {
    if token.len() != LENGTH {
        return None;
    }
    token.bytes().try_fold(0u64, |number, letter| {
        let digit = LETTERS.iter().position(|known| *known == letter)?;
        number.checked_mul(62)?.checked_add(digit as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_of_neighbours_have_nothing_in_common_and_fit_into_a_text() {
        let seal = Seal::new([7; 32]);
        let token = |index| {
            seal.token(Spot {
                run: 1,
                index,
                link: 0,
            })
            .unwrap()
        };
        let (one, next) = (token(0), token(1));
        assert_eq!((one.len(), one.clone()), (LENGTH, token(0)));
        let same = one
            .bytes()
            .zip(next.bytes())
            .filter(|(a, b)| a == b)
            .count();
        assert!(same < 5, "{one} {next}");
        assert_eq!(
            seal.token(Spot {
                run: 1 << 24,
                index: 0,
                link: 0
            }),
            None
        );
        assert_eq!(
            seal.token(Spot {
                run: 0,
                index: 1 << 26,
                link: 0
            }),
            None
        );
        assert_eq!(
            seal.token(Spot {
                run: 0,
                index: 0,
                link: 16
            }),
            None
        );
    }

    #[test]
    fn a_guess_is_hardly_ever_a_token() {
        let seal = Seal::new([9; 32]);
        let guesses = (0..20_000u64).map(|n| letters(n.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let hits = guesses.filter(|guess| seal.read(guess).is_some()).count();
        // One in 1,024 passes the check, and then names one of 16 million runs.
        assert!(hits < 60, "{hits}");
        assert_eq!(seal.read("zzzzzzzzzzz"), None);
        assert_eq!(seal.read("short"), None);
        assert_eq!(seal.read("0000000000-"), None);
    }

    proptest! {
        #[test]
        fn what_was_sealed_is_read(key: [u8; 32], run in 0u32..1 << 24, index in 0u32..1 << 26, link in 0u8..16) {
            let spot = Spot { run, index, link };
            let seal = Seal::new(key);
            let token = seal.token(spot).unwrap();
            prop_assert_eq!(seal.read(&token), Some(spot));
            prop_assert_ne!(Seal::new([!key[0]; 32]).read(&token), Some(spot));
        }

        #[test]
        fn no_token_panics(token in "\\PC{0,14}") {
            let _ = Seal::new([1; 32]).read(&token);
        }
    }
}

//! Draws that come out the same whenever the same person and the same choices meet.

/// One well-mixed number from two (splitmix64).
pub const fn mix(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.rotate_left(32).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number for 16 bytes of an id.
#[expect(clippy::cast_possible_truncation, reason = "both halves are mixed in")]
pub const fn of_id(raw: u128) -> u64 {
    mix(raw as u64, (raw >> 64) as u64)
}

/// FNV-1a, for names.
pub fn of_text(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// How long `choice` takes to arrive in a race: over many persons, the share of races that it wins is its share of
/// the weight, and taking one choice away moves nobody who had another one. Weight 0 never arrives.
#[expect(clippy::cast_precision_loss, reason = "53 bits are plenty for a draw")]
pub fn arrival(person: u64, choice: u64, weight: u32) -> f64 {
    if weight == 0 {
        return f64::INFINITY;
    }
    let roll = ((mix(person, choice) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    -roll.ln() / f64::from(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn winner(person: u64, choices: &[(u64, u32)]) -> u64 {
        let mut best = (f64::INFINITY, 0);
        for (choice, weight) in choices {
            let at = arrival(of_id(u128::from(person)), *choice, *weight);
            if at < best.0 {
                best = (at, *choice);
            }
        }
        best.1
    }

    #[test]
    fn shares_follow_the_weights() {
        let wins = (0..20_000)
            .filter(|person| winner(*person, &[(1, 3), (2, 1), (9, 0)]) == 1)
            .count();
        assert!((14_600..15_400).contains(&wins), "{wins}");
        assert!((0..2000).all(|person| winner(person, &[(1, 1), (9, 0)]) == 1));
    }

    #[test]
    fn a_choice_that_goes_away_moves_only_its_own_people() {
        for person in 0..2000 {
            let before = winner(person, &[(1, 1), (2, 1), (3, 1)]);
            let after = winner(person, &[(1, 1), (2, 1)]);
            assert!(before == 3 || before == after, "{person}");
        }
    }
}
